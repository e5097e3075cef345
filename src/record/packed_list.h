// SPDX-License-Identifier: Apache-2.0
// PackedList: a list of records in a fraction of the memory that structs of texts take.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text_blocks.h"
#include "json/fields.h"
#include "record/packed_rows.h"

namespace cls::record {

/// Walks a list whose elements are made when they are looked at: an element is there until the next
/// step. `List::get(i, value)` makes one.
template <class List>
class MadeIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = typename List::value_type;
  using difference_type = std::ptrdiff_t;
  using reference = const value_type&;
  using pointer = const value_type*;

  MadeIterator() = default;
  MadeIterator(const List* list, std::size_t i) : list_(list), i_(i) {}

  reference operator*() const {
    if (made_ != i_) list_->get(i_, value_);
    made_ = i_;
    return value_;
  }
  pointer operator->() const { return &**this; }
  MadeIterator& operator++() {
    ++i_;
    return *this;
  }
  MadeIterator operator++(int) {
    MadeIterator before = *this;
    ++i_;
    return before;
  }
  bool operator==(const MadeIterator& other) const { return i_ == other.i_; }

 private:
  const List* list_ = nullptr;
  std::size_t i_ = 0;
  mutable std::size_t made_ = ~std::size_t{0};
  mutable value_type value_{};
};

/// A list of records (structs with `fields`) that holds each as one short text: 8 bytes and what
/// its texts differ in. Elements are values that are made when they are asked for. Read by any
/// number of threads, changed by one.
template <json::Record T>
class PackedList {
 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = const T&;
  using const_reference = const T&;
  using iterator = MadeIterator<PackedList>;
  using const_iterator = iterator;

  PackedList() = default;
  PackedList(std::initializer_list<T> values) {
    for (const auto& value : values) push_back(value);
  }
  PackedList(const std::vector<T>& values) {  // NOLINT(google-explicit-constructor): is the same
    for (const auto& value : values) push_back(value);
  }
  PackedList(const PackedList& other) { *this = other; }
  PackedList& operator=(const PackedList& other) {
    if (this == &other) return *this;
    clear();
    resize(other.size());
    for (std::size_t i = 0; i < other.size(); ++i) {
      if (other.is_set(i)) set(i, other[i]);
    }
    return *this;
  }
  PackedList(PackedList&&) noexcept = default;
  PackedList& operator=(PackedList&&) noexcept = default;
  ~PackedList() = default;

  std::size_t size() const { return starts_.size(); }
  bool empty() const { return starts_.empty(); }
  /// What it takes, but for the words that its texts share.
  std::size_t bytes() const { return rows_.bytes() + starts_.capacity() * sizeof(Start); }

  // const, so that nobody changes a copy and believes that he changed the list: see set().
  // NOLINTBEGIN(readability-const-return-type)
  const T operator[](std::size_t i) const {
    T value{};
    get(i, value);
    return value;
  }
  const T at(std::size_t i) const {
    static_cast<void>(starts_.at(i));
    return (*this)[i];
  }
  const T front() const { return at(0); }
  const T back() const { return at(size() - 1); }
  // NOLINTEND(readability-const-return-type)
  /// The same into a value that is there: its texts keep their memory.
  void get(std::size_t i, T& value) const {
    if (!is_set(i)) {
      value = T{};
      return;
    }
    RowUnpacker row(rows_.at(starts_[i]), words_.get());
    unpack(row, value);
  }
  iterator begin() const { return {this, 0}; }
  iterator end() const { return {this, size()}; }

  void reserve(std::size_t count) { starts_.reserve(count); }
  void push_back(const T& value) {
    const Start start = packed(value);
    starts_.push_back(start);
  }
  void pop_back() { starts_.pop_back(); }
  void clear() { *this = PackedList(); }
  /// Adds elements that are not set, or takes some away.
  void resize(std::size_t count) { starts_.resize(count, none); }
  bool is_set(std::size_t i) const { return starts_[i] != none; }
  /// What stood there before still takes its memory.
  void set(std::size_t i, const T& value) { starts_[i] = packed(value); }
  /// Takes away what was never set.
  void drop_unset() { std::erase(starts_, none); }
  template <class Predicate>
  void erase_if(Predicate&& predicate) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      if (!predicate((*this)[i])) starts_[kept++] = starts_[i];
    }
    starts_.resize(kept);
  }
  /// Adds the elements of another list, which is empty then.
  void append(PackedList&& other) {
    if (empty()) {
      *this = std::exchange(other, {});
      return;
    }
    for (const auto& value : other) push_back(value);
    other.clear();
  }
  /// Puts the element that is at `order[i]` to i; the order names each once.
  void reorder(const std::vector<std::uint32_t>& order) {
    std::vector<Start> starts;
    starts.reserve(order.size());
    for (const std::uint32_t i : order) starts.push_back(starts_[i]);
    starts_ = std::move(starts);
  }

  friend bool operator==(const PackedList& a, const PackedList& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!(a[i] == b[i])) return false;
    }
    return true;
  }

 private:
  using Start = TextBlocks::Place;
  static constexpr Start none = ~Start{0};
  /// From so many elements on words are looked for: what they are kept in takes some memory too.
  static constexpr std::size_t with_words = 8;

  Start packed(const T& value) {
    if (!words_ && ++packed_ > with_words) words_ = std::make_unique<PackedWords>();
    row_.clear();
    RowPacker row(row_, words_.get());
    pack(row, value);
    return rows_.add(row_);
  }
  template <class V>
  static void pack(RowPacker& row, const V& value) {
    if constexpr (json::Record<V>) {
      std::apply([&](const auto&... field) { (pack(row, value.*(field.member)), ...); }, V::fields);
    } else {
      row.put(value);
    }
  }
  template <class V>
  static void unpack(RowUnpacker& row, V& value) {
    if constexpr (json::Record<V>) {
      std::apply([&](const auto&... field) { (unpack(row, value.*(field.member)), ...); },
                 V::fields);
    } else {
      row.get(value);
    }
  }

  TextBlocks rows_;
  std::vector<Start> starts_;
  std::unique_ptr<PackedWords> words_;
  std::size_t packed_ = 0;
  std::string row_;  // is packed
};

}  // namespace cls::record
