// SPDX-License-Identifier: Apache-2.0
// SeededHash: a fast hash for tables in memory. Another one in every process: never stored.
#pragma once

#include <cstdint>
#include <string_view>

namespace cls {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Hash128&) const = default;
};

/// XXH3 with a seed of its own, so that nobody who names objects can make two names collide.
class SeededHash {
 public:
  /// With a seed of the kernel's randomness.
  SeededHash();
  explicit SeededHash(std::uint64_t seed) : seed_(seed) {}

  std::uint64_t of64(std::string_view bytes) const;
  Hash128 of128(std::string_view bytes) const;

 private:
  std::uint64_t seed_ = 0;
};

}  // namespace cls
