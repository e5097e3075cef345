// SPDX-License-Identifier: Apache-2.0
// FileReader: reads an object's file whole and at one moment, and computes its ETag.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "store/file_places.h"
#include "store/object_store.h"

namespace cls::store {

/// Thread-safe. A file that somebody writes to in place while it is read is read again a few times,
/// then Unavailable; files of the store itself are only ever replaced.
class FileReader {
 public:
  FileReader(FileSystem& files, const FilePlaces& places) : files_(files), places_(places) {}

  Result<Object> get(const FilePlace& place, const Range& range) const;
  Result<ObjectInfo> get_pieces(const FilePlace& place,
                                const std::function<void(std::string_view)>& take) const;
  Result<ObjectInfo> head(const FilePlace& place) const;
  /// What the file at `path` is as the object `uri`.
  Result<ObjectInfo> describe(const Uri& uri, const std::string& path) const;
  /// The failure for an object that is absent, or whose bucket is.
  tl::unexpected<Failure> not_found(const FilePlace& place) const;

 private:
  Result<std::unique_ptr<OpenFile>> open(const FilePlace& place) const;

  FileSystem& files_;
  const FilePlaces& places_;
};

}  // namespace cls::store
