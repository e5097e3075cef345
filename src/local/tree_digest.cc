// SPDX-License-Identifier: Apache-2.0
#include "local/tree_digest.h"

#include <algorithm>
#include <functional>

#include "base/format.h"
#include "base/hash.h"

namespace cls::local {

namespace {

constexpr std::uint64_t content_limit = std::uint64_t{64} << 20U;
constexpr std::size_t content_files = 10'000;
constexpr int depth_limit = 100;

/// The files of a tree that count, in order of their names.
class TreeWalk {
 public:
  using Take = std::function<Result<>(const std::string& path, const std::string& name)>;

  TreeWalk(FileSystem& files, const std::vector<std::string>& skip, Take take)
      : files_(files), skip_(skip), take_(std::move(take)) {}

  Result<> walk(const std::string& directory, const std::string& relative = "", int depth = 0) {
    auto entries = files_.entries(directory);
    if (!entries) return pass(std::move(entries));
    for (const auto& entry : *entries) {
      if (entry.name.starts_with('.') || entry.name == "__pycache__") continue;
      const std::string path = directory + "/" + entry.name;
      if (std::ranges::find(skip_, path) != skip_.end()) continue;
      const std::string name = relative + entry.name;
      auto taken = entry.kind == FileKind::Directory
                       ? (depth < depth_limit ? walk(path, name + "/", depth + 1) : Result<>{})
                       : take_(path, name);
      if (!taken && taken.error().code != FailureCode::NotFound) return taken;
    }
    return {};
  }

 private:
  FileSystem& files_;
  const std::vector<std::string>& skip_;
  Take take_;
};

class TreeDigest {
 public:
  explicit TreeDigest(FileSystem& files) : files_(files), digest_(Digest::sha256()) {}

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

  std::string hex() { return digest_.hex(); }

 private:
  FileSystem& files_;
  Digest digest_;
  std::size_t count_ = 0;
};

}  // namespace

Result<std::string> digest_of_tree(FileSystem& files, const std::string& directory,
                                   const std::vector<std::string>& skip, Progress* progress) {
  std::uint64_t total = 0;
  if (progress != nullptr) {
    const auto count = [&](const std::string&, const std::string&) -> Result<> {
      ++total;
      return {};
    };
    if (auto counted = TreeWalk(files, skip, count).walk(directory); !counted) {
      return pass(std::move(counted));
    }
  }
  TreeDigest digest(files);
  std::uint64_t done = 0;
  const auto add = [&](const std::string& path, const std::string& name) {
    if (progress != nullptr) progress->tell("files of programs", ++done, total);
    return digest.add_file(path, name);
  };
  if (auto added = TreeWalk(files, skip, add).walk(directory); !added) {
    return pass(std::move(added));
  }
  return digest.hex();
}

}  // namespace cls::local
