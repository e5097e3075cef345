// SPDX-License-Identifier: Apache-2.0
// The lots of a dataset, as its manifests say, or as is remembered of them.
#include <unordered_map>

#include "operate/status_facts.h"

namespace cls::operate {

namespace {

using Lots = std::vector<DatasetLotFacts>;

/// Who makes a dataset, as far as its manifests can be told to be final.
struct Maker {
  struct Lot {
    ClaimVersion version;  ///< of the claim; of a lot of a boundary, when it was closed
    bool settled = false;  ///< an arc's: nobody writes its manifests without changing its claim
  };
  bool is_boundary = false;
  std::unordered_map<lot::LotId, Lot> lots;

  explicit Maker(const BoundaryFacts& facts) : is_boundary(true) {
    for (const auto& [lot, at] : facts.ledger.published) lots[lot].version.modified = at;
  }
  explicit Maker(const std::vector<ArcLotFacts>& of_arc) {
    for (const auto& lot : of_arc) {
      if (lot.claim) lots[lot.lot] = {*lot.claim, lot.settled};
    }
  }

  DatasetLotFacts facts_of(lot::LotId lot, record::ManifestState state) const {
    DatasetLotFacts facts{.lot = lot, .state = state, .claim = {}};
    const auto found = lots.find(lot);
    if (found == lots.end()) return facts;
    facts.claim = found->second.version;
    facts.settled = is_boundary ? state == record::ManifestState::complete ||
                                      state == record::ManifestState::empty
                                : found->second.settled;
    return facts;
  }
  /// True if what is remembered of the lot is what one would see.
  bool vouches_for(const DatasetLotFacts& known) const {
    const auto found = lots.find(known.lot);
    return known.settled && found != lots.end() && known.claim == found->second.version;
  }
};

}  // namespace

/// The lots as they are remembered, after another look at those that were not settled; nullopt
/// where they cannot be read.
Result<std::optional<std::vector<DatasetLot>>> StatusFacts::look_again(const OwnedDatasetRef& owned,
                                                                       const std::string& packed) {
  std::vector<DatasetLot> lots;
  Result<> looked;
  const auto take = [&](const DatasetLotFacts& lot) {
    if (lot.settled) {
      lots.push_back({lot.lot, lot.state, {}});
      return;
    }
    if (!looked) return;
    auto found =
        dataset_lot_of(sources_.store, owned.project->places, owned.dataset->id(), lot.lot);
    if (!found) {
      looked = pass(std::move(found));
    } else if (*found) {
      lots.push_back(**found);
    }
  };
  const bool is_whole = DatasetMemory::for_each_lot(packed, take);
  if (!looked) return pass(std::move(looked));
  return is_whole ? std::optional(std::move(lots)) : std::nullopt;
}

/// Looks at those that are new, whose maker's records changed, or that were not settled. nullopt
/// where the lots cannot be told from the names in a directory.
Result<std::optional<Lots>> StatusFacts::refresh_dataset(
    const OwnedDatasetRef& owned, const std::optional<DatasetMemory>& former) {
  std::optional<Maker> maker;
  if (const auto* from = std::get_if<flow::BoundaryRef>(&owned.producer)) {
    auto facts = boundary(*from);
    if (!facts) return pass(std::move(facts));
    maker.emplace(**facts);
  } else if (const auto* sink = std::get_if<flow::ArcSinkRef>(&owned.producer)) {
    auto facts = arc(sink->arc);
    if (!facts) return pass(std::move(facts));
    if ((*facts)->lots_are_here) {
      maker.emplace((*facts)->lots);
    } else {
      maker.emplace(lots_of(sink->arc, **facts));
    }
  } else {
    return std::optional<Lots>();
  }
  const auto id = owned.dataset->id();
  const auto names = sources_.notes->names(owned.project->places.manifests_prefix(id));
  if (!names) return std::optional<Lots>();
  std::unordered_map<lot::LotId, const DatasetLotFacts*> remembered;
  if (former && !sources_.renew && former->proof.is_recent(sources_.now)) {
    for (const auto& lot : former->lots) remembered.emplace(lot.lot, &lot);
  }
  Lots lots;
  for (const auto& name : *names) {
    const auto lot = lot_of_name(name);
    if (!lot) continue;
    const auto known = remembered.find(*lot);
    if (known != remembered.end() && maker->vouches_for(*known->second)) {
      lots.push_back(*known->second);
      continue;
    }
    auto found = dataset_lot_of(sources_.store, owned.project->places, id, *lot);
    if (!found) return pass(std::move(found));
    if (!*found) continue;
    lots.push_back(maker->facts_of(*lot, (*found)->state));
  }
  return std::optional(std::move(lots));
}

Result<std::vector<DatasetLot>> StatusFacts::dataset_lots(const OwnedDatasetRef& owned) {
  const auto id = owned.dataset->id();
  const auto& places = owned.project->places;
  const auto plain = [&] { return dataset_lots_of(sources_.store, places, id, window_); };
  if (notes() == nullptr) return plain();
  std::optional<std::string> maker;
  if (const auto* from = std::get_if<flow::BoundaryRef>(&owned.producer)) {
    auto facts = boundary(*from);
    if (!facts) return pass(std::move(facts));
    maker = (*facts)->stamp;
  } else if (const auto* sink = std::get_if<flow::ArcSinkRef>(&owned.producer)) {
    auto facts = arc(sink->arc);
    if (!facts) return pass(std::move(facts));
    maker = (*facts)->stamp;
  } else {
    return plain();
  }
  const Uri manifests = places.manifests_prefix(id);
  DatasetMemory memory{
      .proof = {.looked = sources_.now, .stamps = {sources_.notes->stamp(manifests), maker}},
      .lots = {}};
  const std::string subject = "dataset " + manifests.to_string();
  const auto packed = sources_.notes->find(subject);
  const auto proved = packed ? DatasetMemory::proof_of(*packed) : std::nullopt;
  if (proved && !sources_.renew && proved->holds(memory.proof)) {
    auto again = look_again(owned, *packed);
    if (!again) return pass(std::move(again));
    if (*again) return std::move(**again);
  }
  auto read = refresh_dataset(owned, packed ? DatasetMemory::unpack(*packed) : std::nullopt);
  if (!read) return pass(std::move(read));
  if (!*read) return plain();
  memory.lots = std::move(**read);
  sources_.notes->keep(subject, memory.pack());
  std::vector<DatasetLot> lots;
  lots.reserve(memory.lots.size());
  for (const auto& lot : memory.lots) lots.push_back({lot.lot, lot.state, {}});
  return lots;
}

}  // namespace cls::operate
