// SPDX-License-Identifier: Apache-2.0
// SimQueue: the index of lots to look at, as local/queue.h has it, in memory.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "flow/claim_notes.h"
#include "lot/lot_id.h"

namespace cls::sim {

/// The sweeps' notes, which lie in the same index, as local/claim_index.h has them.
class SimNotes final : public flow::ClaimNotes {
 public:
  explicit SimNotes(const Clock& clock) : clock_(&clock) {}
  std::optional<std::string> find(const store::ObjectInfo& info) override;
  void keep(const store::ObjectInfo& info, const std::string& note) override;
  void clear() { notes_.clear(); }
  /// Every one is cut off or garbled, in a way of its own.
  void spoil();

 private:
  struct Note {
    std::uint64_t size = 0;
    Instant modified;
    std::string text;
  };
  const Clock* clock_;
  std::map<Uri, Note> notes_;
};

class SimQueue {
 public:
  using Item = std::pair<std::string, lot::LotId>;  ///< arc and lot

  /// Due at once; what is being worked on is looked at again when its run ends.
  void push(const Item& item);
  /// The next item of `arcs` that is due; of those in `ordered` only the oldest lot.
  std::optional<Item> take(const std::string& by, const std::set<std::string>& arcs,
                           const std::set<std::string>& ordered, Instant now);
  void done(const Item& item);
  void later(const Item& item, Instant at);
  void free_dead(const std::function<bool(const std::string&)>& lives);
  /// When the next one of `arcs` that nobody works on is due; of those in `ordered` the oldest lot
  /// alone counts.
  std::optional<Instant> next_due(const std::set<std::string>& arcs,
                                  const std::set<std::string>& ordered = {}) const;
  bool empty() const { return entries_.empty(); }
  /// True if no lot of these arcs is to be looked at, or at work.
  bool empty_of(const std::set<std::string>& arcs) const;
  void clear() { entries_.clear(); }
  /// The most lots of an arc that ever were to be looked at, or at work, at once.
  std::size_t most(const std::string& arc) const;
  /// How many of them there are.
  std::size_t size(const std::string& arc) const;
  std::string to_string() const;

 private:
  struct Entry {
    Instant due;
    std::string taken_by;
    bool again = false;
  };
  std::map<std::string, std::map<lot::LotId, Entry>> entries_;  // by arc; none is empty
  std::map<std::string, std::size_t> most_;
};

}  // namespace cls::sim
