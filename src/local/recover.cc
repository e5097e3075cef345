// SPDX-License-Identifier: Apache-2.0
#include "local/recover.h"

#include "base/format.h"
#include "flow/deploy.h"
#include "flow/sweep.h"
#include "local/claim_index.h"
#include "local/queue.h"
#include "local/status_refresh.h"
#include "local/worker_pool.h"

namespace cls::local {

namespace {

Result<> delete_index(Home& home) {
  const auto lock = home.close_to_others();
  if (!lock) return tl::unexpected<Failure>(lock.error());
  if (!*lock) {
    return fail(FailureCode::Conflict,
                format("a process is at work in {}: end `cls up` and `cls run` there first; "
                       "nothing was changed",
                       home.directory()));
  }
  for (const char* part : {"-wal", "-shm", ""}) {
    auto removed = home.files().unlink(home.database() + part);
    if (!removed && removed.error().code != FailureCode::NotFound) return removed;
  }
  return {};
}

/// Sweeps one arc into the index.
Result<> recover_arc(Home& home, const flow::Deployment& deployment, flow::LedgerLogs& logs,
                     const flow::ArcRef& arc, Queue& queue, ClaimIndex& claims,
                     RecoverReport& report) {
  auto subscription = flow::read_subscription(
      home.store(), arc.project->places.arc_subscription(arc.project->plan.project, arc.arc->name));
  if (!subscription) return pass(std::move(subscription));
  if (!*subscription) return fail(FailureCode::NotFound, "no subscription: deploy it again");
  auto found = flow::sweep_arc(home.store(), deployment, logs, arc, **subscription, &claims);
  claims.flush();
  if (!found) return pass(std::move(found));
  for (const auto& [uri, failure] : found->broken) {
    report.trouble.push_back(format("{}: {}", uri.to_string(), failure.message));
  }
  std::vector<QueueItem> items;
  items.reserve(found->due.size());
  for (const auto& lot : found->due) items.push_back({arc_key(arc), lot.to_string()});
  queue.push(items, Lane::Backfill);
  report.queued += items.size();
  report.ended +=
      found->lots.complete.count() + found->lots.partial.count() + found->lots.missing.count();
  return {};
}

/// The sweep reads every claim and every segment, and so does what is remembered for `cls status`.
void expect_all(Home& home, const flow::Deployment& deployment) {
  std::vector<store::ObservedStore::Expected> expected;
  for (const auto& arc : deployment.arcs()) {
    const auto& project = *arc.project;
    expected.push_back(
        {.prefix = project.places.claims_prefix(project.plan.project, arc.arc->name), .times = 2});
  }
  for (const auto& boundary : deployment.boundaries()) {
    const auto& project = *boundary.project;
    expected.push_back(
        {.prefix = project.places.segments_prefix(project.plan.project, boundary.boundary->name),
         .times = 2});
  }
  home.expect("records", expected);
}

}  // namespace

Result<RecoverReport> recover(Home& home, const Clock& clock, const flow::Deployment& deployment) {
  if (auto deleted = delete_index(home); !deleted) return pass(std::move(deleted));
  RecoverReport report;
  Queue queue(home.database(), clock);
  ClaimIndex claims(home.database(), clock);
  flow::LedgerLogs logs(home.store());
  expect_all(home, deployment);
  for (const auto& arc : deployment.arcs()) {
    auto done = recover_arc(home, deployment, logs, arc, queue, claims, report);
    if (!done) report.trouble.push_back(format("{}: {}", arc.to_string(), done.error().message));
  }
  if (auto done = refresh_status(home, clock, deployment, logs); !done) {
    report.trouble.push_back(format("status: {}", done.error().message));
  }
  return report;
}

}  // namespace cls::local
