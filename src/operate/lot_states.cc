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

Result<> for_each_arc_lot(store::ObjectStore& store, const flow::ArcRef& arc,
                          const LotWindow& window,
                          const std::function<Result<>(const ArcLot&)>& take,
                          const Broken& broken) {
  const auto& places = arc.project->places;
  const auto& project = arc.project->plan.project;
  std::unordered_set<lot::LotId> claimed;
  auto walked =
      window.for_each_key(store, places.claims_prefix(project, arc.arc->name),
                          [&](lot::LotId lot, const store::ObjectInfo& info) -> Result<> {
                            auto stored = flow::read_claim(store, info.uri);
                            if (!stored && !is_of_record(stored.error()))
                              return pass(std::move(stored));
                            if (stored && !*stored) return {};
                            claimed.insert(lot);
                            if (!stored) {
                              broken(info.uri, stored.error());
                              return take({.lot = lot});
                            }
                            const record::Claim& claim = (*stored)->claim;
                            return take({.lot = lot, .state = state_of(claim), .claim = &claim});
                          });
  if (!walked) return walked;
  return window.for_each_key(store, places.arc_state_path(project, arc.arc->name, std::nullopt),
                             [&](lot::LotId lot, const store::ObjectInfo& info) -> Result<> {
                               if (claimed.contains(lot)) return {};
                               const auto key = record::parse_arc_state_key(info.uri.key);
                               if (!key || !key->state) return {};
                               return take({.lot = lot, .state = state_of(*key->state)});
                             });
}

Result<std::vector<DatasetLot>> dataset_lots_of(store::ObjectStore& store,
                                                const record::Places& places,
                                                const model::DatasetId& dataset,
                                                const LotWindow& window) {
  std::vector<DatasetLot> lots;
  auto walked = window.for_each_key(store, places.manifests_prefix(dataset),
                                    [&](lot::LotId lot, const store::ObjectInfo& info) -> Result<> {
                                      if (!info.uri.key.ends_with("/manifest.json")) return {};
                                      const auto key = record::parse_manifest_key(info.uri.key);
                                      if (!key || !key->state) return {};
                                      if (lots.empty() || lots.back().lot != lot) {
                                        lots.push_back({lot, *key->state, info.modified});
                                        return {};
                                      }
                                      // Where several stand side by side, complete counts first,
                                      // then empty, then partial.
                                      constexpr auto rank = [](record::ManifestState state) {
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
                                      };
                                      if (rank(*key->state) < rank(lots.back().state)) {
                                        lots.back() = {lot, *key->state, info.modified};
                                      }
                                      return {};
                                    });
  if (!walked) return pass(std::move(walked));
  return lots;
}

}  // namespace cls::operate
