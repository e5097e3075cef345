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

bool same_file(const FileStatus& a, const FileStatus& b) {
  return a.size == b.size && a.modified == b.modified && a.inode == b.inode;
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

void Scanner::consider(const std::string& path, const std::string& relative, bool whole,
                       std::vector<Candidate>& found, ScanResult& result) {
  auto status = files_.status(path, true);
  if (!status) {
    if (status.error().code != FailureCode::NotFound)
      result.unreadable.emplace(path, status.error().message);
    return;
  }
  if (status->kind != FileKind::File) return;
  ++result.looked_at;
  found.push_back({path, {base_.scheme, base_.bucket, base_.key + relative}, *status, whole});
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
                   std::vector<Candidate>& found, ScanResult& result) {
  auto entries = files_.entries(directory);
  if (!entries) {
    if (entries.error().code != FailureCode::NotFound)
      result.unreadable.emplace(directory, entries.error().message);
    return;
  }
  if (!enter(directory)) return;
  for (const auto& entry : *entries) {
    if (entry.name.starts_with(store::reserved_prefix)) continue;
    const std::string path = directory + "/" + entry.name;
    FileKind kind = entry.kind;
    if (kind == FileKind::Symlink) {
      // Links are followed inside the root only, and not to a directory that holds the link.
      const auto target = files_.status(path, true);
      if (!target || !inside_root(path)) continue;
      kind = target->kind;
    }
    if (kind == FileKind::Directory && depth < depth_limit) {
      walk(path, relative + entry.name + "/", depth + 1, found, result);
    } else if (kind == FileKind::File) {
      consider(path, relative + entry.name, false, found, result);
    }
  }
  entered_.pop_back();
}

ScanResult Scanner::scan(const Known& known) {
  ScanResult result;
  std::vector<Candidate> found;
  entered_.clear();
  walk(root_, "", 0, found, result);
  return take(std::move(found), known, std::move(result));
}

ScanResult Scanner::look(const std::vector<std::string>& whole,
                         const std::vector<std::string>& other, const Known& known) {
  ScanResult result;
  std::vector<Candidate> found;
  const auto add = [&](const std::string& path, bool is_whole) {
    if (!path.starts_with(root_ + "/")) return;
    const std::string relative = path.substr(root_.size() + 1);
    const auto status = files_.status(path, false);
    if (!status ||
        relative.find(std::string("/") + std::string(store::reserved_prefix)) !=
            std::string::npos ||
        relative.starts_with(store::reserved_prefix)) {
      return;
    }
    if (status->kind == FileKind::Symlink && !inside_root(path)) return;
    if (status->kind == FileKind::Directory) {
      enter_above(relative);
      walk(path, relative + "/", 1, found, result);
    } else {
      consider(path, relative, is_whole, found, result);
    }
  };
  for (const auto& path : whole) add(path, true);
  for (const auto& path : other) add(path, false);
  return take(std::move(found), known, std::move(result));
}

bool Scanner::is_quiet(const FileStatus& status, Instant now) const {
  // A time in the future says nothing; then the time of the last change of any kind does.
  const Instant last = status.modified > now ? status.changed : status.modified;
  return last <= now - boundary_.quiet;
}

ScanResult Scanner::take(std::vector<Candidate> candidates, const Known& known, ScanResult result) {
  // What is known needs no second look. Its hash is not taken for that: size and mtime say enough.
  std::erase_if(candidates, [&](const Candidate& candidate) {
    const auto same = unchanged_.find(candidate.path);
    if (same != unchanged_.end() && same->second.first == candidate.status.size &&
        same->second.second == candidate.status.modified) {
      return true;
    }
    return known(candidate.uri, {.size = candidate.status.size,
                                 .mtime = format_instant(candidate.status.modified),
                                 .sha256 = std::nullopt,
                                 .etag = std::nullopt,
                                 .versionId = std::nullopt});
  });
  const Instant now = clock_.now();
  const auto settled = [&](const Candidate& candidate) {
    return candidate.whole || (candidate.status.modified <= now - long_quiet &&
                               candidate.status.changed <= now - long_quiet);
  };
  if (!std::ranges::all_of(candidates, settled)) {
    clock_.sleep_for(between_looks);
    std::erase_if(candidates, [&](const Candidate& candidate) {
      if (settled(candidate)) return false;
      const auto again = files_.status(candidate.path, true);
      if (again && same_file(*again, candidate.status) && is_quiet(*again, clock_.now()))
        return false;
      if (again) result.unquiet.push_back(candidate.path);
      return true;
    });
  }
  const bool hash = candidates.size() <= hash_files_limit;
  for (const auto& candidate : candidates) {
    if (auto made = arrival(candidate, hash, known, result))
      result.arrivals.push_back(std::move(*made));
  }
  return result;
}

std::optional<flow::Arrival> Scanner::arrival(const Candidate& candidate, bool hash,
                                              const Known& known, ScanResult& result) {
  record::ObjectVersion version{.size = candidate.status.size,
                                .mtime = format_instant(candidate.status.modified),
                                .sha256 = std::nullopt,
                                .etag = std::nullopt,
                                .versionId = std::nullopt};
  if (hash && candidate.status.size <= hash_bytes_limit) {
    Digest digest = Digest::sha256();
    auto read =
        files_.read_pieces(candidate.path, [&](std::string_view piece) { digest.update(piece); });
    const auto after = files_.status(candidate.path, true);
    if (!read) {
      if (read.error().code != FailureCode::NotFound)
        result.unreadable.emplace(candidate.path, read.error().message);
      return std::nullopt;
    }
    if (!after || !same_file(*after, candidate.status)) {
      result.unquiet.push_back(candidate.path);
      return std::nullopt;
    }
    version.sha256 = digest.hex();
    if (known(candidate.uri, version)) {
      if (unchanged_.size() >= unchanged_limit) unchanged_.clear();
      unchanged_[candidate.path] = {candidate.status.size, candidate.status.modified};
      return std::nullopt;
    }
  }
  unchanged_.erase(candidate.path);
  return flow::Arrival{.uri = candidate.uri,
                       .version = std::move(version),
                       .modified = candidate.status.modified,
                       .event = candidate.status.changed,
                       .first_seen = clock_.now()};
}

}  // namespace cls::local
