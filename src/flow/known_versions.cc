// SPDX-License-Identifier: Apache-2.0
#include "flow/known_versions.h"

#include <algorithm>

#include "base/hash.h"

namespace cls::flow {

namespace {

std::array<std::uint8_t, 16> first_bytes(std::string hex) {
  std::array<std::uint8_t, 16> bytes{};
  hex.resize(2 * bytes.size(), '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    bytes[i] = static_cast<std::uint8_t>((digit(hex[2 * i]) << 4) | digit(hex[2 * i + 1]));
  }
  return bytes;
}

template <class Value>
std::string_view bytes_of(const Value& value) {
  static_assert(std::has_unique_object_representations_v<Value>);
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

CompactVersion CompactVersion::of(const record::ObjectVersion& version) {
  CompactVersion compact;
  compact.size = version.size;
  if (version.mtime) {
    const auto at = parse_instant(*version.mtime).value_or(Instant{});
    compact.mtime = at.time_since_epoch().count();
  }
  if (version.versionId) {
    compact.hash_kind = Hash::VersionId;
    compact.hash = first_bytes(sha256_hex(*version.versionId));
  } else if (version.sha256) {
    compact.hash_kind = Hash::Sha256;
    compact.hash = first_bytes(*version.sha256);
  } else if (version.etag) {
    compact.hash_kind = Hash::ETag;
    compact.hash = first_bytes(sha256_hex(*version.etag));
  }
  return compact;
}

CompactVersion CompactVersion::shortened() const {
  CompactVersion half = *this;
  std::fill(half.hash.begin() + half.hash.size() / 2, half.hash.end(), std::uint8_t{0});
  return half;
}

bool CompactVersion::same_as(const CompactVersion& other) const {
  if (hash_kind == Hash::VersionId && other.hash_kind == Hash::VersionId) return hash == other.hash;
  if (size != other.size) return false;
  if (hash_kind != Hash::None && hash_kind == other.hash_kind) return hash == other.hash;
  return mtime != 0 && mtime == other.mtime;
}

VersionPrint VersionPrint::of(const CompactVersion& version, const SeededHash& hash) {
  VersionPrint print;
  if (version.mtime != 0) {
    const std::array<std::uint64_t, 2> time{version.size,
                                            static_cast<std::uint64_t>(version.mtime)};
    print.time_ = hash.of64(bytes_of(time)) | 1U;
  }
  if (version.hash_kind == CompactVersion::Hash::None) return print;
  struct {
    std::array<std::uint8_t, 16> hash;
    std::uint64_t size;
  } const content{version.hash,
                  version.hash_kind == CompactVersion::Hash::VersionId ? 0 : version.size};
  print.content_ =
      (hash.of64(bytes_of(content)) & ~std::uint64_t{3}) | static_cast<unsigned>(version.hash_kind);
  return print;
}

bool VersionPrint::same_as(const VersionPrint& other) const {
  if (kind() != CompactVersion::Hash::None && kind() == other.kind()) {
    return content_ == other.content_;
  }
  return time_ != 0 && time_ == other.time_;
}

VersionPrint VersionPrint::without_content() const {
  VersionPrint print = *this;
  if (time_ != 0) print.content_ = 0;
  return print;
}

KnownVersions::KnownVersions(std::uint64_t hash_mask)
    : uri_hash_([hash = SeededHash(), hash_mask](std::string_view uri) {
        const Hash128 all = hash.of128(uri);
        return Hash128{.low = all.low, .high = all.high & hash_mask};
      }) {}

Hash128 KnownVersions::key(std::string_view uri) const {
  const Hash128 hash = uri_hash_(uri);
  return {.low = hash.low | 1U, .high = hash.high};  // never 0
}

void KnownVersions::set(std::string_view uri, const record::ObjectVersion& version) {
  const Hash128 wanted = key(uri);
  const auto print = VersionPrint::of(CompactVersion::of(version), hash_);
  Slot* slot = slots_.find(wanted.high, [&](const Slot& one) { return one.uri == wanted; });
  if (slot != nullptr) {
    slot->version = print;
  } else {
    slots_.insert({wanted, print});
  }
}

void KnownVersions::pass_over(std::string_view uri) {
  const Hash128 wanted = key(uri);
  Slot* slot = slots_.find(wanted.high, [&](const Slot& one) { return one.uri == wanted; });
  if (slot != nullptr) slot->version = slot->version.without_content();
}

bool KnownVersions::knows(std::string_view uri, const record::ObjectVersion& version) const {
  const Hash128 wanted = key(uri);
  const Slot* slot = slots_.find(wanted.high, [&](const Slot& one) { return one.uri == wanted; });
  return slot != nullptr &&
         slot->version.same_as(VersionPrint::of(CompactVersion::of(version), hash_));
}

}  // namespace cls::flow
