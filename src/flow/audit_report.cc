// SPDX-License-Identifier: Apache-2.0
#include "flow/audit_report.h"

#include <algorithm>

#include "base/format.h"

namespace cls::flow {

AuditFindings::AuditFindings(std::size_t limit) : limit_(limit) {
  unsigned number = 0;
  for (auto& promise : promises_) promise.promise = ++number;
}

void AuditFindings::add(AuditViolation violation) {
  auto& counts = promise(violation.promise);
  ++counts.violations;
  counts.checked = true;
  if (violations_.size() < limit_) {
    violations_.push_back(std::move(violation));
  } else {
    ++dropped_;
  }
}

AuditReport AuditFindings::report() && {
  std::ranges::sort(violations_);
  if (dropped_ > 0) {
    notes_.push_back(
        format("only the first {} violations are listed, {} more are counted", limit_, dropped_));
  }
  return {.promises = {promises_.begin(), promises_.end()},
          .violations = std::move(violations_),
          .notes = std::move(notes_)};
}

}  // namespace cls::flow
