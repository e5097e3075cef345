// SPDX-License-Identifier: Apache-2.0
// HeldArrivals: what a boundary holds in memory until the lots are closed: by lot, and by URI.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/seeded_hash.h"
#include "flow/arrivals.h"
#include "flow/flat_table.h"
#include "flow/limits.h"
#include "lot/lot_id.h"

namespace cls::flow {

/// Some 80 bytes and the name per object. Not thread-safe.
class HeldArrivals {
 public:
  /// Names an arrival until it is let go, or tidy() moves it.
  using Id = std::uint32_t;
  using Hash = std::function<std::uint64_t(std::string_view)>;
  struct Lot {
    std::vector<Id> ids;   ///< in the order held; of those let go too: see is_live()
    std::size_t live = 0;  ///< never 0
    Instant last_seen{};   ///< of all that ever came for it
  };
  struct Held {
    Id id = 0;
    lot::LotId lot;
  };

  /// All lots are of `unit`. URIs that have one hash are told apart.
  HeldArrivals(Uri path, lot::LotUnit unit, const Limits& limits = {});
  HeldArrivals(Uri path, lot::LotUnit unit, const Limits& limits, Hash hash);

  /// Takes a batch: its arrivals are the ids from the one returned on. Each is loose until hold()
  /// or let_go().
  Id keep(ArrivalBatch arrivals);
  /// Puts a loose one into a lot; nothing with its URI may be held.
  void hold(Id id, const lot::LotId& lot);
  /// Forgets a loose or a held one.
  void let_go(Id id);
  /// Empties all lots; what was held is loose.
  std::vector<Id> loosen();

  std::optional<Held> find(std::string_view uri) const;
  bool is_live(Id id) const;
  Arrival at(Id id) const;
  void set_first_seen(Id id, Instant seen);
  const std::map<lot::LotId, Lot>& lots() const { return lots_; }
  /// How many are held.
  std::size_t size() const { return index_.size(); }
  bool empty() const { return index_.size() == 0; }

  /// Gives memory back where most of it is of what was let go. Nothing may be loose.
  void tidy();

 private:
  struct Kept {
    Id base = 0;
    ArrivalBatch batch;
    std::size_t live = 0;
  };
  struct Slot {
    std::uint64_t uri = 0;
    Id id = none;
    std::int32_t lot = 0;  // its index
    bool is_empty() const { return id == none; }
    std::uint64_t hash() const { return uri; }
  };
  static constexpr Id none = ~Id{0};

  std::vector<Kept>::iterator kept_of(Id id);
  std::vector<Kept>::const_iterator kept_of(Id id) const;
  const Slot* slot_of(Id id) const;
  Kept& place_for(std::size_t count);
  void rebuild();

  Uri path_;
  lot::LotUnit unit_;
  std::size_t small_batch_;
  std::size_t gathered_;
  Hash hash_;
  std::vector<Kept> kept_;     // by base
  std::uint64_t free_ = 0;     // the first id that no batch has
  bool tail_is_open_ = false;  // the last batch takes small ones
  std::map<lot::LotId, Lot> lots_;
  FlatTable<Slot> index_;
};

}  // namespace cls::flow
