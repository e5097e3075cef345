// SPDX-License-Identifier: Apache-2.0
#include "local/attempt_logs.h"

#include <charconv>
#include <ranges>

#include "base/host.h"

namespace cls::local {

namespace {

/// More than this is none of ours.
constexpr std::uint64_t most_bytes = std::uint64_t{64} * 1024;

template <class T>
std::optional<T> read_file(FileSystem& files, const std::string& path) {
  const auto bytes = files.read(path, 0, most_bytes);
  if (!bytes) return std::nullopt;
  auto record = json::read_record<T>(*bytes);
  return record ? std::optional(std::move(*record)) : std::nullopt;
}

bool matches(const AttemptQuery& query, const work::AttemptSubject& subject) {
  const bool project = query.project.empty() || query.project == subject.project.name ||
                       query.project == subject.project.to_string();
  return project && (query.arc.empty() || query.arc == subject.arc) &&
         (query.lot.empty() || query.lot == subject.lot);
}

}  // namespace

std::optional<AttemptGroup> group_of(FileSystem& files, const std::string& directory,
                                     const std::string& attempt) {
  const auto text = files.read(directory + "/" + attempt + "/group", 0, most_bytes);
  AttemptGroup group;
  if (text) std::from_chars(text->data(), text->data() + text->size(), group.id);
  if (group.id <= 1) return std::nullopt;
  group.lives = process_group_has(group.id, "CLS_ATTEMPT=" + attempt);
  return group;
}

std::optional<AttemptEnd> end_of(FileSystem& files, const std::string& folder) {
  return read_file<AttemptEnd>(files, folder + "/result.json");
}

Result<std::vector<AttemptLog>> find_attempts(FileSystem& files, const std::string& directory,
                                              const AttemptQuery& query, std::size_t most) {
  std::vector<AttemptLog> found;
  auto entries = files.entries(directory);
  if (!entries && entries.error().code == FailureCode::NotFound) return found;
  if (!entries) return pass(std::move(entries));
  // Their names begin with the time.
  for (const auto& entry : std::views::reverse(*entries)) {
    if (found.size() >= most) break;
    if (entry.kind != FileKind::Directory) continue;
    if (!query.attempt.empty() && entry.name != query.attempt) continue;
    AttemptLog log{
        .attempt = entry.name, .folder = directory + "/" + entry.name, .subject = {}, .end = {}};
    auto subject =
        read_file<work::AttemptSubject>(files, log.folder + "/" + std::string(work::subject_file));
    if (subject) log.subject = std::move(*subject);
    if (query.attempt.empty() && (!subject || !matches(query, log.subject))) continue;
    log.end = end_of(files, log.folder);
    found.push_back(std::move(log));
  }
  return found;
}

}  // namespace cls::local
