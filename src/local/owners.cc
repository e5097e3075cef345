// SPDX-License-Identifier: Apache-2.0
#include "local/owners.h"

#include <charconv>

#include "base/format.h"
#include "base/text.h"
#include "local/attempt_logs.h"

namespace cls::local {

record::Owner make_owner(UlidSource& ids) {
  const ProcessIdentity me = this_process();
  return {.id = format("{}:{}:{}:{}:{}:{}", me.host, me.boot, me.pid_namespace, me.pid,
                       me.start_time, ids.next()),
          .host = me.host,
          .boot = me.boot,
          .pidNamespace = me.pid_namespace,
          .pid = me.pid,
          .startTime = me.start_time};
}

bool owner_lives(std::string_view id, const record::Owner& self) {
  if (id == self.id) return true;
  // The pid namespace has colons of its own, so fields are counted from the end.
  const auto parts = split(id, ':');
  if (parts.size() < 6) return false;
  const auto number = [&](std::size_t from_end) {
    const std::string& text = parts[parts.size() - from_end];
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  const std::uint64_t pid = number(3);
  return pid != self.pid && start_time_of(pid) == number(2);
}

flow::OwnerProbe::Verdict LocalOwnerProbe::probe(const record::Owner& owner,
                                                 const std::string& attempt) {
  if (owner.host != self_.host || owner.boot != self_.boot ||
      owner.pidNamespace != self_.pidNamespace) {
    return Verdict::Unknown;
  }
  // Another engine of this very process (a test) lives as long as the process does, unless it let
  // go of its claims; its own flows ask HeldClaims first.
  if (start_time_of(owner.pid) == owner.startTime && owner.pid != self_.pid) return Verdict::Alive;
  if (is_ulid(attempt)) {
    const auto group = group_of(files_, attempts_, attempt);
    if (group && group->lives) {
      kill_process_group(group->id);
      if (process_group_lives(group->id)) return Verdict::Unknown;
    }
  }
  if (end_container_ && is_ulid(attempt)) end_container_(attempt);
  return Verdict::Dead;
}

}  // namespace cls::local
