// SPDX-License-Identifier: Apache-2.0
// The ledger lines that a boundary writes of its arrivals. For boundary*.cc only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "flow/arrivals.h"
#include "record/ledger.h"

namespace cls::flow {

/// Why an object vanished.
inline constexpr std::string_view overwritten_early = "overwritten before its lot was closed";

inline record::LedgerLine line_of(Arrival arrival, std::string own_lot, std::string lot,
                                  record::Decision decision,
                                  std::optional<std::string> reason = std::nullopt) {
  return {.uri = arrival.uri.to_string(),
          .object = std::move(arrival.version),
          .firstSeen = format_instant(arrival.first_seen),
          .ownLot = std::move(own_lot),
          .lot = std::move(lot),
          .decision = decision,
          .reason = std::move(reason)};
}

}  // namespace cls::flow
