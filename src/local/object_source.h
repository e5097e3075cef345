// SPDX-License-Identifier: Apache-2.0
// ObjectSource: where the objects below a boundary's path are found.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/uri.h"
#include "flow/arrivals.h"

namespace cls::local {

/// What a look found.
struct ScanResult {
  explicit ScanResult(const Uri& path) : arrivals(path) {}
  flow::ArrivalBatch arrivals;
  std::vector<std::string> unquiet;               ///< paths to look at again
  std::map<std::string, std::string> unreadable;  ///< path → why it could not be read
  std::uint64_t looked_at = 0;
};

/// Not thread-safe.
class ObjectSource {
 public:
  /// True for a version that is in the ledger or held already.
  using Known = std::function<bool(const Uri&, const record::ObjectVersion&)>;

  virtual ~ObjectSource() = default;

  /// The directory that can be watched; empty where nothing tells of changes.
  virtual const std::string& root() const = 0;
  /// Everything below the path.
  virtual ScanResult scan(const Known& known) = 0;
  /// These paths, and everything below those that are directories. `whole` ones were reported
  /// closed or moved in: they need no quiet time.
  virtual ScanResult look(const std::vector<std::string>& whole,
                          const std::vector<std::string>& other, const Known& known) = 0;
};

}  // namespace cls::local
