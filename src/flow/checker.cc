// SPDX-License-Identifier: Apache-2.0
#include "flow/checker.h"

#include "flow/commit_check.h"
#include "flow/ledger_check.h"

namespace cls::flow {

Result<AuditReport> Checker::run() {
  AuditFindings findings(options_.violation_limit);
  // Commits first: what they record as vanished is no longer owed by a boundary.
  CommitCheck commits(store_, options_, findings);
  for (const auto& arc : deployment_.arcs()) {
    if (auto done = commits.check(arc); !done) return pass(std::move(done));
  }
  commits.settle();
  for (const auto& boundary : deployment_.boundaries()) {
    LedgerCheck ledger(store_, boundary, options_, commits.vanished(), findings);
    if (auto done = ledger.run(); !done) return pass(std::move(done));
  }
  return std::move(findings).report();
}

}  // namespace cls::flow
