// SPDX-License-Identifier: Apache-2.0
#include "local/attempt_retention.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/ulid.h"
#include "flow/claim_store.h"

namespace cls::local {

namespace {

constexpr std::size_t most_folders = 200'000;
constexpr int deepest = 100;
/// What happened to an attempt's files this recently may still go on.
constexpr std::chrono::hours recent{1};
/// A file takes up whole blocks, and so does a folder.
constexpr std::uint64_t block = 4096;

struct Folder {
  std::string attempt;
  std::uint64_t bytes = 0;
  Instant changed{};
  bool unfinished = false;
};

class Pass {
 public:
  Pass(FileSystem& files, const RetentionPass& pass) : files_(files), pass_(pass) {}

  RetentionReport run() {
    auto folders = removable();
    std::erase_if(folders, [&](const Folder& folder) {
      const bool old = !folder.unfinished && pass_.now - folder.changed > pass_.limits.age;
      return old && remove(folder);
    });
    // Of what is too much, the last attempts of lots that are not complete go last.
    std::ranges::stable_sort(folders, {}, &Folder::unfinished);
    for (const auto& folder : folders) {
      if (total_ <= pass_.limits.bytes || pass_.stop()) break;
      remove(folder);
    }
    return report_;
  }

 private:
  /// The folders that may be removed, oldest first; `total_` is the size of all.
  std::vector<Folder> removable() {
    std::vector<Folder> folders;
    auto entries = files_.entries(pass_.directory);
    if (!entries) return folders;
    if (entries->size() > most_folders) entries->resize(most_folders);
    for (const auto& entry : *entries) {
      if (pass_.stop()) return {};
      if (entry.kind != FileKind::Directory || !is_ulid(entry.name)) continue;
      Folder folder{.attempt = entry.name,
                    .bytes = 0,
                    .changed = time_of_ulid(entry.name).value_or(pass_.now),
                    .unfinished = pass_.claimed->unfinished.contains(entry.name)};
      measure(pass_.directory + "/" + entry.name, folder, 0);
      total_ += folder.bytes;
      if (!in_use(folder)) folders.push_back(std::move(folder));
    }
    return folders;
  }

  void measure(const std::string& directory, Folder& folder, int depth) {
    folder.bytes += block;
    const auto entries = files_.entries(directory);
    if (!entries || depth > deepest) return;
    for (const auto& entry : *entries) {
      const std::string path = directory + "/" + entry.name;
      if (entry.kind == FileKind::Directory) {
        measure(path, folder, depth + 1);
        continue;
      }
      const auto status = files_.status(path, false);
      if (!status) continue;
      folder.bytes += (status->size + block - 1) / block * block;
      folder.changed = std::max(folder.changed, status->modified);
    }
  }

  bool in_use(const Folder& folder) {
    if (pass_.claimed->running.contains(folder.attempt)) return true;
    if (pass_.now - folder.changed < recent) return true;
    const auto text =
        files_.read(pass_.directory + "/" + folder.attempt + "/group", 0, std::nullopt);
    int group = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), group);
    return group > 1 && pass_.lives(folder.attempt, group);
  }

  bool remove(const Folder& folder) {
    if (auto removed = remove_tree(pass_.directory + "/" + folder.attempt, 0); !removed) {
      if (report_.failed++ == 0) report_.failure = removed.error().message;
      return false;
    }
    total_ -= folder.bytes;
    report_.bytes += folder.bytes;
    ++report_.removed;
    return true;
  }

  Result<> remove_tree(const std::string& directory, int depth) {
    auto entries = files_.entries(directory);
    if (!entries && entries.error().code == FailureCode::NotFound) return {};  // another's work
    if (!entries) return pass(std::move(entries));
    if (depth > deepest) return fail(FailureCode::Invalid, directory + " is nested too deep");
    for (const auto& entry : *entries) {
      const std::string path = directory + "/" + entry.name;
      auto removed =
          entry.kind == FileKind::Directory ? remove_tree(path, depth + 1) : files_.unlink(path);
      if (!removed && removed.error().code != FailureCode::NotFound) return removed;
    }
    auto removed = files_.remove_directory(directory);
    if (!removed && removed.error().code == FailureCode::NotFound) return {};
    return removed;
  }

  FileSystem& files_;
  const RetentionPass& pass_;
  RetentionReport report_;
  std::uint64_t total_ = 0;
};

}  // namespace

Result<ClaimedAttempts> claimed_attempts(store::ObjectStore& store,
                                         const flow::Deployment& deployment) {
  ClaimedAttempts attempts;
  const auto take = [&](const flow::StoredClaim& stored) {
    const auto& claim = stored.claim;
    if (claim.state == record::ClaimState::running) attempts.running.insert(claim.attempt);
    if (claim.result == record::ClaimResult::complete) return;
    attempts.unfinished.insert(claim.attempt);
    if (claim.error) attempts.unfinished.insert(claim.error->attempt);
  };
  for (const auto& arc : deployment.arcs()) {
    auto walked = flow::for_each_claim(store, arc, take, [](const Uri&, const Failure&) {});
    if (!walked) return pass(std::move(walked));
  }
  return attempts;
}

RetentionReport keep_attempts(FileSystem& files, const RetentionPass& pass) {
  return Pass(files, pass).run();
}

}  // namespace cls::local
