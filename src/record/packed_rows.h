// SPDX-License-Identifier: Apache-2.0
// How the rows of a PackedList are held. For packed_list.h only; the bytes are no format.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

namespace cls::record {

/// Texts that come again and again in a list: a role, a lot, what stands before the last `/` of a
/// URI. Their number is bounded: what has no place is packed as it is.
class PackedWords {
 public:
  PackedWords() = default;
  PackedWords(const PackedWords&) = delete;
  PackedWords& operator=(const PackedWords&) = delete;
  PackedWords(PackedWords&&) = delete;
  PackedWords& operator=(PackedWords&&) = delete;
  ~PackedWords() = default;

  /// When an unknown text becomes a word.
  enum class Add : std::uint8_t { AtOnce, SecondTime };
  std::optional<std::uint32_t> find_or_add(std::string_view text, Add add);
  std::string_view word(std::uint32_t number) const { return words_[number]; }

 private:
  std::deque<std::string> words_;  // stay where they are
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::array<std::uint32_t, 256> seen_{};  // hashes of texts that came before
};

/// Appends the fields of a row to `bytes`.
class RowPacker {
 public:
  /// `words` may be null.
  RowPacker(std::string& bytes, PackedWords* words) : bytes_(bytes), words_(words) {}

  void put(std::uint64_t number);
  void put(std::string_view text);
  void put(const std::string& text) { put(std::string_view(text)); }
  void put(const std::optional<std::string>& text);
  template <class E>
    requires std::is_enum_v<E> || std::same_as<E, bool>
  void put(E value) {
    put(static_cast<std::uint64_t>(value));
  }

 private:
  void put_rest(std::string_view text);
  bool put_hex(std::string_view text);
  bool put_instant(std::string_view text);

  std::string& bytes_;
  PackedWords* words_;
};

/// Reads what RowPacker wrote, in the same order.
class RowUnpacker {
 public:
  RowUnpacker(const char* at, const PackedWords* words) : at_(at), words_(words) {}

  void get(std::uint64_t& number) { number = take_number(); }
  void get(std::string& text);
  void get(std::optional<std::string>& text);
  template <class E>
    requires std::is_enum_v<E> || std::same_as<E, bool>
  void get(E& value) {
    value = static_cast<E>(take_number());
  }

 private:
  std::uint64_t take_number();
  std::string_view take_bytes(std::size_t size);
  bool append(std::string& text);

  const char* at_;
  const PackedWords* words_;
};

}  // namespace cls::record
