// SPDX-License-Identifier: Apache-2.0
#include "operate/lot_states.h"

#include <unordered_set>

#include "flow/claim_store.h"

namespace cls::operate {

namespace {

ArcLotState state_of(const record::Claim& claim) {
  switch (claim.state) {
    case record::ClaimState::running:
      return ArcLotState::running;
    case record::ClaimState::retrying:
      return ArcLotState::retrying;
    case record::ClaimState::committed:
    case record::ClaimState::ended:
      break;
  }
  switch (claim.result.value_or(claim.state == record::ClaimState::committed
                                    ? record::ClaimResult::complete
                                    : record::ClaimResult::missing)) {
    case record::ClaimResult::complete:
      return ArcLotState::complete;
    case record::ClaimResult::partial:
      return ArcLotState::partial;
    case record::ClaimResult::missing:
      break;
  }
  return ArcLotState::missing;
}

ArcLotState state_of(record::ArcState state) {
  switch (state) {
    case record::ArcState::running:
      return ArcLotState::running;
    case record::ArcState::complete:
      return ArcLotState::complete;
    case record::ArcState::partial:
      return ArcLotState::partial;
    case record::ArcState::missing:
      break;
  }
  return ArcLotState::missing;
}

}  // namespace

bool is_of_record(const Failure& failure) {
  return failure.code == FailureCode::Invalid || failure.code == FailureCode::Unsupported ||
         failure.code == FailureCode::Denied;
}

Result<bool> take_claimed_lot(store::ObjectStore& store, const Uri& claim, lot::LotId lot,
                              const std::function<Result<>(const ArcLot&)>& take,
                              const Broken& broken) {
  auto stored = flow::read_claim(store, claim);
  if (!stored && !is_of_record(stored.error())) return pass(std::move(stored));
  if (stored && !*stored) return false;
  Result<> taken;
  if (stored) {
    const record::Claim& read = (*stored)->claim;
    taken = take({.lot = lot, .state = state_of(read), .claim = &read});
  } else {
    broken(claim, stored.error());
    taken = take({.lot = lot});
  }
  if (!taken) return pass(std::move(taken));
  return true;
}

namespace {

Result<> take_arc_state(lot::LotId lot, const store::ObjectInfo& info,
                        const std::function<Result<>(const ArcLot&)>& take) {
  const auto key = record::parse_arc_state_key(info.uri.key);
  if (!key || !key->state) return {};
  return take({.lot = lot, .state = state_of(*key->state)});
}

/// Where several manifests stand side by side, complete counts first, then empty, then partial.
int rank(record::ManifestState state) {
  switch (state) {
    case record::ManifestState::complete:
      return 0;
    case record::ManifestState::empty:
      return 1;
    case record::ManifestState::partial:
      return 2;
    case record::ManifestState::removed:
      break;
  }
  return 3;
}

/// The state that a manifest's key says; nullopt for other objects.
std::optional<record::ManifestState> manifest_state_of(const store::ObjectInfo& info) {
  if (!info.uri.key.ends_with("/manifest.json")) return std::nullopt;
  const auto key = record::parse_manifest_key(info.uri.key);
  return key ? key->state : std::nullopt;
}

}  // namespace

Result<> for_each_arc_state(store::ObjectStore& store, const Uri& prefix, lot::LotId lot,
                            const std::function<Result<>(const ArcLot&)>& take) {
  Result<> taken;
  auto listed = store::for_each_object(store, prefix, [&](const store::ObjectInfo& info) {
    if (taken) taken = take_arc_state(lot, info, take);
  });
  if (!listed && listed.error().code != FailureCode::NotFound) return listed;
  return taken;
}

Result<> for_each_arc_lot(store::ObjectStore& store, const flow::ArcRef& arc,
                          const LotWindow& window,
                          const std::function<Result<>(const ArcLot&)>& take,
                          const Broken& broken) {
  const auto& places = arc.project->places;
  const auto& project = arc.project->plan.project;
  std::unordered_set<lot::LotId> claimed;
  auto walked = window.for_each_key(store, places.claims_prefix(project, arc.arc->name),
                                    [&](lot::LotId lot, const store::ObjectInfo& info) -> Result<> {
                                      auto taken =
                                          take_claimed_lot(store, info.uri, lot, take, broken);
                                      if (!taken) return pass(std::move(taken));
                                      if (*taken) claimed.insert(lot);
                                      return {};
                                    });
  if (!walked) return walked;
  return window.for_each_key(store, places.arc_state_path(project, arc.arc->name, std::nullopt),
                             [&](lot::LotId lot, const store::ObjectInfo& info) -> Result<> {
                               return claimed.contains(lot) ? Result<>()
                                                            : take_arc_state(lot, info, take);
                             });
}

Result<std::optional<DatasetLot>> dataset_lot_of(store::ObjectStore& store,
                                                 const record::Places& places,
                                                 const model::DatasetId& dataset, lot::LotId lot) {
  std::optional<DatasetLot> found;
  Uri prefix = places.manifests_prefix(dataset);
  prefix.key += "lot=" + lot.to_string() + "/";
  auto listed = store::for_each_object(store, prefix, [&](const store::ObjectInfo& info) {
    const auto state = manifest_state_of(info);
    if (state && (!found || rank(*state) < rank(found->state))) {
      found = DatasetLot{lot, *state, info.modified};
    }
  });
  if (!listed && listed.error().code != FailureCode::NotFound) return pass(std::move(listed));
  return found;
}

Result<std::vector<DatasetLot>> dataset_lots_of(store::ObjectStore& store,
                                                const record::Places& places,
                                                const model::DatasetId& dataset,
                                                const LotWindow& window) {
  std::vector<DatasetLot> lots;
  auto walked = window.for_each_key(store, places.manifests_prefix(dataset),
                                    [&](lot::LotId lot, const store::ObjectInfo& info) -> Result<> {
                                      const auto state = manifest_state_of(info);
                                      if (!state) return {};
                                      if (lots.empty() || lots.back().lot != lot) {
                                        lots.push_back({lot, *state, info.modified});
                                      } else if (rank(*state) < rank(lots.back().state)) {
                                        lots.back() = {lot, *state, info.modified};
                                      }
                                      return {};
                                    });
  if (!walked) return pass(std::move(walked));
  return lots;
}

}  // namespace cls::operate
