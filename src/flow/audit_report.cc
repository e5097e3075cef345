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

void AuditFindings::can_mend(AuditRepair repair) {
  const auto same_lot = [&](const AuditRepair& other) {
    return other.boundary == repair.boundary && other.arc == repair.arc && other.lot == repair.lot;
  };
  if (!repairs_.empty() && same_lot(repairs_.back())) return;
  if (repairs_.size() < limit_) {
    repairs_.push_back(std::move(repair));
  } else {
    ++dropped_repairs_;
  }
}

AuditReport AuditFindings::report() && {
  std::ranges::sort(violations_);
  if (dropped_ > 0) {
    notes_.push_back(
        format("only the first {} violations are listed, {} more are counted", limit_, dropped_));
  }
  if (dropped_repairs_ > 0) {
    notes_.push_back(format("only the first {} repairs are planned, {} more can be done after them",
                            limit_, dropped_repairs_));
  }
  return {.promises = {promises_.begin(), promises_.end()},
          .violations = std::move(violations_),
          .notes = std::move(notes_),
          .since = std::nullopt,
          .left_out = left_out_,
          .repairs = std::move(repairs_)};
}

}  // namespace cls::flow
