// SPDX-License-Identifier: Apache-2.0
#include "operate/status.h"

#include <algorithm>

#include "base/format.h"
#include "flow/arc_flow.h"
#include "flow/conditional.h"
#include "operate/listings.h"
#include "operate/status_facts.h"
#include "record/subscription.h"

namespace cls::operate {

namespace {

using Sources = std::vector<const PublishedLots*>;

/// A lot is ready with the first publication of the last of its sources; nullopt before that.
std::optional<Instant> ready_at(const Sources& sources, lot::LotId lot) {
  std::optional<Instant> last;
  for (const auto* source : sources) {
    const auto at = PublishedLookup(*source).at(lot);
    if (!at) return std::nullopt;
    last = last ? std::max(*last, *at) : *at;
  }
  return last;
}

/// Builds one report. Lives as long as status() runs.
class StatusReading {
 public:
  StatusReading(const StatusSources& sources, const ReportFilter& filter, LotWindow window)
      : sources_(sources),
        boundaries_(selected_boundaries(sources.deployment, filter)),
        datasets_(selected_datasets(sources.deployment, filter)),
        arcs_(selected_arcs(sources.deployment, filter)),
        facts_(sources, window, producers()) {}

  Result<StatusReport> read();

 private:
  std::set<const model::ArcPlan*> producers() const;
  Result<std::optional<flow::SubscriptionView>> subscription(const Uri& uri,
                                                             const std::string& subject);
  Result<BoundaryStatus> boundary(const flow::BoundaryRef& ref);
  Result<DatasetStatus> dataset(const OwnedDatasetRef& owned);
  Result<MemberCount> counted(const OwnedDatasetRef& owned, const std::vector<DatasetLot>& lots);
  Result<ArcStatus> arc(const flow::ArcRef& ref);
  Result<> add_pending(const flow::ArcRef& ref, const flow::SubscriptionView& subscription,
                       const ArcFacts& facts, ArcStatus& status);
  void tell(const void* whose, const ProblemList& problems);

