// SPDX-License-Identifier: Apache-2.0
// Jsonnet: project files with variables, functions and imports become JSON. Behind it libjsonnet.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/child_call.h"
#include "base/diagnostics.h"
#include "base/file_system.h"

namespace cls::cli {

struct JsonnetSettings {
  using Texts = std::vector<std::pair<std::string, std::string>>;
  Texts external;   ///< std.extVar(NAME)
  Texts top_level;  ///< arguments of the function that the file is
  /// Where imports are looked for that are not beside the file that imports; the last one first.
  std::vector<std::string> import_directories;
  std::string working_directory;  ///< what relative names are meant from
  ChildLimits limits = {};        ///< of one evaluation
};

/// The JSON that a Jsonnet text stands for; nullopt (the problem is added, with the place in the
/// Jsonnet file that it comes from) where it stands for none. `file` is its name in messages, and
/// where its imports are relative to. Evaluated in a process of its own: time, memory and stack,
/// what is imported and what comes out are bounded.
std::optional<std::string> evaluate_jsonnet(const std::string& file, const std::string& text,
                                            const JsonnetSettings& settings, FileSystem& files,
                                            Diagnostics& problems);

/// From libjsonnet's words to a place and a message.
Diagnostic jsonnet_problem(const std::string& file, const std::string& words);

}  // namespace cls::cli
