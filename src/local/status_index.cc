// SPDX-License-Identifier: Apache-2.0
#include "local/status_index.h"

#include "base/format.h"
#include "base/mount.h"

namespace cls::local {

namespace {

/// Stamps of files tick every few milliseconds, on some file systems every two seconds.
constexpr std::chrono::seconds stamp_tick{3};
/// A source with more directories is listed instead.
constexpr std::size_t directory_limit = 10'000;
/// What a status has read it knows without the index too: it does not wait long for others.
constexpr const char* short_wait = "PRAGMA busy_timeout=2000";
constexpr std::string_view nothing_there = "absent";

}  // namespace

StatusIndex::StatusIndex(Home& home) : home_(home), database_(home.database()) {
  database_.execute(short_wait);
  database_.execute(
      "CREATE TABLE IF NOT EXISTS status (subject TEXT PRIMARY KEY, facts BLOB NOT NULL)");
}

/// nullopt where it is on S3 or on a file system that tells nothing of what others change there.
std::optional<std::string> StatusIndex::directory_of(const Uri& prefix) {
  Uri directory = prefix;
  if (!directory.key.ends_with('/')) return std::nullopt;
  directory.key.pop_back();
  auto path = home_.stores().local_path(directory);
  if (!path) return std::nullopt;
  const auto mount = mount_of(*path);
  if (mount ? mount->remote : mount.error().code != FailureCode::NotFound) return std::nullopt;
  return std::move(*path);
}

/// nullopt also where the home shares records with others.
std::optional<std::string> StatusIndex::directory_of_records(const Uri& prefix) {
  const auto bucket = home_.stores().directory_of(prefix.bucket);
  if (bucket != home_.stores_directory() + "/s3/" + prefix.bucket) return std::nullopt;
  return directory_of(prefix);
}

std::optional<std::string> StatusIndex::stamp_of(const std::string& directory) {
  const auto status = home_.files().status(directory, true);
  if (!status) {
    return status.error().code == FailureCode::NotFound ? std::optional<std::string>(nothing_there)
                                                        : std::nullopt;
  }
  if (status->kind != FileKind::Directory || !is_settled(status->changed)) return std::nullopt;
  return format("{} {} {}", status->device, status->inode,
                status->changed.time_since_epoch().count());
}

std::optional<std::string> StatusIndex::stamp(const Uri& prefix) {
  const auto directory = directory_of_records(prefix);
  return directory ? stamp_of(*directory) : std::nullopt;
}

std::optional<std::vector<std::string>> StatusIndex::names(const Uri& prefix) {
  const auto directory = directory_of_records(prefix);
  if (!directory) return std::nullopt;
  const auto entries = home_.files().entries(*directory);
  std::vector<std::string> names;
  if (!entries) {
    return entries.error().code == FailureCode::NotFound ? std::optional(std::move(names))
                                                         : std::nullopt;
  }
  names.reserve(entries->size());
  for (const auto& entry : *entries) {
    if (entry.kind == FileKind::Symlink) return std::nullopt;
    names.push_back(entry.name);
  }
  return names;
}

/// One reading of the directory, however many files there are: a store's listing reads it again for
/// each page while it changes.
Result<bool> StatusIndex::for_each_file(const Uri& prefix,
                                        const std::function<Result<>(const File&)>& take) {
  const auto there = names(prefix);
  const auto directory = directory_of_records(prefix);
  if (!there || !directory) return false;
  File file;
  for (const auto& name : *there) {
    const auto status = home_.files().status(*directory + "/" + name, false);
    if (!status && status.error().code == FailureCode::NotFound) continue;
    if (!status) return tl::unexpected<Failure>(status.error());
    if (status->kind != FileKind::File) continue;
    file.name = name;
    file.size = status->size;
    file.modified = status->modified;
    if (auto taken = take(file); !taken) return pass(std::move(taken));
  }
  return true;
}

/// False where there are too many, or links.
bool StatusIndex::add_tree(const std::string& directory, std::size_t& count, std::string& stamps) {
  const auto stamp = stamp_of(directory);
  if (!stamp || ++count > directory_limit || directory.find('\n') != std::string::npos) {
    return false;
  }
  stamps += format("{}\t{}\n", *stamp, directory);
  if (*stamp == nothing_there) return true;
  const auto mount = mount_of(directory);
  if (!mount || mount->remote) return false;
  const auto entries = home_.files().entries(directory);
  if (!entries) return false;
  for (const auto& entry : *entries) {
    if (entry.kind == FileKind::Symlink) return false;
    if (entry.kind == FileKind::Directory && !add_tree(directory + "/" + entry.name, count, stamps))
      return false;
  }
  return true;
}

std::optional<std::string> StatusIndex::tree_stamp(const Uri& prefix) {
  const auto directory = directory_of(prefix);
  std::size_t count = 0;
  std::string stamps;
  if (!directory || !add_tree(*directory, count, stamps)) return std::nullopt;
  return stamps;
}

bool StatusIndex::is_unchanged(const std::string& tree_stamp) {
  for (std::size_t begin = 0; begin < tree_stamp.size();) {
    const auto tab = tree_stamp.find('\t', begin);
    const auto end = tree_stamp.find('\n', begin);
    if (tab > end || end == std::string::npos) return false;
    const auto now = stamp_of(tree_stamp.substr(tab + 1, end - tab - 1));
    if (!now || *now != std::string_view(tree_stamp).substr(begin, tab - begin)) return false;
    begin = end + 1;
  }
  return true;
}

bool StatusIndex::is_settled(Instant modified) {
  return modified + stamp_tick < home_.files().stamp_time();
}

std::optional<std::string> StatusIndex::find(const std::string& subject) {
  asked_.insert(subject);
  try {
    Statement select(database_, "SELECT facts FROM status WHERE subject = ?1");
    select.bind(1, subject);
    if (!select.step()) return std::nullopt;
    return select.text(0);
  } catch (const Error& error) {  // an index: the records are read instead
    trouble_ = error.what();
    return std::nullopt;
  }
}

void StatusIndex::keep(const std::string& subject, const std::string& facts) {
  try {
    Statement insert(database_, "REPLACE INTO status (subject, facts) VALUES (?1, ?2)");
    insert.bind(1, subject).bind_bytes(2, facts);
    insert.run();
  } catch (const Error& error) {  // an index: they are read again the next time
    trouble_ = error.what();
  }
}

std::uint64_t StatusIndex::queued(const std::string& arc) {
  Statement there(database_, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'queue'");
  if (!there.step()) return 0;
  Statement count(database_, "SELECT count(*) FROM queue WHERE arc = ?1 AND taken_by IS NULL");
  count.bind(1, arc);
  return count.step() ? static_cast<std::uint64_t>(count.number(0)) : 0;
}

void StatusIndex::forget_others() {
  try {
    std::vector<std::string> others;
    {
      Statement all(database_, "SELECT subject FROM status");
      while (all.step()) {
        if (std::string subject = all.text(0); !asked_.contains(subject)) {
          others.push_back(std::move(subject));
        }
      }
    }
    for (const auto& subject : others) {
      Statement remove(database_, "DELETE FROM status WHERE subject = ?1");
      remove.bind(1, subject).run();
    }
  } catch (const Error& error) {  // they are in nobody's way
    trouble_ = error.what();
  }
}

}  // namespace cls::local
