// SPDX-License-Identifier: Apache-2.0
#include "local/scanner.h"

#include <algorithm>

#include "base/format.h"
#include "base/hash.h"

namespace cls::local {

namespace {

constexpr int depth_limit = 100;
/// Larger files, and all of a larger scan, are told apart by size and mtime alone.
constexpr std::uint64_t hash_bytes_limit = std::uint64_t{64} << 20U;
constexpr std::size_t hash_files_limit = 10'000;
constexpr std::chrono::milliseconds between_looks{200};
constexpr std::chrono::seconds long_quiet{60};
constexpr std::size_t unchanged_limit = 100'000;

bool same_file(const FileStatus& now, const flow::ArrivalBatch::File& before, std::uint64_t inode) {
  return now.size == before.size && now.modified == before.modified && now.inode == inode;
}

}  // namespace

Scanner::Scanner(FileSystem& files, Clock& clock, const model::BoundaryPlan& boundary,
                 std::string root, Uri base)
    : files_(files),
      clock_(clock),
      boundary_(boundary),
      root_(std::move(root)),
      base_(std::move(base)) {
  while (root_.size() > 1 && root_.ends_with('/')) root_.pop_back();
}

bool Scanner::inside_root(const std::string& path) {
  const auto real = files_.real_path(path);
  const auto real_root = files_.real_path(root_);
  return real && real_root && key_in_path(*real, *real_root);
}

/// A file of that name below the root: it is dropped where it is known. Its hash is not taken for
/// that: size and mtime say enough.
void Scanner::consider(const std::string& relative, std::string_view directory, bool whole,
                       Look& look) {
  const std::string path = root_ + "/" + relative;
  auto status = files_.status(path, true);
  if (!status) {
    if (status.error().code != FailureCode::NotFound)
      look.result.unreadable.emplace(path, status.error().message);
    return;
  }
  if (status->kind != FileKind::File) return;
  ++look.result.looked_at;
  const Uri uri{base_.scheme, base_.bucket, base_.key + relative};
  if (is_known(path, uri, *status, look.known)) return;
  look.result.arrivals.enter(directory);
  look.result.arrivals.add(
      flow::ArrivalBatch::File{.name = std::string_view(relative).substr(directory.size()),
                               .size = status->size,
                               .modified = status->modified,
                               .changed = status->changed});
  look.seen.push_back({.inode = status->inode, .whole = whole});
}

bool Scanner::is_known(const std::string& path, const Uri& uri, const FileStatus& status,
                       const Known& known) const {
  const auto same = unchanged_.find(path);
  if (same != unchanged_.end() && same->second.first == status.size &&
      same->second.second == status.modified) {
    return true;
  }
  return known(uri, {.size = status.size,
                     .mtime = format_instant(status.modified),
                     .sha256 = std::nullopt,
                     .etag = std::nullopt,
                     .versionId = std::nullopt});
}

/// Notes that the walk is in `directory` from now on; false where it is already, by way of a link.
bool Scanner::enter(const std::string& directory) {
  const auto status = files_.status(directory, true);
  const auto id =
      status ? std::pair{status->device, status->inode} : std::pair<std::uint64_t, std::uint64_t>{};
  if (status && std::ranges::find(entered_, id) != entered_.end()) return false;
  entered_.push_back(id);
  return true;
}

/// As if a walk had come from the root to the directory that holds `relative`.
void Scanner::enter_above(const std::string& relative) {
  entered_.clear();
  enter(root_);
  for (auto slash = relative.find('/'); slash != std::string::npos;
       slash = relative.find('/', slash + 1)) {
    enter(root_ + "/" + relative.substr(0, slash));
  }
}

void Scanner::walk(const std::string& directory, const std::string& relative, int depth,
                   Look& look) {
  auto entries = files_.entries(directory);
  if (!entries) {
    if (entries.error().code != FailureCode::NotFound)
      look.result.unreadable.emplace(directory, entries.error().message);
    return;
  }
  if (!enter(directory)) return;
  for (const auto& entry : *entries) {
    if (store::is_hidden(entry.name)) continue;
    FileKind kind = entry.kind;
    if (kind == FileKind::Symlink) {
      // Links are followed inside the root only, and not to a directory that holds the link.
      const std::string path = directory + "/" + entry.name;
      const auto target = files_.status(path, true);
      if (!target || !inside_root(path)) continue;
      kind = target->kind;
    }
    if (kind == FileKind::Directory && depth < depth_limit) {
      walk(directory + "/" + entry.name, relative + entry.name + "/", depth + 1, look);
    } else if (kind == FileKind::File) {
      consider(relative + entry.name, relative, false, look);
    }
  }
  entered_.pop_back();
}

ScanResult Scanner::scan(const Known& known) {
  Look look(base_, known);
  entered_.clear();
  walk(root_, "", 0, look);
  return take(std::move(look));
}

void Scanner::look_at(const std::string& path, bool whole, Look& look) {
  if (!path.starts_with(root_ + "/")) return;
  const std::string relative = path.substr(root_.size() + 1);
  const auto status = files_.status(path, false);
  if (!status || store::is_hidden(relative)) return;
  if (status->kind == FileKind::Symlink && !inside_root(path)) return;
  if (status->kind == FileKind::Directory) {
    enter_above(relative);
    walk(path, relative + "/", 1, look);
  } else {
    consider(relative, std::string_view(relative).substr(0, relative.rfind('/') + 1), whole, look);
  }
}

ScanResult Scanner::look(const std::vector<std::string>& whole,
                         const std::vector<std::string>& other, const Known& known) {
  Look look(base_, known);
  for (const auto& path : whole) look_at(path, true, look);
  for (const auto& path : other) look_at(path, false, look);
  return take(std::move(look));
}

bool Scanner::is_quiet(Instant modified, Instant changed, Instant now) const {
  // A time in the future says nothing; then the time of the last change of any kind does.
  const Instant last = modified > now ? changed : modified;
  return last <= now - boundary_.quiet;
}

/// Keeps what is quiet, after a second look at what was changed lately.
void Scanner::look_twice(Look& look) {
  auto& [known, result, seen] = look;
  auto& arrivals = result.arrivals;
  const Instant now = clock_.now();
  const auto settled = [&](std::size_t i) {
    const auto file = arrivals.file(i);
    return seen[i].whole || (file.modified <= now - long_quiet && file.changed <= now - long_quiet);
  };
  // What is not quiet yet need not be looked at twice now: later, and nobody waits for it.
  keep_some(look, [&](std::size_t i) {
    const auto file = arrivals.file(i);
    const bool quiet = settled(i) || is_quiet(file.modified, file.changed, now);
    if (!quiet) result.unquiet.push_back(root_ + "/" + arrivals.relative(i));
    return quiet;
  });
  std::size_t first = 0;
  while (first < seen.size() && settled(first)) ++first;
  if (first == seen.size()) return;
  clock_.sleep_for(between_looks);
  keep_some(look, [&](std::size_t i) {
    if (settled(i)) return true;
    const std::string path = root_ + "/" + arrivals.relative(i);
    const auto again = files_.status(path, true);
    const bool quiet = again && same_file(*again, arrivals.file(i), seen[i].inode) &&
                       is_quiet(again->modified, again->changed, clock_.now());
    if (again && !quiet) result.unquiet.push_back(path);
    return quiet;
  });
}

/// Keeps those of a look that `keep` says yes to, asked once for each in order.
void Scanner::keep_some(Look& look, const std::function<bool(std::size_t)>& keep) {
  auto& seen = look.seen;
  std::size_t kept = 0;
  look.result.arrivals.keep_if([&](std::size_t i) {
    const bool stays = keep(i);
    if (stays) seen[kept++] = seen[i];
    return stays;
  });
  seen.resize(kept);
}

ScanResult Scanner::take(Look look) {
  look_twice(look);
  auto& arrivals = look.result.arrivals;
  const bool hash = arrivals.size() <= hash_files_limit;
  if (hash) {
    std::vector<bool> taken(arrivals.size());
    for (std::size_t i = 0; i < taken.size(); ++i) taken[i] = take_hash(i, look);
    arrivals.keep_if([&](std::size_t i) { return taken[i]; });
  }
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    arrivals.set_first_seen(i, clock_.now());
    if (!unchanged_.empty()) unchanged_.erase(root_ + "/" + arrivals.relative(i));
  }
  return std::move(look.result);
}

/// False for a file that cannot be read, is being written, or holds bytes that are known.
bool Scanner::take_hash(std::size_t index, Look& look) {
  auto& [known, result, seen] = look;
  const auto file = result.arrivals.file(index);
  if (file.size > hash_bytes_limit) return true;
  const std::string path = root_ + "/" + result.arrivals.relative(index);
  Digest digest = Digest::sha256();
  auto read = files_.read_pieces(path, [&](std::string_view piece) { digest.update(piece); });
  const auto after = files_.status(path, true);
  if (!read) {
    if (read.error().code != FailureCode::NotFound)
      result.unreadable.emplace(path, read.error().message);
    return false;
  }
  if (!after || !same_file(*after, file, seen[index].inode)) {
    result.unquiet.push_back(path);
    return false;
  }
  result.arrivals.set_sha256(index, digest.hex());
  const auto arrival = result.arrivals.at(index);
  if (!known(arrival.uri, arrival.version)) return true;
  if (unchanged_.size() >= unchanged_limit) unchanged_.clear();
  unchanged_[path] = {file.size, file.modified};
  return false;
}

}  // namespace cls::local
