// SPDX-License-Identifier: Apache-2.0
// ULIDs: 26 characters, time-ordered, unique (https://github.com/ulid/spec).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace cls {

/// Makes ULIDs that rise strictly within one source. Thread-safe.
class UlidSource {
 public:
  /// Fills ten random bytes.
  using Random = std::function<void(std::array<std::uint8_t, 10>&)>;

  /// With the kernel's randomness.
  explicit UlidSource(const Clock& clock);
  UlidSource(const Clock& clock, Random random);
  std::string next();

 private:
  const Clock& clock_;
  Random random_;
  std::mutex mutex_;
  std::int64_t last_ms_ = -1;
  std::array<std::uint8_t, 10> last_random_{};
};

/// When a ULID was made, in milliseconds; nullopt for what is none.
std::optional<Instant> time_of_ulid(std::string_view text);

/// True for 26 characters of Crockford's base 32, upper case.
bool is_ulid(std::string_view text);

}  // namespace cls
