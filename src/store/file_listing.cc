// SPDX-License-Identifier: Apache-2.0
#include "store/file_listing.h"

#include <algorithm>
#include <compare>
#include <optional>
#include <string_view>

#include "base/format.h"
#include "base/text.h"

namespace cls::store {

namespace {

/// Directories with fewer entries are quick to read again.
constexpr std::size_t worth_remembering = 2000;
constexpr std::size_t remembered_at_most = 4;
/// A directory that changed less than this before it was read may change again without a new stamp
/// (stamps tick every few milliseconds, on some file systems every two seconds).
constexpr std::chrono::seconds stamp_tick{3};

bool key_order(const KeyEntry& a, const KeyEntry& b) {
  const std::size_t common = std::min(a.name.size(), b.name.size());
  const int order = a.name.compare(0, common, b.name, 0, common);
  if (order != 0) return order < 0;
  const auto next = [common](const KeyEntry& entry) -> int {
    if (entry.name.size() > common) return static_cast<unsigned char>(entry.name[common]);
    return entry.is_directory ? '/' : -1;
  };
  return next(a) < next(b);
}

/// A link to what is absent, or to itself.
bool leads_nowhere(const Failure& failure) {
  return failure.code == FailureCode::NotFound || failure.code == FailureCode::Invalid;
}

/// What a directory entry is to the store; nothing if it is not for listings.
Result<std::optional<KeyEntry>> key_entry(FileSystem& files, const std::string& directory,
                                          const std::string& real_root, DirectoryEntry entry) {
  if (is_hidden(entry.name) || entry.kind == FileKind::Other) {
    return std::nullopt;
  }
  KeyEntry key{std::move(entry.name), entry.kind == FileKind::Directory, {}};
  if (entry.kind != FileKind::Symlink) return key;
  auto real = files.real_path(path_in(directory, key.name));
  if (!real && leads_nowhere(real.error())) return std::nullopt;
  if (!real) return pass(std::move(real));
  if (!path_inside(*real, real_root)) return std::nullopt;
  const auto status = files.status(*real, true);
  if (!status && leads_nowhere(status.error())) return std::nullopt;
  if (!status) return tl::unexpected<Failure>(status.error());
  if (status->kind != FileKind::File && status->kind != FileKind::Directory) return std::nullopt;
  key.is_directory = status->kind == FileKind::Directory;
  key.target = std::move(*real);
  return key;
}

bool same(const FileStatus& a, const FileStatus& b) {
  return a.inode == b.inode && a.device == b.device && a.modified == b.modified &&
         a.changed == b.changed;
}

/// One walk over the keys of a bucket from a directory on.
class Walk {
 public:
  /// Takes an object's key and status, or, rolled up, a directory's key and nullptr; false ends.
  using Take = std::function<Result<bool>(const std::string& key, const FileStatus* status)>;

  Walk(FileSystem& files, KeyDirectories& directories, std::vector<std::string> chain)
      : files_(files), directories_(directories), chain_(std::move(chain)) {}

  /// Visits what lies in the last directory of the chain, whose key is `key` ("" or ending in '/'):
  /// names that start with `partial` whose keys come after `start_after`. False: taker had enough.
  Result<bool> visit(const std::string& key, std::string_view partial,
                     const std::string& start_after, bool roll_up, const Take& take);

 private:
  Result<bool> visit_entry(const std::string& key, const KeyEntry& entry,
                           const std::string& start_after, bool roll_up, const Take& take);
  /// Goes down into a directory; nothing where a link leads back up.
  bool enter(const KeyEntry& entry);
  Result<bool> holds_object(const std::string& key);

