// SPDX-License-Identifier: Apache-2.0
// KnownVersions: the last version of each URI in a ledger, in 40 to 51 bytes each.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "base/seeded_hash.h"
#include "flow/flat_table.h"
#include "record/object_version.h"

namespace cls::flow {

/// A version in little memory: enough for record::same_version.
struct CompactVersion {
  std::uint64_t size = 0;
  std::int64_t mtime = 0;  ///< nanoseconds; 0: unknown
  std::array<std::uint8_t, 16> hash{};
  enum class Hash : std::uint8_t { None, Sha256, ETag, VersionId } hash_kind = Hash::None;

  static CompactVersion of(const record::ObjectVersion& version);
  /// With half of the hash, for those who have room for no more; shortened ones only compare.
  CompactVersion shortened() const;
  bool same_as(const CompactVersion& other) const;
};

/// The same in 16 bytes: what same_as() compares, hashed. Prints of one hash function only compare.
class VersionPrint {
 public:
  VersionPrint() = default;
  static VersionPrint of(const CompactVersion& version, const SeededHash& hash);
  /// CompactVersion::same_as of the versions, but for a chance of 1 in 2^61 that it is true of
  /// others.
  bool same_as(const VersionPrint& other) const;
  /// The same version as far as its size and time tell; unchanged where the time is not known.
  VersionPrint without_content() const;

 private:
  CompactVersion::Hash kind() const { return static_cast<CompactVersion::Hash>(content_ & 3U); }
  std::uint64_t time_ = 0;     // size and mtime; 0: the mtime is unknown
  std::uint64_t content_ = 0;  // size and hash, or the version id alone; its kind in two bits
};

/// A URI is known by 128 bits of its hash. Not thread-safe.
class KnownVersions {
 public:
  using Hash = std::function<Hash128(std::string_view)>;

  explicit KnownVersions(std::uint64_t hash_mask = ~std::uint64_t{0});
  explicit KnownVersions(Hash hash) : uri_hash_(std::move(hash)) {}

  /// The version takes the place of the one that was known of this URI.
  void set(std::string_view uri, const record::ObjectVersion& version);
  /// Another version stood there after the one that is known, and is gone: from now on that one is
  /// recognised by its time, for the same bytes with another time came after the other version.
  void pass_over(std::string_view uri);
  /// True if the version known of this URI is the same.
  bool knows(std::string_view uri, const record::ObjectVersion& version) const;

  std::size_t size() const { return slots_.size(); }
  std::size_t memory_bytes() const { return slots_.memory_bytes(); }

 private:
  struct Slot {
    Hash128 uri;  // never 0 where there is one
    VersionPrint version;
    bool is_empty() const { return uri == Hash128{}; }
    std::uint64_t hash() const { return uri.high; }
  };
  Hash128 key(std::string_view uri) const;

  SeededHash hash_;
  Hash uri_hash_;
  FlatTable<Slot> slots_;
};

}  // namespace cls::flow