  const StatusSources& sources_;
  std::vector<flow::BoundaryRef> boundaries_;
  std::vector<OwnedDatasetRef> datasets_;
  std::vector<flow::ArcRef> arcs_;
  StatusFacts facts_;
  ProblemList problems_;
  std::set<const void*> told_;  ///< whose problems are in the list
};

/// The arcs that make a dataset of the report: whose members are to be counted.
std::set<const model::ArcPlan*> StatusReading::producers() const {
  std::set<const model::ArcPlan*> arcs;
  for (const auto& owned : datasets_) {
    if (const auto* sink = std::get_if<flow::ArcSinkRef>(&owned.producer)) {
      arcs.insert(sink->arc.arc);
    }
  }
  return arcs;
}

void StatusReading::tell(const void* whose, const ProblemList& problems) {
  if (told_.insert(whose).second) problems_.append(problems);
}

/// What flow::read_subscription says, without ever writing; a `since` that is not filled in yet is
/// the store's time of the record.
Result<std::optional<flow::SubscriptionView>> StatusReading::subscription(
    const Uri& uri, const std::string& subject) {
  using View = std::optional<flow::SubscriptionView>;
  const auto damaged = [&](std::string message) {
    problems_.add_damaged(
        {.subject = subject,
         .lot = {},
         .message = std::move(message),
         .hint = "mend the record, or remove it and cls deploy its project again"});
    return View();
  };
  auto object = flow::get_if_present(sources_.store, uri);
  if (!object) return pass(std::move(object));
  if (!*object) {
    problems_.add({.subject = subject,
                   .lot = {},
                   .message = "it has no subscription",
                   .hint = "cls deploy its project again"});
    return View();
  }
  auto record = json::read_record<record::Subscription>((*object)->bytes);
  if (!record) return damaged(format("{}: {}", uri.to_string(), record.error().message));
  if (!record->since) return View({record->enabled, (*object)->info.modified});
  auto since = parse_instant(*record->since);
  if (!since) return damaged(format("{}: since: {}", uri.to_string(), since.error().message));
  return View({record->enabled, *since});
}

Result<BoundaryStatus> StatusReading::boundary(const flow::BoundaryRef& ref) {
  const auto& project = *ref.project;
  auto subscribed =
      subscription(project.places.boundary_subscription(project.plan.project, ref.boundary->name),
                   ref.to_string());
  if (!subscribed) return pass(std::move(subscribed));
  auto facts = facts_.boundary(ref);
  if (!facts) return pass(std::move(facts));
  tell(ref.boundary, (*facts)->problems);
  const LedgerFacts& ledger = (*facts)->ledger;
  return BoundaryStatus{.placement = project.plan.placement,
                        .project = project.plan.project,
                        .name = ref.boundary->name,
                        .enabled = *subscribed && (*subscribed)->enabled,
                        .openLots = ledger.open_lots,
                        .lastArrival = ledger.last_arrival,
                        .lastLot = ledger.last_lot,
                        .rejected = ledger.rejected,
                        .late = ledger.late,
                        .unread = ledger.unread};
}

Result<MemberCount> StatusReading::counted(const OwnedDatasetRef& owned,
                                           const std::vector<DatasetLot>& lots) {
  MemberCount count;
  if (const auto* from = std::get_if<flow::BoundaryRef>(&owned.producer)) {
    auto facts = facts_.boundary(*from);
    if (!facts) return pass(std::move(facts));
    tell(from->boundary, (*facts)->problems);
    count = (*facts)->ledger.count;
  } else if (const auto* sink = std::get_if<flow::ArcSinkRef>(&owned.producer)) {
    auto facts = facts_.arc(sink->arc);
    if (!facts) return pass(std::move(facts));
    tell(sink->arc.arc, (*facts)->problems);
    const auto found = (*facts)->members.find(sink->role);
    if (found != (*facts)->members.end()) count = found->second;
  }
  auto known = facts_.published(*owned.project, owned.dataset->id());
  if (!known) return pass(std::move(known));
  auto others =
      facts_.manifest_members(owned.project->places, owned.dataset->id(), lots, **known, problems_);
  if (!others) return pass(std::move(others));
  count.members += others->members;
  return count;
}

Result<DatasetStatus> StatusReading::dataset(const OwnedDatasetRef& owned) {
  const auto id = owned.dataset->id();
  auto lots = facts_.dataset_lots(owned);
  if (!lots) return pass(std::move(lots));
  auto count = counted(owned, *lots);
  if (!count) return pass(std::move(count));
  DatasetStatus status{.placement = owned.project->plan.placement,
                       .dataset = id,
                       .lastLot = {},
                       .members = count->members,
                       .bytes = count->bytes};
  std::optional<lot::LotId> last;
  for (const auto& lot : *lots) {
    status.complete += lot.state == record::ManifestState::complete ? 1 : 0;
    status.empty += lot.state == record::ManifestState::empty ? 1 : 0;
    status.partial += lot.state == record::ManifestState::partial ? 1 : 0;
    status.removed += lot.state == record::ManifestState::removed ? 1 : 0;
    const bool is_published =
        lot.state == record::ManifestState::complete || lot.state == record::ManifestState::empty;
    if (is_published && (!last || last->start() < lot.lot.start())) last = lot.lot;
  }
  if (last) status.lastLot = last->to_string();
  return status;
}

/// The lots that are published and not claimed, and how old the oldest unfinished lot is.
Result<> StatusReading::add_pending(const flow::ArcRef& ref,
                                    const flow::SubscriptionView& subscription,
                                    const ArcFacts& facts, ArcStatus& status) {
  Sources sources;
  for (const auto& [role, declared] : ref.arc->sources) {
    if (!declared.subscribe) continue;
    auto lots = facts_.published(*ref.project, declared.id());
    if (!lots) return pass(std::move(lots));
    sources.push_back(*lots);
  }
  std::optional<Instant> oldest;
  const auto unfinished = [&](Instant since) {
    oldest = oldest ? std::min(*oldest, since) : since;
  };
  if (subscription.enabled && !sources.empty()) {
    auto known = facts.known.begin();
    for (const auto& [lot, at] : *sources.front()) {
      while (known != facts.known.end() && *known < lot) ++known;
      if (known != facts.known.end() && *known == lot) continue;
      const auto since = ready_at(sources, lot);
      if (!since || (subscription.since && *since < *subscription.since)) continue;
      ++status.waiting;
      unfinished(*since);
    }
  }
  for (const auto& lot : facts.unfinished) {
    if (const auto since = ready_at(sources, lot.lot)) {
      unfinished(*since);
    } else if (const auto started = parse_instant(lot.started.value_or(""))) {
      unfinished(*started);
    }
  }
  if (oldest && *oldest < sources_.now) {
    status.lagSec =
        std::chrono::duration_cast<std::chrono::seconds>(sources_.now - *oldest).count();
  }
  return {};
}

Result<ArcStatus> StatusReading::arc(const flow::ArcRef& ref) {
  const auto& project = *ref.project;
  auto subscribed = subscription(
      project.places.arc_subscription(project.plan.project, ref.arc->name), ref.to_string());
  if (!subscribed) return pass(std::move(subscribed));
  auto facts = facts_.arc(ref);
  if (!facts) return pass(std::move(facts));
  tell(ref.arc, (*facts)->problems);
  ArcStatus status{.placement = project.plan.placement,
                   .project = project.plan.project,
                   .name = ref.arc->name,
                   .enabled = *subscribed && (*subscribed)->enabled,
                   .queued = sources_.queued ? sources_.queued(ref) : 0,
                   .running = (*facts)->of(ArcLotState::running),
                   .retrying = (*facts)->of(ArcLotState::retrying),
                   .complete = (*facts)->of(ArcLotState::complete),
                   .partial = (*facts)->of(ArcLotState::partial),
                   .missing = (*facts)->of(ArcLotState::missing),
                   .oldestRunning = (*facts)->oldest_running};
  const auto view = subscribed->value_or(flow::SubscriptionView{.enabled = false, .since = {}});
  if (auto added = add_pending(ref, view, **facts, status); !added) return pass(std::move(added));
  return status;
}

Result<StatusReport> StatusReading::read() {
  StatusReport report{.home = sources_.home, .at = format_instant(sources_.now)};
  for (const auto& ref : boundaries_) {
    auto status = boundary(ref);
    if (!status) return pass(std::move(status));
    report.boundaries.push_back(std::move(*status));
  }
  for (const auto& ref : arcs_) {
    auto status = arc(ref);
    if (!status) return pass(std::move(status));
    report.arcs.push_back(std::move(*status));
  }
  for (const auto& owned : datasets_) {
    auto status = dataset(owned);
    if (!status) return pass(std::move(status));
    report.datasets.push_back(std::move(*status));
  }
  for (const auto& message : sources_.broken_projects) {
    problems_.add_damaged({.subject = "a deployed project",
                           .lot = {},
                           .message = "left out: " + message,
                           .hint = "mend the record, or cls deploy the project again"});
  }
  report.damagedRecords = problems_.damaged();
  report.problems = std::move(problems_).list();
  return report;
}

}  // namespace

Result<StatusReport> status(const StatusSources& sources, const ReportFilter& filter) {
  auto window = LotWindow::of(filter);
  if (!window) return pass(std::move(window));
  return StatusReading(sources, filter, *window).read();
}

}  // namespace cls::operate
