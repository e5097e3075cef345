// SPDX-License-Identifier: Apache-2.0
// AttemptFolder: the directory of one attempt. What lies in it: docs/workloads.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/process_runner.h"
#include "json/value.h"

namespace cls::work {

/// The last object of the report file, and how many of its lines were no JSON object.
struct Report {
  std::optional<json::Value> last;
  std::size_t bad_lines = 0;
};

/// Files in it are logs: not fsynced, and no record depends on them. Not thread-safe.
class AttemptFolder {
 public:
  /// Makes the directory.
  static Result<AttemptFolder> make(FileSystem& files, const std::string& attempts_dir,
                                    const std::string& attempt);

  /// Only the names of what would be in it.
  static AttemptFolder named(FileSystem& files, std::string path) {
    return {files, std::move(path)};
  }

  const std::string& path() const { return path_; }
  std::string in(std::string_view name) const { return path_ + "/" + std::string(name); }
  std::string stdout_path() const { return in("stdout"); }
  std::string stderr_path() const { return in("stderr"); }
  std::string report_path() const { return in("report.jsonl"); }
  /// The working directory where the arc has none; made by make_directory.
  std::string work_path() const { return in("work"); }
  /// Holds what was fetched of sources that are no files here.
  std::string sources_path() const { return in("sources"); }
  /// Holds the private sink folders of `manifest: collect`.
  std::string sinks_path() const { return in("sinks"); }

  Result<> make_directory(const std::string& path);
  /// Writes a file that is not there yet.
  Result<> write(std::string_view name, std::string_view bytes);
  /// Records the process group, for who has to end what outlived its owner; and forgets it.
  Result<> record_group(int group);
  void forget_group();
  /// Writes result.json.
  Result<> write_result(const ProcessResult& result, std::size_t bad_report_lines);
  Result<> write_no_start(std::string_view reason);

  /// When the attempt began, by the clock that stamps files.
  Result<Instant> begin();
  Report report() const;
  /// The last lines of stderr, for a message; empty where there are none.
  std::string last_errors() const;
  /// Removes a directory below the folder with all that is in it, following no links.
  Result<> remove_tree(const std::string& path);

 private:
  AttemptFolder(FileSystem& files, std::string path) : files_(&files), path_(std::move(path)) {}

  FileSystem* files_;
  std::string path_;
};

/// `text` as valid UTF-8 without control characters but newline and tab; others become `?`.
std::string printable(std::string_view text);

}  // namespace cls::work
