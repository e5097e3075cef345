// SPDX-License-Identifier: Apache-2.0
#include "flow/checker.h"

#include "base/format.h"
#include "base/text.h"
#include "flow/commit_check.h"
#include "flow/ledger_check.h"
#include "flow/subscriber_check.h"

namespace cls::flow {

Result<AuditReport> Checker::run() {
  AuditFindings findings(options_.violation_limit);
  SubscriberCheck subscribers(store_, deployment_, options_, findings);
  subscribers.read_records();
  // Commits first: what they record as vanished is no longer owed by a boundary.
  CommitCheck commits(store_, options_, subscribers, findings);
  for (const auto& arc : subscribers.in_order()) {
    if (auto done = commits.check(arc); !done) return pass(std::move(done));
  }
  commits.settle();
  subscribers.forget();
  for (const auto& boundary : deployment_.boundaries()) {
    LedgerCheck ledger(store_, boundary, options_, commits.vanished(), findings);
    if (auto done = ledger.run(); !done) return pass(std::move(done));
  }
  AuditReport report = std::move(findings).report();
  if (options_.since) {
    report.since = options_.since->to_string();
    report.notes.push_back(format("{} of boundaries and arcs before {} {} left out",
                                  counted(report.left_out, "lot"), *report.since,
                                  report.left_out == 1 ? "was" : "were"));
  }
  return report;
}

}  // namespace cls::flow
