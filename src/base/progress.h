// SPDX-License-Identifier: Apache-2.0
// Progress: who is told how far something that may take long has come.
#pragma once

#include <cstdint>
#include <string_view>

namespace cls {

/// Thread-safe. Told as often as there is something to tell: most of it costs a look at the clock.
class Progress {
 public:
  virtual ~Progress() = default;
  /// So many `things` of `total` are done; a total of 0 is not known. Other things than before
  /// begin anew.
  virtual void tell(std::string_view things, std::uint64_t done, std::uint64_t total) = 0;
};

}  // namespace cls
