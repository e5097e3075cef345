// SPDX-License-Identifier: Apache-2.0
#include "record/packed_rows.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "base/time.h"

namespace cls::record {

namespace {

/// How a text is packed; stands in the lowest bits of the number before it.
enum class Kind : std::uint8_t {
  absent,
  plain,    ///< its bytes
  hex,      ///< bytes, then so many pairs of hex digits
  instant,  ///< bytes, then a time as format_instant() writes it
  word,     ///< the number of a word
  below     ///< the number of a word, then one of the first four kinds
};
constexpr unsigned kind_bits = 3;
constexpr unsigned number_bits = 7;
constexpr std::uint64_t more = 0x80;

constexpr std::size_t most_words = 4096;
constexpr std::size_t longest_word = 512;
/// Fewer hex digits are not worth it.
constexpr std::size_t least_hex = 16;
constexpr std::size_t instant_size = 30;  // 2023-01-01T00:00:00.000000000Z
constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}
unsigned value_of(char digit) {
  return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

std::uint64_t head(Kind kind, std::size_t number) {
  return std::uint64_t{number} << kind_bits | static_cast<std::uint64_t>(kind);
}

}  // namespace

std::optional<std::uint32_t> PackedWords::find_or_add(std::string_view text, Add add) {
  if (text.size() > longest_word) return std::nullopt;
  const auto found = numbers_.find(text);
  if (found != numbers_.end()) return found->second;
  if (words_.size() == most_words) return std::nullopt;
  if (add == Add::SecondTime) {
    const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>()(text)) | 1U;
    auto& seen = seen_[(hash >> 1U) % seen_.size()];
    if (seen != hash) {
      seen = hash;
      return std::nullopt;
    }
  }
  const auto number = static_cast<std::uint32_t>(words_.size());
  numbers_.emplace(words_.emplace_back(text), number);
  return number;
}

void RowPacker::put(std::uint64_t number) {
  for (; number >= more; number >>= number_bits) {
    bytes_ += static_cast<char>((number & (more - 1)) | more);
  }
  bytes_ += static_cast<char>(number);
}

void RowPacker::put(const std::optional<std::string>& text) {
  if (text) {
    put(std::string_view(*text));
  } else {
    put(head(Kind::absent, 0));
  }
}

void RowPacker::put(std::string_view text) {
  if (words_ == nullptr) return put_rest(text);
  const auto slash = text.rfind('/');
  if (slash != std::string_view::npos && text.find("://") != std::string_view::npos) {
    const auto path = words_->find_or_add(text.substr(0, slash + 1), PackedWords::Add::AtOnce);
    if (!path) return put_rest(text);
    put(head(Kind::below, *path));
    return put_rest(text.substr(slash + 1));
  }
  // The hash of an object's bytes does not come again.
  if (text.size() >= 2 * least_hex && is_hex(text.back())) return put_rest(text);
  const auto word = words_->find_or_add(text, PackedWords::Add::SecondTime);
  if (!word) return put_rest(text);
  put(head(Kind::word, *word));
}

void RowPacker::put_rest(std::string_view text) {
  if (put_hex(text) || put_instant(text)) return;
  put(head(Kind::plain, text.size()));
  bytes_ += text;
}

bool RowPacker::put_hex(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && is_hex(text[text.size() - 1 - digits])) ++digits;
  digits -= digits % 2;
  if (digits < least_hex) return false;
  const std::size_t before = text.size() - digits;
  put(head(Kind::hex, before));
  bytes_ += text.substr(0, before);
  put(std::uint64_t{digits / 2});
  for (std::size_t i = before; i < text.size(); i += 2) {
    bytes_ += static_cast<char>(value_of(text[i]) << 4U | value_of(text[i + 1]));
  }
  return true;
}

bool RowPacker::put_instant(std::string_view text) {
  if (text.size() < instant_size || text.back() != 'Z') return false;
  const std::size_t before = text.size() - instant_size;
  const auto instant = parse_instant(text.substr(before));
  if (!instant || format_instant(*instant) != text.substr(before)) return false;
  put(head(Kind::instant, before));
  bytes_ += text.substr(0, before);
  const std::int64_t count = instant->time_since_epoch().count();
  std::array<char, sizeof count> raw{};
  std::memcpy(raw.data(), &count, sizeof count);
  bytes_.append(raw.data(), raw.size());
  return true;
}

std::uint64_t RowUnpacker::take_number() {
  std::uint64_t number = 0;
  for (unsigned shift = 0;; shift += number_bits) {
    const auto byte = static_cast<unsigned char>(*at_++);
    number |= (byte & (more - 1)) << shift;
    if (byte < more) return number;
  }
}

std::string_view RowUnpacker::take_bytes(std::size_t size) {
  const std::string_view bytes(at_, size);
  at_ += size;
  return bytes;
}

void RowUnpacker::get(std::string& text) {
  text.clear();
  append(text);
}

void RowUnpacker::get(std::optional<std::string>& text) {
  if (!text) text.emplace();
  text->clear();
  if (!append(*text)) text.reset();
}

/// False where there is none.
bool RowUnpacker::append(std::string& text) {
  const std::uint64_t both = take_number();
  const std::uint64_t number = both >> kind_bits;
  switch (static_cast<Kind>(both & ((1U << kind_bits) - 1))) {
    case Kind::absent:
      return false;
    case Kind::plain:
      text += take_bytes(number);
      return true;
    case Kind::hex:
      text += take_bytes(number);
      for (const char c : take_bytes(take_number())) {
        text += hex_digits[static_cast<unsigned char>(c) >> 4U];
        text += hex_digits[static_cast<unsigned char>(c) & 15U];
      }
      return true;
    case Kind::instant: {
      text += take_bytes(number);
      std::int64_t count = 0;
      std::memcpy(&count, take_bytes(sizeof count).data(), sizeof count);
      text += format_instant(Instant(Instant::duration(count)));
      return true;
    }
    case Kind::word:
      text += words_->word(static_cast<std::uint32_t>(number));
      return true;
    case Kind::below:
      text += words_->word(static_cast<std::uint32_t>(number));
      return append(text);
  }
  return false;
}

}  // namespace cls::record
