// SPDX-License-Identifier: Apache-2.0
// FilePlaces: which file an object is, which keys no file can have, and whether a path stays inside
// its bucket's directory. Rules: docs/formats/store.md.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/file_system.h"
#include "base/result.h"
#include "base/uri.h"

namespace cls::store {

/// Where the directories of buckets are. Paths are absolute.
struct FileStoreLayout {
  /// `<stores>/<scheme>/<bucket>/<key…>`; "": only the buckets below exist.
  std::string stores = {};
  /// Directories of single buckets, by scheme and bucket.
  std::map<std::pair<std::string, std::string>, std::string> buckets = {};
};

/// Names that start so belong to the store: never keys, never listed.
inline constexpr std::string_view reserved_prefix = ".cls-";
/// A directory in which versitygw writes what is no object yet; never listed.
inline constexpr std::string_view gateway_directory = ".sgwtmp";
/// True for a name that no listing shows, and for what lies below one of that name.
bool is_hidden(std::string_view relative);

/// Where an object lies, or would.
struct FilePlace {
  Uri uri;
  std::string root;  ///< the bucket's directory; "" for `file:///` (the root of all files)
  std::string path;  ///< of the object's file

  /// `file:///…`: other people's directories, in which nothing but objects is made or removed.
  bool whole_machine() const { return root.empty(); }
  std::string directory() const;
  std::string name() const;
  /// The file whose locks guard conditional changes of this object, and the byte of it.
  std::string lock_path() const;
  std::uint64_t lock_byte() const;
};

/// The directory above a path: `/a` of `/a/b`, `/` of `/a`.
std::string parent_path(const std::string& path);
/// `name` in `directory`, which may be `/`.
std::string path_in(const std::string& directory, std::string_view name);

/// Maps URIs to files. Thread-safe; touches the file system only where it says so.
class FilePlaces {
 public:
  FilePlaces(FileSystem& files, FileStoreLayout layout);

  /// The bucket's directory, which need not exist; "" for `file:///`. Invalid for names that are no
  /// bucket here.
  Result<std::string> root(const std::string& scheme, const std::string& bucket) const;
  /// The place of an object; Invalid for a key that no file can have.
  Result<FilePlace> place(const Uri& uri) const;
  /// Refuses the directory part of a listing's prefix as place() refuses keys.
  Result<> check_prefix(const Uri& prefix) const;

  /// The path with all links followed; Denied if that leaves the place's bucket. Asks the disk.
  Result<std::string> real_path_inside(const FilePlace& place, const std::string& path) const;

 private:
  FileSystem& files_;
  FileStoreLayout layout_;
};

/// True if `path` is `directory` or lies in it; both absolute and without links.
bool path_inside(std::string_view path, std::string_view directory);

/// `failure` with the URI it was about put before its message.
tl::unexpected<Failure> about(const Uri& uri, const Failure& failure);

}  // namespace cls::store
