// SPDX-License-Identifier: Apache-2.0
// Scanner: finds files below a boundary's path and turns them into arrivals once they are quiet.
// Rules: docs/lots-and-lateness.md, "When a file is taken".
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/uri.h"
#include "local/object_source.h"
#include "model/plan.h"
#include "store/file_places.h"

namespace cls::local {

/// Not thread-safe.
class Scanner final : public ObjectSource {
 public:
  /// `root` is the directory of the boundary's path; `base` its URI (key ends in `/`).
  Scanner(FileSystem& files, Clock& clock, const model::BoundaryPlan& boundary, std::string root,
          Uri base);

  const std::string& root() const override { return root_; }

  ScanResult scan(const Known& known) override;
  ScanResult look(const std::vector<std::string>& whole, const std::vector<std::string>& other,
                  const Known& known) override;

 private:
  /// What one look knows of a file beside its arrival: in a vector of the same order.
  struct Seen {
    std::uint64_t inode = 0;
    bool whole = false;
  };
  /// A look at work: what was found and is not known, in little memory.
  struct Look {
    Look(const Uri& path, const Known& is_known) : known(is_known), result(path) {}
    const Known& known;
    ScanResult result;
    std::vector<Seen> seen;
  };

  void walk(const std::string& directory, const std::string& relative, int depth, Look& look);
  void consider(const std::string& relative, std::string_view directory, bool whole, Look& look);
  void look_at(const std::string& path, bool whole, Look& look);
  bool is_known(const std::string& path, const Uri& uri, const FileStatus& status,
                const Known& known) const;
  bool inside_root(const std::string& path);
  bool enter(const std::string& directory);
  void enter_above(const std::string& relative);
  ScanResult take(Look look);
  void look_twice(Look& look);
  static void keep_some(Look& look, const std::function<bool(std::size_t)>& keep);
  bool take_hash(std::size_t index, Look& look);
  bool is_quiet(Instant modified, Instant changed, Instant now) const;

  FileSystem& files_;
  Clock& clock_;
  const model::BoundaryPlan& boundary_;
  std::string root_;
  Uri base_;
  /// The directories that a walk is in, from the root on: a link to one of them is not followed.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> entered_;
  /// Files found to hold bytes that are known under another mtime: no need to hash them again.
  std::map<std::string, std::pair<std::uint64_t, Instant>> unchanged_;
};

}  // namespace cls::local
