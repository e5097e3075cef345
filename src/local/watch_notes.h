// SPDX-License-Identifier: Apache-2.0
// WatchNotes: which boundaries are scanned from time to time, because not all that changes can be
// watched; in cls.db, for `cls status` to say. docs/formats/home.md, "cls.db".
#pragma once

#include <functional>
#include <map>
#include <string>

#include "local/database.h"

namespace cls::local {

/// A connection of its own to an index that is open already. What the index does not take or give
/// is as if it were not known: nothing is thrown but by the constructor. Not thread-safe.
class WatchNotes {
 public:
  explicit WatchNotes(const std::string& path);

  /// `by` is the id of the owner that says so.
  void keep(const std::string& by, const std::string& boundary, const std::string& why);
  void forget(const std::string& by, const std::string& boundary);
  /// Boundary → why, as those say of whom `lives` says yes.
  std::map<std::string, std::string> of(const std::function<bool(const std::string& by)>& lives);

 private:
  Database database_;
};

}  // namespace cls::local
