// SPDX-License-Identifier: Apache-2.0
// Sandbox: the folder a scenario lives in: a copy of its directory, and `home/` beside it.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "scenario/scenario.h"
#include "scenario/virtual_files.h"

namespace cls::scenario {

/// A fresh folder below the system's temporary directory. Not thread-safe.
class Sandbox {
 public:
  /// Copies what lies in `directory`; throws Error where that cannot be done.
  explicit Sandbox(const std::string& directory);
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  /// Removes the folder, unless it is kept.
  ~Sandbox();

  /// Leaves the folder for the user to look at.
  void keep() { keep_ = true; }

  const std::string& root() const { return root_; }
  std::string home() const { return root_ + "/home"; }
  std::string stores() const { return home() + "/stores"; }
  /// Where a path of a scenario is: `/…` in the sandbox, else below home/stores/s3/.
  std::string resolve(const std::string& path) const;

  Result<> write(const Write& write, VirtualFiles& files, const Clock& clock) const;
  Result<> rename(const Rename& rename, VirtualFiles& files) const;
  Result<> remove(const Delete& what) const;
  /// Replaces every `from`; NotFound where there is none.
  Result<> edit(const Edit& edit) const;

 private:
  std::string root_;
  bool keep_ = false;
};

}  // namespace cls::scenario
