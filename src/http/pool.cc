// SPDX-License-Identifier: Apache-2.0
#include "http/pool.h"

namespace cls::http {

Pool::Lease Pool::take(const Origin& origin) {
  std::vector<Kept> stale;  // closed without the lock
  std::unique_lock lock(mutex_);
  Line& line = lines_[origin];
  freed_.wait(lock, [&] { return line.in_use < limit_; });
  ++line.in_use;
  const auto now = clock_.monotonic();
  while (!line.kept.empty()) {
    Kept youngest = std::move(line.kept.back());
    line.kept.pop_back();
    if (now - youngest.since < idle_ && youngest.wire->is_idle()) {
      return {.wire = std::move(youngest.wire), .kept = true};
    }
    stale.push_back(std::move(youngest));
  }
  return {};
}

void Pool::give_back(const Origin& origin, std::unique_ptr<Wire> wire) {
  const std::lock_guard lock(mutex_);
  Line& line = lines_[origin];
  --line.in_use;
  if (wire) line.kept.push_back({.wire = std::move(wire), .since = clock_.monotonic()});
  freed_.notify_all();
}

}  // namespace cls::http
