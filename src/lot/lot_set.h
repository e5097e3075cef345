// SPDX-License-Identifier: Apache-2.0
// LotSet: a compressed set of lots of one unit, with set algebra and a text form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lot/lot_chunk.h"
#include "lot/lot_id.h"
#include "lot/lot_range.h"

namespace cls::lot {

/// Lots of one unit; the empty set has none. Mixing units is never silent: inserting a lot of
/// another unit, and |, &, - of two sets of different units, throw Error; the named functions
/// set_union … return Invalid instead. contains() of a lot of another unit is false, erase() of one
/// does nothing. Inserting and finding take time logarithmic in the number of chunks (4096 lots).
/// Iterators and runs() hold only while the set lives unchanged.
class LotSet {
 public:
  class Iterator;
  class RunIterator;
  class Runs;
  using iterator = Iterator;
  using const_iterator = Iterator;
  using value_type = LotId;

  LotSet() = default;
  static LotSet of(std::initializer_list<LotId> lots);
  static LotSet of(const std::vector<LotId>& lots);
  static LotSet of(const LotRange& range);
  /// Reads ranges and lots with commas between, in any order, overlapping or not; no spaces. The
  /// empty text is the empty set.
  static Result<LotSet> parse(std::string_view text);
  /// The longest runs in time order: `20230101PT5M000..20230101PT5M287,20230103PT5M004`.
  std::string to_string() const;

  void insert(LotId lot);
  void insert(const LotRange& range);
  void erase(LotId lot);
  void erase(const LotRange& range);
  bool contains(LotId lot) const;

  std::optional<LotUnit> unit() const { return unit_; }
  std::uint64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::optional<LotId> first() const;
  std::optional<LotId> last() const;

  /// The lots in time order.
  Iterator begin() const;
  Iterator end() const;
  /// The longest runs of consecutive lots in time order, as LotRanges.
  Runs runs() const;

  /// Bytes held, the object itself included; what the allocator adds is estimated.
  std::size_t memory_bytes() const;

  bool operator==(const LotSet&) const = default;

  /// Invalid where the units of two sets that are not empty differ.
  friend Result<LotSet> set_union(const LotSet& a, const LotSet& b);
  friend Result<LotSet> set_intersection(const LotSet& a, const LotSet& b);
  friend Result<LotSet> set_difference(const LotSet& a, const LotSet& b);

 private:
  /// Indices [first, last].
  struct Span {
    std::int64_t first = 0;
    std::int64_t last = 0;
  };
  static constexpr std::int64_t before_all = std::numeric_limits<std::int64_t>::min();

  template <class Combine>
  static LotSet combined(const LotSet& a, const LotSet& b, Combine combine);
  void use_unit_of(LotId lot);
  void insert_span(Span span);
  void erase_span(Span span);
  /// What is at or after `index` of the first run that reaches it.
  std::optional<Span> span_from(std::int64_t index) const;

  std::optional<LotUnit> unit_;
  std::uint64_t count_ = 0;
  std::map<std::int64_t, LotChunk> chunks_;  ///< by index / 4096; none of them is empty
};

Result<LotSet> set_union(const LotSet& a, const LotSet& b);
Result<LotSet> set_intersection(const LotSet& a, const LotSet& b);
Result<LotSet> set_difference(const LotSet& a, const LotSet& b);
LotSet operator|(const LotSet& a, const LotSet& b);
LotSet operator&(const LotSet& a, const LotSet& b);
LotSet operator-(const LotSet& a, const LotSet& b);

/// Goes through the longest runs of a set.
class LotSet::RunIterator {
 public:
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = LotRange;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = LotRange;

  RunIterator() = default;
  explicit RunIterator(const LotSet& set);
  LotRange operator*() const;
  RunIterator& operator++();
  RunIterator operator++(int);
  bool operator==(const RunIterator& other) const { return first_ == other.first_; }

 private:
  friend class LotSet::Iterator;
  void move_to(std::optional<Span> span);
  static constexpr std::int64_t at_end = std::numeric_limits<std::int64_t>::max();
  const LotSet* set_ = nullptr;
  std::int64_t first_ = at_end;
  std::int64_t last_ = at_end;
};

/// Goes through the lots of a set.
class LotSet::Iterator {
 public:
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = LotId;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = LotId;

  Iterator() = default;
  explicit Iterator(const LotSet& set);
  LotId operator*() const;
  Iterator& operator++();
  Iterator operator++(int);
  bool operator==(const Iterator& other) const { return index_ == other.index_; }

 private:
  RunIterator run_;
  std::int64_t index_ = RunIterator::at_end;
};

class LotSet::Runs {
 public:
  explicit Runs(const LotSet& set) : set_(&set) {}
  RunIterator begin() const { return RunIterator(*set_); }
  RunIterator end() const { return {}; }

 private:
  const LotSet* set_;
};

inline LotSet::Iterator LotSet::begin() const {
  return Iterator(*this);
}
inline LotSet::Iterator LotSet::end() const {
  return {};
}
inline LotSet::Runs LotSet::runs() const {
  return Runs(*this);
}

}  // namespace cls::lot
