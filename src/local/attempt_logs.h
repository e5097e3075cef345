// SPDX-License-Identifier: Apache-2.0
// Attempt logs: finds the folders of attempts by what they are about. docs/formats/home.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "work/attempt_subject.h"

namespace cls::local {

/// How an attempt ended, as its result.json says.
struct AttemptEnd {
  std::string end;  ///< exited, signalled, timedOut, stopped or notStarted
  std::optional<std::int64_t> code;
  std::optional<std::int64_t> wallMs;
  std::optional<std::int64_t> droppedBytes;
  std::optional<std::string> reason;  ///< of notStarted

  static constexpr auto fields =
      std::tuple{json::required("end", &AttemptEnd::end, "how"),
                 json::optional("code", &AttemptEnd::code, "exit status or signal"),
                 json::optional("wallMs", &AttemptEnd::wallMs, "how long it took"),
                 json::optional("droppedBytes", &AttemptEnd::droppedBytes, "output not kept"),
                 json::optional("reason", &AttemptEnd::reason, "why it did not start")};
};

/// One attempt whose folder is there.
struct AttemptLog {
  std::string attempt;
  std::string folder;
  work::AttemptSubject subject;
  std::optional<AttemptEnd> end;  ///< nullopt while it runs, or where it was killed
};

/// Which attempts; what is empty does not matter.
struct AttemptQuery {
  std::string attempt;
  std::string project;  ///< name or name/version
  std::string arc;
  std::string lot;
};

/// The newest `most` attempts that match, newest first. A folder that does not say what it is about
/// is found by its attempt alone.
Result<std::vector<AttemptLog>> find_attempts(FileSystem& files, const std::string& directory,
                                              const AttemptQuery& query, std::size_t most);

/// The process group that runs an attempt, as the `group` file of its folder says: there only from
/// its start to its end, and, after a kill, until somebody takes it away.
struct AttemptGroup {
  int id = 0;
  bool lives = false;  ///< and runs this very attempt: the number may be another group's by now
};
std::optional<AttemptGroup> group_of(FileSystem& files, const std::string& directory,
                                     const std::string& attempt);

/// Reads its result.json again.
std::optional<AttemptEnd> end_of(FileSystem& files, const std::string& folder);

}  // namespace cls::local
