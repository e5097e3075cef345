// SPDX-License-Identifier: Apache-2.0
#include "base/seeded_hash.h"

#include <sys/random.h>

#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): the library's; its header is all
#include <xxhash.h>

#include "base/error.h"

namespace cls {

SeededHash::SeededHash() {
  if (::getrandom(&seed_, sizeof seed_, 0) != static_cast<ssize_t>(sizeof seed_)) {
    throw Error("the kernel gives no random bytes");
  }
}

std::uint64_t SeededHash::of64(std::string_view bytes) const {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed_);
}

Hash128 SeededHash::of128(std::string_view bytes) const {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed_);
  return {.low = hash.low64, .high = hash.high64};
}

}  // namespace cls
