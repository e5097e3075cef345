// SPDX-License-Identifier: Apache-2.0
#include "operate/packed.h"

#include <utility>

#include "base/seeded_hash.h"

namespace cls::operate {

namespace {

/// Changes with every change of what is packed, or of the order.
constexpr std::uint64_t checksum_seed = 1;
constexpr std::size_t checksum_size = sizeof(std::uint64_t);
constexpr unsigned bits = 7;
constexpr std::uint64_t more = 0x80;

std::string checksum_of(std::string_view bytes) {
  std::uint64_t sum = SeededHash(checksum_seed).of64(bytes);
  std::string text;
  for (std::size_t i = 0; i < checksum_size; ++i, sum >>= 8U) {
    text += static_cast<char>(sum & 0xffU);
  }
  return text;
}

}  // namespace

Packer& Packer::number(std::uint64_t value) {
  for (; value >= more; value >>= bits) bytes_ += static_cast<char>((value & (more - 1)) | more);
  bytes_ += static_cast<char>(value);
  return *this;
}

Packer& Packer::signed_number(std::int64_t value) {
  const auto plain = static_cast<std::uint64_t>(value);
  return number((plain << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

Packer& Packer::text(std::string_view text) {
  number(text.size());
  bytes_ += text;
  return *this;
}

Packer& Packer::optional_text(const std::optional<std::string>& text) {
  number(text ? 1 : 0);
  return text ? this->text(*text) : *this;
}

std::string Packer::take() {
  bytes_ += checksum_of(bytes_);
  return std::exchange(bytes_, {});
}

std::optional<Unpacker> Unpacker::of(std::string_view bytes) {
  if (bytes.size() < checksum_size) return std::nullopt;
  const auto content = bytes.substr(0, bytes.size() - checksum_size);
  if (checksum_of(content) != bytes.substr(content.size())) return std::nullopt;
  return Unpacker(content);
}

std::uint64_t Unpacker::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += bits) {
    if (rest_.empty()) break;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= (byte & (more - 1)) << shift;
    if (byte < more) return value;
  }
  good_ = false;
  return 0;
}

std::int64_t Unpacker::signed_number() {
  const std::uint64_t value = number();
  return static_cast<std::int64_t>((value >> 1U) ^ ((value & 1U) != 0 ? ~std::uint64_t{0} : 0));
}

std::string Unpacker::text() {
  const std::uint64_t size = number();
  if (size > rest_.size()) {
    good_ = false;
    return {};
  }
  std::string text(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return text;
}

std::optional<std::string> Unpacker::optional_text() {
  if (number() == 0) return std::nullopt;
  return text();
}

std::size_t Unpacker::count() {
  const std::uint64_t count = number();
  if (count <= rest_.size()) return count;
  good_ = false;
  return 0;
}

}  // namespace cls::operate
