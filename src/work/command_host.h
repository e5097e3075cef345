// SPDX-License-Identifier: Apache-2.0
// CommandHost: what a machine gives to the processes that run on it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "base/uri.h"
#include "flow/workload.h"

namespace cls::work {

class Containers;

/// Functions are called from any thread.
struct CommandHost {
  FileSystem& files;
  std::string attempts_dir;  ///< an attempt's folder is a directory in it, named by its id
  std::string stores_dir;    ///< given as CLS_STORES; empty: not given
  /// The file of an object, there or not; Unsupported for an object that is no file here.
  std::function<Result<std::string>(const Uri&)> local_path;
  /// A variable of this process's environment.
  std::function<std::optional<std::string>(const std::string&)> getenv;
  /// Variables that programs get beside the inherited ones; an arc's own replace them.
  std::map<std::string, std::string> environment = {};
  /// Called with the attempt and its process group once it has started; may be empty.
  std::function<void(const std::string& attempt, int group)> started = {};
  /// Called with the attempt, the bytes of its output that were not kept, and its folder; may be
  /// empty.
  std::function<void(const flow::WorkloadContext&, std::uint64_t, const std::string&)> dropped = {};
  /// Runs arcs that have an image; null: as processes in its directory.
  Containers* containers = nullptr;
};

}  // namespace cls::work
