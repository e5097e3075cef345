// SPDX-License-Identifier: Apache-2.0
#include "base/text_blocks.h"

#include <algorithm>
#include <limits>
#include <new>
#include <sys/mman.h>

#include "base/error.h"

namespace cls {

namespace {

/// Up to here texts stay in the buffer that grows: most lists are short.
constexpr std::size_t first_limit = std::size_t{1} << 16U;

}  // namespace

void TextBlocks::Unmap::operator()(char* block) const {
  ::munmap(block, size);
}

TextBlocks::Block TextBlocks::map(std::size_t size) {
  void* block = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) throw std::bad_alloc();
  return {static_cast<char*>(block), Unmap{size}};
}

TextBlocks::Place TextBlocks::add(std::string_view text) {
  if (blocks_.empty() && first_.size() + text.size() <= first_limit) {
    const std::size_t at = first_.size();
    first_ += text;
    return at;
  }
  if (blocks_.empty() || used_ >= stride || used_ + text.size() > stride) {
    const std::size_t size = std::max(stride, text.size());
    blocks_.push_back(map(size));
    taken_ += size;
    used_ = 0;
  }
  const std::size_t at = used_;
  std::ranges::copy(text, blocks_.back().get() + at);
  used_ += text.size();
  return blocks_.size() * stride + at;
}

const char* TextBlocks::at(Place place) const {
  const std::size_t block = place / stride;
  const char* begin = block == 0 ? first_.data() : blocks_[block - 1].get();
  return begin + place % stride;
}

void TextOrder::add(std::string_view text) {
  if (entries_.size() >= std::numeric_limits<std::uint32_t>::max() ||
      text.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw Error("more texts than can be sorted");
  }
  sorted_ = sorted_ && (entries_.empty() || text_of(entries_.back()) <= text);
  entries_.push_back({.place = texts_.add(text),
                      .size = static_cast<std::uint32_t>(text.size()),
                      .number = static_cast<std::uint32_t>(entries_.size())});
}

void TextOrder::sort() {
  if (sorted_) return;
  std::ranges::sort(entries_, [this](const Entry& a, const Entry& b) {
    const int order = text_of(a).compare(text_of(b));
    return order != 0 ? order < 0 : a.number < b.number;
  });
  sorted_ = true;
}

std::string_view TextOrder::text(std::size_t i) const {
  return text_of(entries_[i]);
}

}  // namespace cls
