// SPDX-License-Identifier: Apache-2.0
// Packed: numbers and texts in few bytes, with a checksum, for what an index remembers. The bytes
// are no format: another version of cls does not read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cls::operate {

/// Writes; Unpacker reads the same in the same order.
class Packer {
 public:
  Packer& number(std::uint64_t value);
  Packer& signed_number(std::int64_t value);
  Packer& text(std::string_view text);
  Packer& optional_text(const std::optional<std::string>& text);
  /// All of it, with the checksum.
  std::string take();

 private:
  std::string bytes_;
};

/// What is not there is 0 or empty, and is_good() false from then on.
class Unpacker {
 public:
  /// nullopt where the checksum is another.
  static std::optional<Unpacker> of(std::string_view bytes);

  std::uint64_t number();
  std::int64_t signed_number();
  std::string text();
  std::optional<std::string> optional_text();
  /// How many things of at least one byte follow: never more than there are bytes.
  std::size_t count();
  bool is_good() const { return good_; }
  /// Good, and nothing is left.
  bool is_done() const { return good_ && rest_.empty(); }

 private:
  explicit Unpacker(std::string_view rest) : rest_(rest) {}

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace cls::operate
