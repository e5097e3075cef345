// SPDX-License-Identifier: Apache-2.0
// OutputFile: takes what a child process writes to one of its streams, up to a limit.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace cls {

/// A file that is appended to. Not thread-safe.
class OutputFile {
 public:
  /// Opens or makes the file at `path`.
  static Result<OutputFile> open(const std::string& path, std::uint64_t limit);

  /// Moves what `pipe` (non-blocking) holds into the file; false once its writers are gone.
  bool take(const UniqueFd& pipe);
  /// Says at the file's end how much was dropped, if anything was.
  void finish();
  std::uint64_t dropped() const { return dropped_; }

 private:
  OutputFile(UniqueFd fd, std::uint64_t limit) : fd_(std::move(fd)), limit_(limit) {}
  void write(std::string_view bytes);

  UniqueFd fd_;
  std::uint64_t limit_;
  std::uint64_t kept_ = 0;
  std::uint64_t dropped_ = 0;  ///< above the limit, or not written because the disk refused
  char last_ = '\n';
  int error_ = 0;
};

}  // namespace cls
