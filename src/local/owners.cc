// SPDX-License-Identifier: Apache-2.0
#include "local/owners.h"

#include <charconv>

#include "base/format.h"

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
    const auto text = files_.read(attempts_ + "/" + attempt + "/group", 0, std::nullopt);
    int group = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), group);
    if (group > 1 && process_group_lives(group)) {
      kill_process_group(group);
      if (process_group_lives(group)) return Verdict::Unknown;
    }
  }
  return Verdict::Dead;
}

}  // namespace cls::local
