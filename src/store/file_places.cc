// SPDX-License-Identifier: Apache-2.0
#include "store/file_places.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"

namespace cls::store {

namespace {

constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_path = 4095;
/// Room for the temporary file beside the object: `/.cls-tmp-` and 24 digits.
constexpr std::size_t temp_room = 34;

tl::unexpected<Failure> refuse(const Uri& uri, std::string_view why) {
  return fail(FailureCode::Invalid, format("{} cannot be a file: {}", uri.to_string(), why));
}

/// Why no file or directory can have this name; "" if one can.
std::string refusal(std::string_view name) {
  if (name.empty()) {
    return "the key has an empty segment ('//', or a '/' at its start or end); "
           "write single '/' between names";
  }
  if (name == "." || name == "..") {
    return format("'{}' is no name of its own in a path; leave it out of the key", name);
  }
  if (name.find('\0') != std::string_view::npos) return "the key holds a NUL character";
  if (name.size() > longest_name) {
    return format("a segment has {} bytes, the limit is {}: {}…", name.size(), longest_name,
                  name.substr(0, 40));
  }
  if (name.starts_with(reserved_prefix)) {
    return format("names that start with '{}' are reserved for the store, take another than '{}'",
                  reserved_prefix, name);
  }
  return {};
}

Result<> check_segments(const Uri& uri, std::string_view path) {
  for (const auto& segment : split(path, '/')) {
    if (const std::string why = refusal(segment); !why.empty()) return refuse(uri, why);
  }
  return {};
}

std::string without_slash(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

std::string parent_path(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string path_in(const std::string& directory, std::string_view name) {
  return directory == "/" ? format("/{}", name) : format("{}/{}", directory, name);
}

bool is_hidden(std::string_view relative) {
  while (true) {
    const auto slash = relative.find('/');
    const auto name = relative.substr(0, slash);
    if (name.starts_with(reserved_prefix) || name == gateway_directory) return true;
    if (slash == std::string_view::npos) return false;
    relative.remove_prefix(slash + 1);
  }
}

bool path_inside(std::string_view path, std::string_view directory) {
  if (directory.empty() || directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

tl::unexpected<Failure> about(const Uri& uri, const Failure& failure) {
  return fail(failure.code, format("{}: {}", uri.to_string(), failure.message));
}

std::string FilePlace::directory() const {
  return parent_path(path);
}

std::string FilePlace::name() const {
  return path.substr(path.find_last_of('/') + 1);
}

std::string FilePlace::lock_path() const {
  return path_in(whole_machine() ? directory() : root, ".cls-lock");
}

std::uint64_t FilePlace::lock_byte() const {
  const std::string digits = md5_hex(uri.key).substr(0, 15);
  std::uint64_t byte = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
  return byte;
}

FilePlaces::FilePlaces(FileSystem& files, FileStoreLayout layout)
    : files_(files), layout_(std::move(layout)) {
  layout_.stores = without_slash(std::move(layout_.stores));
  for (auto& [bucket, directory] : layout_.buckets) directory = without_slash(directory);
}

Result<std::string> FilePlaces::root(const std::string& scheme, const std::string& bucket) const {
  const auto own = layout_.buckets.find({scheme, bucket});
  if (own != layout_.buckets.end()) return own->second;
  if (scheme == "file") {
    if (bucket.empty()) return std::string();
    return fail(FailureCode::Invalid,
                format("file://{0}/… names a host; write file:///{0}/… with three '/'", bucket));
  }
  for (const auto& name : {scheme, bucket}) {
    const std::string why = name.empty() ? "it is empty" : refusal(name);
    if (why.empty() && name.find('/') == std::string::npos) continue;
    return fail(FailureCode::Invalid, format("{}://{}/… is no bucket: '{}' cannot be a directory{}",
                                             scheme, bucket, name, why.empty() ? "" : ": " + why));
  }
  if (layout_.stores.empty()) {
    return fail(FailureCode::Invalid,
                format("no directory is given for the bucket {}://{}", scheme, bucket));
  }
  return format("{}/{}/{}", layout_.stores, scheme, bucket);
}

Result<FilePlace> FilePlaces::place(const Uri& uri) const {
  auto directory = root(uri.scheme, uri.bucket);
  if (!directory) return pass(std::move(directory));
  if (uri.key.empty()) return refuse(uri, "the key is empty; name an object");
  if (auto checked = check_segments(uri, uri.key); !checked) return pass(std::move(checked));
  FilePlace place{.uri = uri, .root = *directory, .path = *directory + "/" + uri.key};
  const std::size_t needed = std::max(place.path.size(), place.directory().size() + temp_room);
  if (needed > longest_path) {
    return refuse(uri,
                  format("its path would need {} bytes, the limit is {}", needed, longest_path));
  }
  return place;
}

Result<> FilePlaces::check_prefix(const Uri& prefix) const {
  const auto slash = prefix.key.find_last_of('/');
  if (slash == std::string::npos) return {};
  return check_segments(prefix, std::string_view(prefix.key).substr(0, slash));
}

Result<std::string> FilePlaces::real_path_inside(const FilePlace& place,
                                                 const std::string& path) const {
  if (place.whole_machine()) return files_.real_path(path);
  auto real_root = files_.real_path(place.root);
  if (!real_root) return real_root;
  auto real = files_.real_path(path);
  if (!real) return real;
  if (!path_inside(*real, *real_root)) {
    return fail(FailureCode::Denied,
                format("{} is, through a symbolic link, {}: outside the bucket's directory {}; "
                       "links are followed only inside it",
                       path, *real, place.root));
  }
  return real;
}

}  // namespace cls::store
