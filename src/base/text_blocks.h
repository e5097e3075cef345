// SPDX-License-Identifier: Apache-2.0
// TextBlocks: many texts one after another in little memory. TextOrder: sorts such texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cls {

/// Holds bytes until it is destroyed. A few lie in one buffer that grows; more in blocks that never
/// move, are taken from the system one by one and go back to it at once, whatever else is in
/// memory.
class TextBlocks {
 public:
  using Place = std::uint64_t;

  TextBlocks() = default;
  TextBlocks(TextBlocks&&) noexcept = default;
  TextBlocks& operator=(TextBlocks&&) noexcept = default;
  TextBlocks(const TextBlocks&) = delete;
  TextBlocks& operator=(const TextBlocks&) = delete;
  ~TextBlocks() = default;

  /// Copies a text of any length; where it is from now on. Places ascend.
  Place add(std::string_view text);
  /// Valid until the next add().
  const char* at(Place place) const;
  std::string_view at(Place place, std::size_t size) const { return {at(place), size}; }
  /// Greater than every place up to now.
  Place end() const { return blocks_.empty() ? first_.size() : blocks_.size() * stride + used_; }
  /// What was taken for texts.
  std::size_t bytes() const { return taken_ + first_.capacity(); }

  /// A block; a longer text has one for itself. Places of the next one begin so much further on.
  static constexpr std::size_t stride = std::size_t{1} << 20U;

 private:
  struct Unmap {
    std::size_t size = 0;
    void operator()(char* block) const;
  };
  using Block = std::unique_ptr<char, Unmap>;
  static Block map(std::size_t size);

  std::string first_;          // block 0
  std::vector<Block> blocks_;  // from 1 on
  std::size_t used_ = 0;       // of the last of them
  std::size_t taken_ = 0;
};

/// Sorts texts by their bytes, each with the number of its add(); equal ones stay in that order.
/// Some 24 bytes and the text for each. Texts that come sorted are not sorted again.
class TextOrder {
 public:
  void add(std::string_view text);
  void sort();
  std::size_t size() const { return entries_.size(); }
  /// After sort(), in its order.
  std::string_view text(std::size_t i) const;
  std::uint32_t number(std::size_t i) const { return entries_[i].number; }

 private:
  struct Entry {
    TextBlocks::Place place = 0;
    std::uint32_t size = 0;
    std::uint32_t number = 0;
  };
  std::string_view text_of(const Entry& entry) const { return texts_.at(entry.place, entry.size); }

  TextBlocks texts_;
  std::vector<Entry> entries_;
  bool sorted_ = true;
};

}  // namespace cls
