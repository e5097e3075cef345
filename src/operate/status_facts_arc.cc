// SPDX-License-Identifier: Apache-2.0
// What the records say of an arc, or what is remembered of them.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/format.h"
#include "operate/status_facts.h"
#include "record/members.h"

namespace cls::operate {

namespace {

/// A lot that ended without all of its data.
StatusProblem ended_lot(const flow::ArcRef& arc, const ArcLotFacts& lot) {
  const std::string id = lot.lot.to_string();
  StatusProblem problem{.subject = arc.to_string(), .lot = id};
  const auto state = json::name_of(*lot.state);
  if (!lot.is_claimed) {
    problem.message = format("ended {}, says its arc state; it has no claim", state);
    return problem;
  }
  problem.message = lot.error ? format("ended {}: {}", state, *lot.error)
                              : format("ended {}; its claim says no more", state);
  problem.hint = format("cls retry {} {}", arc.arc->name, id);
  return problem;
}

bool is_unfinished(const ArcLotFacts& lot) {
  return lot.state == ArcLotState::running || lot.state == ArcLotState::retrying;
}

bool ended_badly(const ArcLotFacts& lot) {
  return lot.state == ArcLotState::partial || lot.state == ArcLotState::missing;
}

/// All that is counted of a lot, whether it was read or remembered.
void fold(const flow::ArcRef& arc, const ArcLotFacts& lot, ArcFacts& facts) {
  facts.known.push_back(lot.lot);
  if (!lot.state) return;
  ++facts.counts.at(static_cast<std::size_t>(*lot.state));
  if (ended_badly(lot)) facts.problems.add(ended_lot(arc, lot));
  if (lot.state == ArcLotState::running && lot.started &&
      (!facts.oldest_running || *lot.started < *facts.oldest_running)) {
    facts.oldest_running = lot.started;
  }
  if (is_unfinished(lot)) facts.unfinished.push_back({lot.lot, lot.started});
  for (const auto& sink : lot.sinks) {
    facts.published[sink.role].emplace_back(lot.lot, lot.committed);
    MemberCount& count = facts.members[sink.role];
    count.members += sink.count.members;
    count.bytes += sink.count.bytes;
    count.beside += sink.count.beside;
  }
}

/// Nobody writes manifests of such a lot without changing its claim first.
bool is_settled(const record::Claim& claim) {
  const bool is_over =
      claim.state == record::ClaimState::committed || claim.state == record::ClaimState::ended;
  return is_over && claim.condemned.empty() &&
         std::ranges::all_of(claim.sinks, [](const auto& sink) { return sink.second.published; });
}

/// Without the counts of its sinks.
ArcLotFacts facts_of(const ArcLot& lot) {
  ArcLotFacts facts{.lot = lot.lot,
                    .is_claimed = lot.claim != nullptr,
                    .claim = {},
                    .state = lot.state,
                    .started = {},
                    .error = {},
                    .sinks = {}};
  if (lot.claim == nullptr) return facts;
  facts.settled = is_settled(*lot.claim);
  if (is_unfinished(facts)) facts.started = lot.claim->startedAt;
  if (ended_badly(facts) && lot.claim->error) facts.error = lot.claim->error->message;
  facts.committed = parse_instant(lot.claim->committedAt.value_or("")).value_or(Instant{});
  for (const auto& [role, sink] : lot.claim->sinks) facts.sinks.push_back({role, {}});
  return facts;
}

std::string subject_of(const Uri& claims) {
  return "arc " + claims.to_string();
}

/// What of the facts may be remembered; where that is not all, the stamps prove nothing.
ArcMemory memory_of(const ArcFacts& facts, Proof proof) {
  ArcMemory memory{.proof = std::move(proof), .lots = {}};
  memory.lots.reserve(facts.lots.size());
  for (const auto& lot : facts.lots) {
    if (lot.claim) memory.lots.push_back(lot);
  }
  if (memory.lots.size() < facts.known.size()) memory.proof.stamps.assign(2, std::nullopt);
  return memory;
}

}  // namespace

Result<> StatusFacts::count_sinks(const flow::ArcRef& arc, const record::Claim& claim,
                                  ArcLotFacts& lot, ProblemList& problems) {
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
      problems.add_damaged(broken_record(uri, object.error(), claim.lot));
      continue;
    }
    auto file = record::read_members(object->bytes);
    if (!file) {
      problems.add_damaged(broken_record(uri, file.error(), claim.lot));
      continue;
    }
    for (const auto& line : file->lines) {
      if (line.vanished || !roles.contains(line.role)) continue;
      const auto sink = std::ranges::find(lot.sinks, line.role, &ArcLotFacts::Sink::role);
      ++sink->count.members;
      sink->count.bytes += line.size;
      sink->count.beside += line.wanted ? 1 : 0;
    }
  }
  return {};
}