  FileSystem& files_;
  KeyDirectories& directories_;
  std::vector<std::string> chain_;  ///< real paths from the bucket's directory to the present one
};

bool Walk::enter(const KeyEntry& entry) {
  const auto above = [&](const std::string& place) { return path_inside(place, entry.target); };
  if (!entry.target.empty() && std::ranges::any_of(chain_, above)) return false;
  chain_.push_back(entry.target.empty() ? path_in(chain_.back(), entry.name) : entry.target);
  return true;
}

Result<bool> Walk::visit(const std::string& key, std::string_view partial,
                         const std::string& start_after, bool roll_up, const Take& take) {
  const std::string here = chain_.back();
  auto entries = directories_.read(here, chain_.front());
  if (!entries) {
    if (entries.error().code == FailureCode::NotFound) return true;  // went away meanwhile
    return pass(std::move(entries));
  }
  const auto before = [&](const KeyEntry& entry) {
    const std::string whole = key + entry.name + (entry.is_directory ? "/" : "");
    if (whole.compare(key.size(), partial.size(), partial) < 0) return true;
    if (entry.is_directory && !roll_up && start_after.starts_with(whole)) return false;
    return whole <= start_after;
  };
  auto at = std::partition_point((*entries)->begin(), (*entries)->end(), before);
  for (; at != (*entries)->end() && at->name.starts_with(partial); ++at) {
    auto more = visit_entry(key, *at, start_after, roll_up, take);
    if (!more || !*more) return more;
  }
  directories_.forget(here);
  return true;
}

Result<bool> Walk::visit_entry(const std::string& key, const KeyEntry& entry,
                               const std::string& start_after, bool roll_up, const Take& take) {
  if (!entry.is_directory) {
    const std::string path =
        entry.target.empty() ? path_in(chain_.back(), entry.name) : entry.target;
    const auto status = files_.status(path, true);
    if (status) return status->kind == FileKind::File ? take(key + entry.name, &*status) : true;
    if (status.error().code == FailureCode::NotFound) return true;
    return tl::unexpected<Failure>(status.error());
  }
  if (!enter(entry)) return true;
  const std::string below = key + entry.name + "/";
  Result<bool> more = true;
  if (!roll_up) {
    more = visit(below, "", start_after, false, take);
  } else if (auto holds = holds_object(below); !holds) {
    more = std::move(holds);
  } else if (*holds) {
    more = take(below, nullptr);
  }
  chain_.pop_back();
  return more;
}

Result<bool> Walk::holds_object(const std::string& key) {
  bool found = false;
  Walk probe(files_, directories_, chain_);
  auto walked = probe.visit(key, "", "", false, [&](const std::string&, const FileStatus*) {
    found = true;
    return Result<bool>(false);
  });
  if (!walked) return walked;
  return found;
}

/// Real paths of the bucket's directory and those on the way to `directory_key` ("" or ending in
/// '/'); empty where there is no such directory that listings enter.
Result<std::vector<std::string>> chain_to(FileSystem& files, const std::string& real_root,
                                          std::string_view directory_key) {
  std::vector<std::string> chain{real_root};
  if (directory_key.empty()) return chain;
  directory_key.remove_suffix(1);
  for (const auto& name : split(directory_key, '/')) {
    const std::string path = path_in(chain.back(), name);
    const auto status = files.status(path, false);
    if (!status) {
      if (status.error().code == FailureCode::NotFound) return std::vector<std::string>{};
      return tl::unexpected<Failure>(status.error());
    }
    auto entry = key_entry(files, chain.back(), real_root, {name, status->kind});
    if (!entry) return pass(std::move(entry));
    const auto loops = [&](const std::string& place) {
      return !(*entry)->target.empty() && path_inside(place, (*entry)->target);
    };
    if (!*entry || !(*entry)->is_directory || std::ranges::any_of(chain, loops)) {
      return std::vector<std::string>{};
    }
    chain.push_back((*entry)->target.empty() ? path : (*entry)->target);
  }
  return chain;
}

}  // namespace

Result<KeyEntries> KeyDirectories::read(const std::string& directory,
                                        const std::string& real_root) {
  const auto status = files_.status(directory, true);
  if (!status) return tl::unexpected<Failure>(status.error());
  if (auto known = recall(directory, *status)) return known;
  bool lasting = std::max(status->modified, status->changed) + stamp_tick < files_.stamp_time();
  auto entries = files_.entries(directory);
  if (!entries) return pass(std::move(entries));
  auto keys = std::make_shared<std::vector<KeyEntry>>();
  keys->reserve(entries->size());
  for (auto& entry : *entries) {
    if (entry.kind == FileKind::Symlink) lasting = false;  // its target changes without a stamp
    auto key = key_entry(files_, directory, real_root, std::move(entry));
    if (!key) return pass(std::move(key));
    if (*key) keys->push_back(std::move(**key));
  }
  std::ranges::sort(*keys, key_order);
  if (lasting && keys->size() >= worth_remembering) remember({directory, *status, keys});
  return KeyEntries(std::move(keys));
}

KeyEntries KeyDirectories::recall(const std::string& directory, const FileStatus& status) {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(remembered_, directory, &Remembered::directory);
  if (known == remembered_.end()) return nullptr;
  if (same(known->status, status)) return known->entries;
  remembered_.erase(known);
  return nullptr;
}

void KeyDirectories::remember(Remembered remembered) {
  const std::lock_guard lock(mutex_);
  std::erase_if(remembered_,
                [&](const Remembered& old) { return old.directory == remembered.directory; });
  if (remembered_.size() == remembered_at_most) remembered_.erase(remembered_.begin());
  remembered_.push_back(std::move(remembered));
}

void KeyDirectories::forget(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  std::erase_if(remembered_, [&](const Remembered& old) { return old.directory == directory; });
}

Result<ListPage> FileListing::list(const ListRequest& request) {
  if (auto checked = check_request(request); !checked) return pass(std::move(checked));
  const Uri& prefix = request.prefix;
  auto root = places_.root(prefix.scheme, prefix.bucket);
  if (!root) return pass(std::move(root));
  if (auto checked = places_.check_prefix(prefix); !checked) return pass(std::move(checked));
  auto real_root = files_.real_path(root->empty() ? "/" : *root);
  if (!real_root && real_root.error().code == FailureCode::NotFound) {
    return fail(FailureCode::NotFound, format("list {}: there is no bucket '{}' (no directory {})",
                                              prefix.to_string(), prefix.bucket, *root));
  }
  if (!real_root) return about(prefix, real_root.error());
  const std::string key = prefix.key.substr(0, prefix.key.find_last_of('/') + 1);
  auto chain = chain_to(files_, *real_root, key);
  if (!chain) return about(prefix, chain.error());
  ListPage page;
  if (chain->empty()) return page;
  const auto take = [&](const std::string& found, const FileStatus* status) -> Result<bool> {
    if (page.objects.size() + page.prefixes.size() == request.limit) {
      page.truncated = true;
      return false;
    }
    page.next_start_after = found;
    if (status == nullptr) {
      page.prefixes.push_back(found);
    } else {
      page.objects.push_back(
          {Uri{prefix.scheme, prefix.bucket, found}, status->size, status->modified, {}});
    }
    return true;
  };
  Walk walk(files_, directories_, std::move(*chain));
  auto walked = walk.visit(key, std::string_view(prefix.key).substr(key.size()),
                           request.start_after, !request.delimiter.empty(), take);
  if (!walked) return about(prefix, walked.error());
  if (!page.truncated) page.next_start_after.clear();
  return page;
}

}  // namespace cls::store
