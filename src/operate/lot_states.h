// SPDX-License-Identifier: Apache-2.0
// The states of the lots of an arc or a dataset, as the records say. They read, and never write.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/result.h"
#include "flow/deployment.h"
#include "json/names.h"
#include "operate/lot_window.h"
#include "record/claim.h"
#include "store/object_store.h"

namespace cls::operate {

/// How an arc's lot stands; the reference's arc states, and `retrying`.
enum class ArcLotState : std::uint8_t { running, retrying, partial, missing, complete };

/// Told of a record that cannot be read; the walk goes on.
using Broken = std::function<void(const Uri&, const Failure&)>;

/// True for what is wrong with one record (malformed, of a newer format, no permission), rather
/// than with the store.
bool is_of_record(const Failure& failure);

/// A lot of an arc. Valid during the call that hands it over.
struct ArcLot {
  lot::LotId lot;
  std::optional<ArcLotState> state = {};  ///< nullopt: its claim cannot be read
  const record::Claim* claim = nullptr;   ///< null: unreadable, or a lot of the reference
};

/// Reads the claim that a listing found and hands its lot over; a claim that cannot be read is told
/// and its lot handed over without a state. False where it is gone.
Result<bool> take_claimed_lot(store::ObjectStore& store, const Uri& claim, lot::LotId lot,
                              const std::function<Result<>(const ArcLot&)>& take,
                              const Broken& broken);

/// The same for the .arc objects of a lot without a claim that lie below `prefix`.
Result<> for_each_arc_state(store::ObjectStore& store, const Uri& prefix, lot::LotId lot,
                            const std::function<Result<>(const ArcLot&)>& take);

/// Calls `take` with every lot of the window: first those with a claim, in key order, then the
/// .arc objects of lots without one. A store that does not answer is a failure.
Result<> for_each_arc_lot(store::ObjectStore& store, const flow::ArcRef& arc,
                          const LotWindow& window,
                          const std::function<Result<>(const ArcLot&)>& take, const Broken& broken);

/// A lot of a dataset, and its manifest that counts: complete, else empty, else partial, else
/// removed.
struct DatasetLot {
  lot::LotId lot;
  record::ManifestState state = record::ManifestState::complete;
  Instant modified;  ///< of that manifest, by the store's clock
};

/// One lot; nullopt where it has no manifest.
Result<std::optional<DatasetLot>> dataset_lot_of(store::ObjectStore& store,
                                                 const record::Places& places,
                                                 const model::DatasetId& dataset, lot::LotId lot);

/// The lots of the window with any manifest, in the order of their ids' texts.
Result<std::vector<DatasetLot>> dataset_lots_of(store::ObjectStore& store,
                                                const record::Places& places,
                                                const model::DatasetId& dataset,
                                                const LotWindow& window);

}  // namespace cls::operate

namespace cls::json {
template <>
inline constexpr auto names_of<operate::ArcLotState> =
    Names<operate::ArcLotState, 5>{{{operate::ArcLotState::running, "running"},
                                    {operate::ArcLotState::retrying, "retrying"},
                                    {operate::ArcLotState::partial, "partial"},
                                    {operate::ArcLotState::missing, "missing"},
                                    {operate::ArcLotState::complete, "complete"}}};
}  // namespace cls::json
