// SPDX-License-Identifier: Apache-2.0
#include "flow/sweep.h"

#include <algorithm>

#include "base/format.h"
#include "flow/published_manifests.h"
#include "flow/publisher.h"

namespace cls::flow {

namespace {

/// A dataset that was made by another declaration, or by an older tool, may have lots of several
/// units.
using Lots = std::map<lot::LotUnit, lot::LotSet>;

Result<Lots> manifested_lots(store::ObjectStore& store, const Deployed& consumer,
                             const model::DatasetId& dataset) {
  Lots lots;
  auto listed = for_each_published(store, consumer.places, dataset,
                                   [&](const store::ObjectInfo&, const record::ManifestKey& key) {
                                     const auto lot = lot::LotId::parse(key.lot);
                                     if (lot) lots[lot->unit()].insert(*lot);
                                   });
  if (!listed) return pass(std::move(listed));
  return lots;
}

/// Calls `take` with every claim of an arc, as far as a sweep needs to know it.
Result<> walk_claims(store::ObjectStore& store, const ArcRef& arc, ClaimNotes* notes,
                     const std::function<void(const Uri&, const record::Claim&)>& take,
                     SweepReport& report) {
  const Uri prefix = arc.project->places.claims_prefix(arc.project->plan.project, arc.arc->name);
  auto listed = store::for_each_object(store, prefix, [&](const store::ObjectInfo& info) {
    if (notes != nullptr) {
      const auto note = notes->find(info);
      const auto noted = note ? claim_of(*note) : std::nullopt;
      if (noted) return take(info.uri, *noted);
    }
    auto stored = read_claim(store, info.uri);
    if (!stored) {
      report.broken.emplace_back(info.uri, stored.error());
    } else if (*stored) {
      const auto& claim = (*stored)->claim;
      take(info.uri, claim);
      const auto note = notes != nullptr ? note_of(claim) : std::nullopt;
      if (note) notes->keep(info, *note);
    }
  });
  if (!listed && listed.error().code != FailureCode::NotFound) return listed;
  return {};
}

/// The revisions that the producer's claims name, by lot; empty for other producers.
using Revisions = std::map<lot::LotId, std::string>;

Result<Revisions> arc_revisions(store::ObjectStore& store, const ArcSinkRef& sink,
                                ClaimNotes* notes, SweepReport& report) {
  Revisions revisions;
  auto walked = walk_claims(
      store, sink.arc, notes,
      [&](const Uri&, const record::Claim& claim) {
        const auto found = claim.sinks.find(sink.role);
        if (found != claim.sinks.end()) {
          revisions[lot::LotId::parse(claim.lot).value()] = found->second.revision;
        }
      },
      report);
  if (!walked) return pass(std::move(walked));
  return revisions;
}

struct Source {
  std::string role;
  Lots lots;
  Revisions revisions;  ///< where they can differ from what a claim names
};

Result<Source> source_of(store::ObjectStore& store, const Deployment& deployment, LedgerLogs& logs,
                         const ArcRef& arc, const std::string& role,
                         const model::SourceDataset& declared, ClaimNotes* notes,
                         SweepReport& report) {
  Source source{.role = role, .lots = {}, .revisions = {}};
  const Producer producer = deployment.producer_of(arc.project->plan.placement, declared.id());
  if (const auto* sink = std::get_if<ArcSinkRef>(&producer)) {
    auto revisions = arc_revisions(store, *sink, notes, report);
    if (!revisions) return pass(std::move(revisions));
    source.revisions = std::move(*revisions);
    // Lots that an older tool published before the arc was deployed here have no claim.
    auto manifested = manifested_lots(store, *arc.project, declared.id());
    if (!manifested) return pass(std::move(manifested));
    source.lots = std::move(*manifested);
    for (const auto& [lot, revision] : source.revisions) source.lots[lot.unit()].insert(lot);
    return source;
  }
  if (const auto* boundary = std::get_if<BoundaryRef>(&producer)) {
    LedgerLog& log = logs.of(*boundary);
    if (auto read = log.refresh(); !read) return pass(std::move(read));
    source.lots[boundary->boundary->unit] = log.closed();
    return source;
  }
  auto lots = manifested_lots(store, *arc.project, declared.id());
  if (!lots) return pass(std::move(lots));
  source.lots = std::move(*lots);
  return source;
}

/// The lots that all subscribed sources have.
Lots common_lots(const std::vector<Source>& sources) {
  if (sources.empty()) return {};
  Lots common = sources.front().lots;
  for (const auto& source : sources) {
    for (auto& [unit, lots] : common) {
      const auto others = source.lots.find(unit);
      lots = others == source.lots.end() ? lot::LotSet{}
                                         : set_intersection(lots, others->second).value();
    }
  }
  return common;
}

/// True if the claim leaves something to do, as far as the listed revisions tell.
bool has_work(const record::Claim& claim, const lot::LotId& lot,
              const std::vector<Source>& sources) {
  if (claim.state == record::ClaimState::running || claim.state == record::ClaimState::retrying) {
    return true;
  }
  return std::ranges::any_of(sources, [&](const Source& source) {
    const auto named = claim.sources.find(source.role);
    if (named == claim.sources.end()) return true;
    const auto current = source.revisions.find(lot);
    return current != source.revisions.end() && current->second != named->second.revision;
  });
}

}  // namespace

void LotsByState::move_to(lot::LotSet LotsByState::* set, const lot::LotId& lot) {
  for (auto* other : {&running, &retrying, &complete, &partial, &missing}) other->erase(lot);
  auto& lots = this->*set;
  // Lots of another unit, of a former declaration: an arc has lots of one unit.
  if (!lots.unit() || *lots.unit() == lot.unit()) lots.insert(lot);
}

void LotsByState::take(const record::Claim& claim, const lot::LotId& lot) {
  if (claim.state == record::ClaimState::running) return move_to(&LotsByState::running, lot);
  if (claim.state == record::ClaimState::retrying) return move_to(&LotsByState::retrying, lot);
  const auto result = claim.result.value_or(record::ClaimResult::complete);
  if (result == record::ClaimResult::complete) return move_to(&LotsByState::complete, lot);
  move_to(result == record::ClaimResult::partial ? &LotsByState::partial : &LotsByState::missing,
          lot);
}

Result<SweepReport> sweep_arc(store::ObjectStore& store, const Deployment& deployment,
                              LedgerLogs& logs, const ArcRef& arc,
                              const SubscriptionView& subscription, ClaimNotes* notes) {
  SweepReport report;
  std::vector<Source> sources;
  for (const auto& [role, declared] : arc.arc->sources) {
    if (!declared.subscribe) continue;
    auto source = source_of(store, deployment, logs, arc, role, declared, notes, report);
    if (!source) return pass(std::move(source));
    sources.push_back(std::move(*source));
  }
  Lots todo = common_lots(sources);
  std::vector<Uri> behind;
  auto walked = walk_claims(
      store, arc, notes,
      [&](const Uri& uri, const record::Claim& claim) {
        if (is_behind(claim)) behind.push_back(uri);
        const auto lot = lot::LotId::parse(claim.lot).value();
        report.lots.take(claim, lot);
        if (has_work(claim, lot, sources)) return;
        if (claim.result.value_or(record::ClaimResult::complete) != record::ClaimResult::complete) {
          report.unfinished.push_back(lot);
        }
        todo[lot.unit()].erase(lot);
      },
      report);
  if (!walked) return pass(std::move(walked));
  for (const auto& uri : behind) {
    auto published = publish_claim(store, arc, uri);
    if (!published) report.broken.emplace_back(uri, published.error());
  }
  if (subscription.enabled) {
    for (const auto& [unit, lots] : todo) {
      report.due.insert(report.due.end(), lots.begin(), lots.end());
    }
  }
  return report;
}

}  // namespace cls::flow