Result<> StatusFacts::take_lot(const flow::ArcRef& arc, const ArcLot& lot,
                               const std::optional<ClaimVersion>& version, ArcFacts& facts) {
  ArcLotFacts read = facts_of(lot);
  ProblemList damage;
  if (lot.claim != nullptr && (notes() != nullptr || count_members_.contains(arc.arc))) {
    auto counted = count_sinks(arc, *lot.claim, read, damage);
    if (!counted) return counted;
  }
  if (lot.claim != nullptr && damage.damaged() == 0) read.claim = version;
  fold(arc, read, facts);
  facts.problems.append(damage);
  if (notes() != nullptr) facts.lots.push_back(std::move(read));
  return {};
}

Result<> StatusFacts::read_arc(const flow::ArcRef& arc, ArcFacts& facts) {
  return for_each_arc_lot(
      sources_.store, arc, window_,
      [&](const ArcLot& lot) { return take_lot(arc, lot, std::nullopt, facts); },
      [&](const Uri& uri, const Failure& failure) {
        facts.problems.add_damaged(broken_record(uri, failure));
        facts.unreadable.push_back(failure.message);
      });
}

/// Reads the claims that are not as they were, and takes the others out of `former`; true if all
/// that is remembered is still there, nullopt, and nothing is read, where the directory does not
/// tell.
Result<std::optional<bool>> StatusFacts::recall_claims(const flow::ArcRef& arc,
                                                       std::optional<ArcMemory>& former,
                                                       ArcFacts& facts) {
  std::unordered_map<lot::LotId, ArcLotFacts*> remembered;
  if (former) {
    remembered.reserve(former->lots.size());
    for (auto& lot : former->lots) remembered.emplace(lot.lot, &lot);
    facts.lots.reserve(former->lots.size());
    facts.known.reserve(former->lots.size());
  }
  const auto broken = [&](const Uri& uri, const Failure& failure) {
    facts.problems.add_damaged(broken_record(uri, failure));
    facts.unreadable.push_back(failure.message);
  };
  const Uri claims = arc.project->places.claims_prefix(arc.project->plan.project, arc.arc->name);
  const auto take = [&](const StatusNotes::File& file) -> Result<> {
    const auto lot = lot_of_name(file.name);
    if (!lot) return {};
    const ClaimVersion version{file.size, file.modified};
    const auto found = remembered.find(*lot);
    if (found != remembered.end()) {
      ArcLotFacts* const known = found->second;
      remembered.erase(found);
      if (known->claim == version) {
        fold(arc, *known, facts);
        facts.lots.push_back(std::move(*known));
        return {};
      }
    }
    // Asked before it is read: one that is changed later has another time then.
    const auto lasting =
        sources_.notes->is_settled(file.modified) ? std::optional(version) : std::nullopt;
    auto taken = take_claimed_lot(
        sources_.store, {claims.scheme, claims.bucket, claims.key + file.name}, *lot,
        [&](const ArcLot& read) { return take_lot(arc, read, lasting, facts); }, broken);
    if (!taken) return pass(std::move(taken));
    return {};
  };
  auto walked = sources_.notes->for_each_file(claims, take);
  if (!walked) return pass(std::move(walked));
  return *walked ? std::optional(remembered.empty()) : std::nullopt;
}

/// Lots of the reference: those with arc states and no claim.
Result<> StatusFacts::recall_states(const flow::ArcRef& arc, const std::vector<std::string>& names,
                                    ArcFacts& facts) {
  const Uri states =
      arc.project->places.arc_state_path(arc.project->plan.project, arc.arc->name, std::nullopt);
  const std::unordered_set<lot::LotId> claimed(facts.known.begin(), facts.known.end());
  const auto take = [&](const ArcLot& lot) { return take_lot(arc, lot, std::nullopt, facts); };
  for (const auto& name : names) {
    const auto lot = lot_of_name(name);
    if (!lot || claimed.contains(*lot)) continue;
    Uri prefix = states;
    prefix.key += name + "/";
    auto taken = for_each_arc_state(sources_.store, prefix, *lot, take);
    if (!taken) return taken;
  }
  return {};
}

