// SPDX-License-Identifier: Apache-2.0
// TreeDigest: one hash over the files of a workload's directory, so that a changed program is seen.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/progress.h"

namespace cls::local {

/// SHA-256 over the names and contents of all files below `directory`, in order of their names.
/// Left out: what begins with a dot, `__pycache__`, and the directories in `skip` (absolute, as a
/// home that lies in it). Files above 64 MiB, and those after the first 10,000, count with size and
/// modification time instead of content; links count with what they lead to, links to directories
/// are not followed. NotFound where the directory is absent. `progress` is told of files, of so
/// many as the first look finds.
Result<std::string> digest_of_tree(FileSystem& files, const std::string& directory,
                                   const std::vector<std::string>& skip,
                                   Progress* progress = nullptr);

}  // namespace cls::local
