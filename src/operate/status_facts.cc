// SPDX-License-Identifier: Apache-2.0
#include "operate/status_facts.h"

#include <algorithm>

#include "base/format.h"
#include "flow/closed_lots.h"
#include "flow/conditional.h"
#include "operate/unread.h"
#include "record/manifest.h"

namespace cls::operate {

namespace {

StatusProblem broken_record(const Uri& uri, const Failure& failure,
                            std::optional<std::string> lot = std::nullopt) {
  return {.subject = uri.to_string(),
          .lot = std::move(lot),
          .message = failure.message,
          .hint = std::nullopt};
}

/// A lot that ended without all of its data.
StatusProblem ended_lot(const flow::ArcRef& arc, const ArcLot& lot) {
  const std::string id = lot.lot.to_string();
  StatusProblem problem{.subject = arc.to_string(), .lot = id};
  const auto state = json::name_of(*lot.state);
  if (lot.claim == nullptr) {
    problem.message = format("ended {}, says its arc state; it has no claim", state);
    return problem;
  }
  problem.message = lot.claim->error ? format("ended {}: {}", state, lot.claim->error->message)
                                     : format("ended {}; its claim says no more", state);
  problem.hint = format("cls retry {} {}", arc.arc->name, id);
  return problem;
}

/// The members of a manifest, those of its parts included.
Result<std::uint64_t> members_of_manifest(store::ObjectStore& store, const Uri& uri) {
  auto object = store.get(uri);
  if (!object) return pass(std::move(object));
  auto manifest = record::read_manifest(object->bytes);
  if (!manifest) {
    return fail(FailureCode::Invalid, format("{}: {}", uri.to_string(), manifest.error().message));
  }
  if (manifest->uriType != record::UriType::manifest) return manifest->uris.size();
  std::uint64_t members = 0;
  for (const auto& text : manifest->uris) {
    auto part = Uri::parse(text);
    if (!part) return pass(std::move(part));
    auto object_of_part = store.get(*part);
    if (!object_of_part) return pass(std::move(object_of_part));
    auto listed = record::read_manifest(object_of_part->bytes);
    if (!listed) {
      return fail(FailureCode::Invalid, format("{}: {}", text, listed.error().message));
    }
    members += listed->uris.size();
  }
  return members;
}

}  // namespace

std::optional<Instant> published_at(const PublishedLots& lots, lot::LotId lot) {
  const auto found = std::ranges::lower_bound(lots, lot, {}, &PublishedLots::value_type::first);
  if (found == lots.end() || found->first != lot) return std::nullopt;
  return found->second;
}

Result<> StatusFacts::read_ledger(flow::LedgerLog& log, BoundaryFacts& facts) {
  UnreadObjects unread(sources_.store, *log.boundary().boundary);
  auto listed = unread.list(log);
  if (!listed && !is_of_record(listed.error())) return listed;
  if (!listed) {
    facts.problems.add({.subject = log.boundary().to_string(),
                        .lot = std::nullopt,
                        .message = format("its path cannot be listed: {}", listed.error().message),
                        .hint = "what is unread there is not counted"});
  }
  flow::ClosedLots closing;
  const auto take = [&](const record::Segment& segment, const flow::ClosedLot& closed) {
    const auto lot = lot::LotId::parse(closed.lot);
    if (!lot || !window_.contains(*lot)) return;
    const auto at = parse_instant(segment.head.at);
    facts.published.emplace_back(*lot, at ? *at : Instant{});
    facts.count.members += closed.members.size();
    for (const auto& line : closed.members) facts.count.bytes += line.object.size;
  };
  auto read = log.for_each_segment([&](const record::Segment& segment) {
    for (const auto& line : segment.lines) {
      unread.see(line);
      if (!facts.last_arrival || *facts.last_arrival < line.firstSeen) {
        facts.last_arrival = line.firstSeen;
      }
    }
    closing.add(segment, [&](const flow::ClosedLot& closed) { take(segment, closed); });
  });
  std::ranges::sort(facts.published);
  if (!read || !listed) return read;
  auto count = unread.count();
  if (!count) return pass(std::move(count));
  facts.unread = *count;
  return {};
}

Result<const BoundaryFacts*> StatusFacts::boundary(const flow::BoundaryRef& boundary) {
  auto& kept = boundaries_[boundary.boundary];
  if (kept) return kept.get();
  auto facts = std::make_unique<BoundaryFacts>();
  flow::LedgerLog& log = sources_.logs.of(boundary);
  auto refreshed = log.refresh();
  Result<> read;
  if (refreshed) {
    read = read_ledger(log, *facts);
  } else {
    read = pass(std::move(refreshed));
  }
  if (!read && !is_of_record(read.error())) return pass(std::move(read));
  if (!read) {
    facts->problems.add_damaged({.subject = boundary.to_string(),
                                 .lot = std::nullopt,
                                 .message = read.error().message,
                                 .hint = "nothing is taken in until it can be read"});
  }
  kept = std::move(facts);
  return kept.get();
}

Result<> StatusFacts::count_sinks(const flow::ArcRef& arc, const record::Claim& claim,
                                  ArcFacts& facts) {
  std::map<std::string, std::set<std::string>> roles_of;  // members file → roles
  for (const auto& [role, sink] : claim.sinks) {
    if (sink.state == record::ManifestState::complete) roles_of[sink.members].insert(role);
  }
  for (const auto& [key, roles] : roles_of) {
    const Uri uri{
        "s3", record::store_name(arc.project->plan.placement, record::StoreKind::ArcState), key};
    auto object = sources_.store.get(uri);
    if (!object && object.error().code != FailureCode::NotFound) return pass(std::move(object));
    if (!object) {
      facts.problems.add_damaged(broken_record(uri, object.error(), claim.lot));
      continue;
    }
    auto file = record::read_members(object->bytes);
    if (!file) {
      facts.problems.add_damaged(broken_record(uri, file.error(), claim.lot));
      continue;
    }
    for (const auto& line : file->lines) {
      if (line.vanished || !roles.contains(line.role)) continue;
      MemberCount& count = facts.members[line.role];
      ++count.members;
      count.bytes += line.size;
      count.beside += line.wanted ? 1 : 0;
    }
  }
  return {};
}

Result<> StatusFacts::take_lot(const flow::ArcRef& arc, const ArcLot& lot, ArcFacts& facts) {
  facts.known.push_back(lot.lot);
  if (!lot.state) return {};
  ++facts.counts.at(static_cast<std::size_t>(*lot.state));
  if (*lot.state == ArcLotState::partial || *lot.state == ArcLotState::missing) {
    facts.problems.add(ended_lot(arc, lot));
  }
  const auto started = lot.claim == nullptr ? std::nullopt : lot.claim->startedAt;
  if (*lot.state == ArcLotState::running) {
    if (started && (!facts.oldest_running || *started < *facts.oldest_running)) {
      facts.oldest_running = started;
    }
  }
  if (*lot.state == ArcLotState::running || *lot.state == ArcLotState::retrying) {
    facts.unfinished.push_back({lot.lot, started});
  }
  if (lot.claim == nullptr) return {};
  const auto committed = parse_instant(lot.claim->committedAt.value_or(""));
  for (const auto& [role, sink] : lot.claim->sinks) {
    facts.published[role].emplace_back(lot.lot, committed ? *committed : Instant{});
  }
  return count_members_.contains(arc.arc) ? count_sinks(arc, *lot.claim, facts) : Result<>();
}

Result<const ArcFacts*> StatusFacts::arc(const flow::ArcRef& arc) {
  auto& kept = arcs_[arc.arc];
  if (kept) return kept.get();
  auto facts = std::make_unique<ArcFacts>();
  auto walked = for_each_arc_lot(
      sources_.store, arc, window_, [&](const ArcLot& lot) { return take_lot(arc, lot, *facts); },
      [&](const Uri& uri, const Failure& failure) {
        facts->problems.add_damaged(broken_record(uri, failure));
      });
  if (!walked) return pass(std::move(walked));
  std::ranges::sort(facts->known);
  for (auto& [role, lots] : facts->published) std::ranges::sort(lots);
  for (const auto& [role, count] : facts->members) {
    if (count.beside == 0) continue;
    facts->problems.add({.subject = arc.to_string(),
                         .lot = std::nullopt,
                         .message = format("sink {}: {} members lie beside the key they wanted, "
                                           "where another object was",
                                           role, count.beside),
                         .hint = "`wanted` in the members files names the keys"});
  }
  kept = std::move(facts);
  return kept.get();
}

Result<const PublishedLots*> StatusFacts::published(const flow::Deployed& consumer,
                                                    const model::DatasetId& dataset) {
  static const PublishedLots none;
  const auto& placement = consumer.plan.placement;
  const auto producer = sources_.deployment.producer_of(placement, dataset);
  if (const auto* from = std::get_if<flow::BoundaryRef>(&producer)) {
    auto facts = boundary(*from);
    if (!facts) return pass(std::move(facts));
    return &(*facts)->published;
  }
  if (const auto* sink = std::get_if<flow::ArcSinkRef>(&producer)) {
    auto facts = arc(sink->arc);
    if (!facts) return pass(std::move(facts));
    const auto found = (*facts)->published.find(sink->role);
    return found == (*facts)->published.end() ? &none : &found->second;
  }
  auto& kept = foreign_[{placement, dataset}];
  if (kept) return kept.get();
  auto lots = dataset_lots_of(sources_.store, consumer.places, dataset, window_);
  if (!lots) return pass(std::move(lots));
  auto published = std::make_unique<PublishedLots>();
  for (const auto& lot : *lots) {
    if (lot.state == record::ManifestState::complete || lot.state == record::ManifestState::empty) {
      published->emplace_back(lot.lot, lot.modified);
    }
  }
  std::ranges::sort(*published);
  kept = std::move(published);
  return kept.get();
}

Result<MemberCount> StatusFacts::manifest_members(const record::Places& places,
                                                  const model::DatasetId& dataset,
                                                  const std::vector<DatasetLot>& lots,
                                                  const PublishedLots& counted,
                                                  ProblemList& problems) {
  MemberCount count;
  for (const auto& lot : lots) {
    if (lot.state != record::ManifestState::complete || published_at(counted, lot.lot)) continue;
    const Uri uri = places.manifest(dataset, lot.lot, lot.state);
    auto members = members_of_manifest(sources_.store, uri);
    if (members) {
      count.members += *members;
    } else if (is_of_record(members.error()) || members.error().code == FailureCode::NotFound) {
      problems.add_damaged(broken_record(uri, members.error(), lot.lot.to_string()));
    } else {
      return pass(std::move(members));
    }
  }
  return count;
}

}  // namespace cls::operate