Result<> StatusFacts::recall_arc(const flow::ArcRef& arc, ArcFacts& facts) {
  StatusNotes& notes = *sources_.notes;
  const auto& places = arc.project->places;
  const Uri claims = places.claims_prefix(arc.project->plan.project, arc.arc->name);
  const Uri states = places.arc_state_path(arc.project->plan.project, arc.arc->name, std::nullopt);
  Proof proof{.looked = sources_.now, .stamps = {notes.stamp(claims), notes.stamp(states)}};
  const std::string subject = subject_of(claims);
  facts.stamp = proof.stamps.front();
  const auto packed = notes.find(subject);
  const auto proved = packed ? ArcMemory::proof_of(*packed) : std::nullopt;
  if (proved && !sources_.renew && proved->holds(proof)) {
    const auto take = [&](const ArcLotFacts& lot) { fold(arc, lot, facts); };
    if (ArcMemory::for_each_lot(*packed, take)) return {};
    facts = ArcFacts();
    facts.stamp = proof.stamps.front();
  }
  auto former = packed ? ArcMemory::unpack(*packed) : std::nullopt;
  const auto read_all = [&] {
    facts = ArcFacts();
    facts.lots_are_here = true;
    return read_arc(arc, facts);
  };
  auto all_there = recall_claims(arc, former, facts);
  if (!all_there) return pass(std::move(all_there));
  if (!*all_there) return read_all();
  const bool same_states = **all_there && former && !sources_.renew &&
                           former->proof.is_recent(proof.looked) && former->proof.stamps.front() &&
                           proof.stamps.back() &&
                           former->proof.stamps.back() == proof.stamps.back();
  if (!same_states) {
    const auto names = notes.names(states);
    if (!names) return read_all();
    if (auto read = recall_states(arc, *names, facts); !read) return read;
  }
  facts.lots_are_here = true;
  notes.keep(subject, memory_of(facts, std::move(proof)).pack());
  return {};
}

/// Of an arc with facts: read, or recalled as these were.
std::vector<ArcLotFacts> StatusFacts::lots_of(const flow::ArcRef& arc,
                                              const ArcFacts& facts) const {
  if (facts.lots_are_here) return facts.lots;
  auto memory = recall<ArcMemory>(
      subject_of(arc.project->places.claims_prefix(arc.project->plan.project, arc.arc->name)));
  return memory ? std::move(memory->lots) : std::vector<ArcLotFacts>();
}

Result<std::vector<ArcLotFacts>> StatusFacts::arc_lots(const flow::ArcRef& arc,
                                                       std::vector<std::string>& unreadable) {
  if (notes() != nullptr) {
    auto facts = this->arc(arc);
    if (!facts) return pass(std::move(facts));
    auto lots = lots_of(arc, **facts);
    // Notes that cannot be read a second time are none.
    if (lots.size() == (*facts)->known.size()) {
      unreadable.insert(unreadable.end(), (*facts)->unreadable.begin(), (*facts)->unreadable.end());
      return lots;
    }
  }
  std::vector<ArcLotFacts> lots;
  auto walked = for_each_arc_lot(
      sources_.store, arc, window_,
      [&](const ArcLot& lot) -> Result<> {
        lots.push_back(facts_of(lot));
        return {};
      },
      [&](const Uri&, const Failure& failure) { unreadable.push_back(failure.message); });
  if (!walked) return pass(std::move(walked));
  return lots;
}

Result<const ArcFacts*> StatusFacts::arc(const flow::ArcRef& arc) {
  auto& kept = arcs_[arc.arc];
  if (kept) return kept.get();
  auto facts = std::make_unique<ArcFacts>();
  auto read = notes() == nullptr ? read_arc(arc, *facts) : recall_arc(arc, *facts);
  if (!read) return pass(std::move(read));
  const auto sort = [](auto& lots) {
    if (!std::ranges::is_sorted(lots)) std::ranges::sort(lots);
  };
  sort(facts->known);
  for (auto& [role, lots] : facts->published) sort(lots);
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

}  // namespace cls::operate
