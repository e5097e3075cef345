// SPDX-License-Identifier: Apache-2.0
// FetchedSource: files of objects that are none on this machine, for programs that read files.
#pragma once

#include <stop_token>
#include <string>

#include "base/file_system.h"
#include "flow/workload.h"
#include "store/object_store.h"
#include "work/source_version.h"

namespace cls::work {

/// The file below `directory` that a member of a dataset at `path` is fetched to; Invalid for a key
/// that no file can have.
Result<std::string> fetched_path(FileSystem& files, const Uri& path, const std::string& directory,
                                 const Uri& member);

/// One source's. Thread-safe for different members.
class FetchedSource {
 public:
  /// The files lie in `directory` as the objects lie in `path`, the dataset's; where that is empty
  /// or elsewhere, under their whole keys.
  FetchedSource(store::ObjectStore& store, FileSystem& files, Uri path, std::string directory);

  /// The file of a member, there or not; Invalid for a key that no file can have.
  Result<std::string> path_of(const Uri& member) const;
  /// Writes the version that was recorded, or the present one where none was, to `path`. Where
  /// that is not there any more the sight says so, and the file is worth nothing. Unavailable if it
  /// was changed meanwhile, or `stop` was asked for: then no more of it is read.
  Result<SourceSight> fetch(const flow::SourceMember& member, const std::string& path,
                            const std::stop_token& stop) const;

 private:
  Result<store::ObjectInfo> write(const Uri& member, const std::string& path,
                                  const std::stop_token& stop) const;

  store::ObjectStore& store_;
  FileSystem& files_;
  Uri base_;
  std::string directory_;
};

}  // namespace cls::work
