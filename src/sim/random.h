// SPDX-License-Identifier: Apache-2.0
// Random: one stream of a seed's random numbers. Each kind of choice draws from a stream of its
// own, so that switching one choice off leaves the others as they are.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cls::sim {

/// SplitMix64. Not thread-safe.
class Random {
 public:
  Random(std::uint64_t seed, std::string_view stream) : state_(seed * 0x9E3779B97F4A7C15U + 1) {
    for (const char c : stream) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    next();
  }

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  /// In [0, limit); 0 for a limit of 0.
  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : next() % limit; }
  /// In [least, most].
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
  }
  /// In [0, 1).
  double real() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  bool chance(double probability) { return real() < probability; }
  std::chrono::nanoseconds span(std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
    return std::chrono::nanoseconds(between(least.count(), most.count()));
  }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(below(from.size()))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace cls::sim
