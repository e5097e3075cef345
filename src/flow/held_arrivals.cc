// SPDX-License-Identifier: Apache-2.0
#include "flow/held_arrivals.h"

#include <algorithm>

#include "base/error.h"

namespace cls::flow {

HeldArrivals::HeldArrivals(Uri path, lot::LotUnit unit, const Limits& limits)
    : HeldArrivals(std::move(path), unit, limits,
                   [hash = SeededHash(), mask = limits.hash_mask](std::string_view uri) {
                     return hash.of64(uri) & mask;
                   }) {}

HeldArrivals::HeldArrivals(Uri path, lot::LotUnit unit, const Limits& limits, Hash hash)
    : path_(std::move(path)),
      unit_(unit),
      small_batch_(limits.small_batch),
      gathered_(limits.gathered),
      hash_(std::move(hash)) {}

/// The batch that has the id; the end where there is none any longer.
std::vector<HeldArrivals::Kept>::const_iterator HeldArrivals::kept_of(Id id) const {
  auto after = std::ranges::upper_bound(kept_, id, {}, &Kept::base);
  if (after == kept_.begin()) return kept_.end();
  --after;
  return id - after->base < after->batch.size() ? after : kept_.end();
}
std::vector<HeldArrivals::Kept>::iterator HeldArrivals::kept_of(Id id) {
  return kept_.begin() + (std::as_const(*this).kept_of(id) - kept_.cbegin());
}

/// A batch at the end with ids for `count` more.
HeldArrivals::Kept& HeldArrivals::place_for(std::size_t count) {
  const bool small = count < small_batch_;
  if (small && tail_is_open_ && kept_.back().batch.size() + count <= gathered_) return kept_.back();
  const std::size_t room = small ? gathered_ : count;
  if (free_ + room >= none) rebuild();
  if (free_ + room >= none) throw Error("more objects are held than a boundary can number");
  kept_.push_back({.base = static_cast<Id>(free_), .batch = ArrivalBatch(path_), .live = 0});
  free_ += room;
  tail_is_open_ = small;
  return kept_.back();
}

HeldArrivals::Id HeldArrivals::keep(ArrivalBatch arrivals) {
  const std::size_t count = arrivals.size();
  if (count == 0) return 0;
  Kept& kept = place_for(count);
  const Id first = kept.base + static_cast<Id>(kept.batch.size());
  if (kept.batch.empty() && count >= small_batch_) {
    kept.batch = std::move(arrivals);
  } else {
    kept.batch.append(arrivals);
  }
  kept.live += count;
  return first;
}

void HeldArrivals::hold(Id id, const lot::LotId& lot) {
  const auto kept = kept_of(id);
  const std::size_t at = id - kept->base;
  Lot& group = lots_[lot];
  // An object that is overwritten again and again leaves an id each time.
  if (group.ids.size() > 2 * group.live + small_batch_) {
    std::erase_if(group.ids, [this](Id one) { return !is_live(one); });
  }
  group.ids.push_back(id);
  ++group.live;
  group.last_seen = std::max(group.last_seen, kept->batch.first_seen(at));
  index_.insert(
      {.uri = hash_(kept->batch.uri(at)), .id = id, .lot = static_cast<std::int32_t>(lot.index())});
}

const HeldArrivals::Slot* HeldArrivals::slot_of(Id id) const {
  const auto kept = kept_of(id);
  const std::string uri = kept->batch.uri(id - kept->base);
  return index_.find(hash_(uri), [id](const Slot& slot) { return slot.id == id; });
}

void HeldArrivals::let_go(Id id) {
  if (const Slot* slot = slot_of(id)) {
    const auto lot = lots_.find(lot::LotId::from_index(unit_, slot->lot));
    index_.erase(slot);
    if (--lot->second.live == 0) lots_.erase(lot);
  }
  const auto kept = kept_of(id);
  kept->batch.set_gone(id - kept->base);
  if (--kept->live > 0) return;
  if (kept + 1 == kept_.end()) tail_is_open_ = false;
  kept_.erase(kept);
}

std::vector<HeldArrivals::Id> HeldArrivals::loosen() {
  std::vector<Id> loose;
  loose.reserve(index_.size());
  for (const auto& [lot, group] : lots_) {
    std::ranges::copy_if(group.ids, std::back_inserter(loose), [&](Id id) { return is_live(id); });
  }
  lots_.clear();
  index_.clear();
  return loose;
}

std::optional<HeldArrivals::Held> HeldArrivals::find(std::string_view uri) const {
  const Slot* slot = index_.find(hash_(uri), [&](const Slot& one) {
    const auto kept = kept_of(one.id);
    return kept->batch.uri(one.id - kept->base) == uri;
  });
  if (slot == nullptr) return std::nullopt;
  return Held{slot->id, lot::LotId::from_index(unit_, slot->lot)};
}

bool HeldArrivals::is_live(Id id) const {
  const auto kept = kept_of(id);
  return kept != kept_.end() && !kept->batch.is_gone(id - kept->base);
}

Arrival HeldArrivals::at(Id id) const {
  const auto kept = kept_of(id);
  return kept->batch.at(id - kept->base);
}

void HeldArrivals::set_first_seen(Id id, Instant seen) {
  const auto kept = kept_of(id);
  kept->batch.set_first_seen(id - kept->base, seen);
}

void HeldArrivals::tidy() {
  std::size_t there = 0;
  for (const auto& kept : kept_) there += kept.batch.size();
  if (there > 4 * size() + gathered_) rebuild();
}

/// What is held moves into one new batch, in the order of the old ones.
void HeldArrivals::rebuild() {
  ArrivalBatch fresh(path_);
  std::vector<std::pair<Id, std::vector<Id>>> moved;  // base → new ids
  for (const auto& kept : kept_) {
    auto& ids = moved.emplace_back(kept.base, std::vector<Id>(kept.batch.size(), none)).second;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (kept.batch.is_gone(i)) continue;
      ids[i] = static_cast<Id>(fresh.size());
      fresh.add(kept.batch, i);
    }
  }
  const auto new_id = [&](Id id) {
    auto after = std::ranges::upper_bound(moved, id, {}, &std::pair<Id, std::vector<Id>>::first);
    if (after == moved.begin()) return none;
    --after;
    return id - after->first < after->second.size() ? after->second[id - after->first] : none;
  };
  index_.for_each([&](Slot& slot) { slot.id = new_id(slot.id); });
  for (auto& [lot, group] : lots_) {
    for (Id& id : group.ids) id = new_id(id);
    std::erase(group.ids, none);
  }
  kept_.clear();
  tail_is_open_ = false;
  free_ = fresh.size();
  const std::size_t live = fresh.size();
  if (live > 0) kept_.push_back({.base = 0, .batch = std::move(fresh), .live = live});
}

}  // namespace cls::flow
