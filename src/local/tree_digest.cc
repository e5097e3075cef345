// SPDX-License-Identifier: Apache-2.0
#include "local/tree_digest.h"

#include <algorithm>

#include "base/format.h"
#include "base/hash.h"

namespace cls::local {

namespace {

constexpr std::uint64_t content_limit = std::uint64_t{64} << 20U;
constexpr std::size_t content_files = 10'000;
constexpr int depth_limit = 100;

class TreeDigest {
 public:
  TreeDigest(FileSystem& files, const std::vector<std::string>& skip)
      : files_(files), skip_(skip), digest_(Digest::sha256()) {}

  Result<> add(const std::string& directory, const std::string& relative, int depth) {
    auto entries = files_.entries(directory);
    if (!entries) return pass(std::move(entries));
    for (const auto& entry : *entries) {
      if (entry.name.starts_with('.') || entry.name == "__pycache__") continue;
      const std::string path = directory + "/" + entry.name;
      if (std::ranges::find(skip_, path) != skip_.end()) continue;
      const std::string name = relative + entry.name;
      auto added = entry.kind == FileKind::Directory
                       ? (depth < depth_limit ? add(path, name + "/", depth + 1) : Result<>{})
                       : add_file(path, name);
      if (!added && added.error().code != FailureCode::NotFound) return added;
    }
    return {};
  }

  std::string hex() { return digest_.hex(); }

 private:
  Result<> add_file(const std::string& path, const std::string& name) {
    auto status = files_.status(path, true);
    if (!status) return pass(std::move(status));
    if (status->kind != FileKind::File) return {};
    std::string content;
    if (status->size <= content_limit && count_++ < content_files) {
      Digest file = Digest::sha256();
      auto read = files_.read_pieces(path, [&](std::string_view piece) { file.update(piece); });
      if (!read) return read;
      content = file.hex();
    } else {
      content = format("{} {}", status->size, format_instant(status->modified));
    }
    // A length before each text, so that no two trees give the same bytes.
    digest_.update(format("{}:{}{}:{}", name.size(), name, content.size(), content));
    return {};
  }

  FileSystem& files_;
  const std::vector<std::string>& skip_;
  Digest digest_;
  std::size_t count_ = 0;
};

}  // namespace

Result<std::string> digest_of_tree(FileSystem& files, const std::string& directory,
                                   const std::vector<std::string>& skip) {
  TreeDigest digest(files, skip);
  if (auto added = digest.add(directory, "", 0); !added) return pass(std::move(added));
  return digest.hex();
}

}  // namespace cls::local
