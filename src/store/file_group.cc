// SPDX-License-Identifier: Apache-2.0
#include "store/file_group.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/format.h"

namespace cls::store {

namespace {

template <class T>
bool is_absent(const Result<T>& result) {
  return !result && result.error().code == FailureCode::NotFound;
}

tl::unexpected<Failure> absent(const Uri& uri, std::string_view wanted) {
  return fail(FailureCode::Conflict,
              format("no object {} with the ETag {}: it is absent", uri.to_string(), wanted));
}

bool any_failed(const auto& items) {
  return std::ranges::any_of(items, [](const auto& item) { return item.failure.has_value(); });
}

}  // namespace

Result<> check_version(const FileReader& reader, const FilePlace& place, std::string_view etag) {
  auto current = reader.head(place);
  if (is_absent(current)) return absent(place.uri, etag);
  if (!current) return pass(std::move(current));
  return check_etag(*current, etag);
}

Result<FileGuard> lock_version(FileLocks& locks, const FileReader& reader, const FilePlace& place,
                               std::string_view etag) {
  auto guard = locks.take(place);
  if (is_absent(guard)) return absent(place.uri, etag);
  if (!guard) return guard;
  if (auto same = check_version(reader, place, etag); !same) return pass(std::move(same));
  return guard;
}

Result<> check_etag(const ObjectInfo& there, std::string_view wanted) {
  if (there.etag == wanted) return {};
  return fail(FailureCode::Conflict, format("{} has another ETag: wanted {}, found {}",
                                            there.uri.to_string(), wanted, there.etag));
}

Result<StagedFile> FileGroup::stage(Item& item) {
  auto place = parts_.places.place(item.write->uri);
  if (!place) return pass(std::move(place));
  item.place = std::move(*place);
  const auto& etag = item.write->etag;
  // Compared without the lock first: who loses writes nothing and waits for no disk.
  if (etag) {
    if (auto same = check_version(parts_.reader, item.place, *etag); !same) {
      return pass(std::move(same));
    }
  }
  return parts_.writer.stage(item.place, etag ? Install::OverLocked : Install::IfAbsent,
                             {.bytes = item.write->bytes});
}

/// False if one of them failed: what comes after this step is not tried.
bool FileGroup::stage(Items& items) {
  for (auto& item : items) {
    auto staged = stage(item);
    if (staged) {
      item.staged = std::move(*staged);
    } else {
      item.failure = staged.error();
    }
  }
  return !any_failed(items);
}

void FileGroup::sync_staged() {
  std::vector<std::string> paths;
  for (const auto& items : items_) {
    for (const auto& item : items) {
      if (item.staged) std::ranges::copy(item.staged->unsynced, std::back_inserter(paths));
    }
  }
  if (paths.empty()) return;
  auto synced = parts_.writer.sync(std::move(paths));
  if (synced) return;
  for (auto& items : items_) {
    for (auto& item : items) {
      if (!item.staged) continue;
      parts_.writer.discard(*std::exchange(item.staged, std::nullopt));
      item.failure = Failure{
          synced.error().code,
          format("{} cannot be written: {}", item.place.uri.to_string(), synced.error().message)};
    }
  }
}

void FileGroup::install(Item& item) {
  const auto staged = *std::exchange(item.staged, std::nullopt);
  const auto& etag = item.write->etag;
  FileGuard guard;
  Result<> ready;
  if (etag) {
    auto locked = lock_version(parts_.locks, parts_.reader, item.place, *etag);
    if (locked) {
      guard = std::move(*locked);
    } else {
      ready = pass(std::move(locked));
      parts_.writer.discard(staged);
    }
  }
  if (ready) {
    ready = parts_.writer.install(item.place, staged,
                                  etag ? Install::OverLocked : Install::IfAbsent, std::move(guard));
  }
  if (ready) {
    item.etag = staged.info.etag;
    item.place.path = staged.target;  // the real one: its directory is what is synced
  } else {
    item.failure = ready.error();
  }
}

void FileGroup::install(Items& items) {
  for (auto& item : items) {
    if (item.staged) install(item);
  }
}

void FileGroup::sync_directories(Items& items) {
  std::set<std::string> directories;
  for (const auto& item : items) {
    if (item.failure) continue;
    if (item.write->durable == Durable::Now) {
      directories.insert(item.place.directory());
    } else {
      parts_.writer.owe(item.place.directory());
    }
  }
  if (directories.empty()) return;
  auto synced = parts_.writer.sync({directories.begin(), directories.end()});
  if (synced) return;
  for (auto& item : items) {
    if (item.failure || item.write->durable != Durable::Now) continue;
    item.failure = FileWriter::not_durable(item.place, synced.error()).value();
  }
}

WriteResults FileGroup::results(Items& items) const {
  WriteResults results;
  for (auto& item : items) {
    if (item.failure) {
      results.emplace_back(tl::unexpected<Failure>(std::move(*item.failure)));
    } else {
      results.emplace_back(std::move(item.etag));
    }
  }
  return results;
}

std::vector<WriteResults> FileGroup::run() {
  for (const auto& step : steps_) {
    auto& items = items_.emplace_back();
    for (const auto& one : step) items.push_back({.write = &one});
    if (!stage(items)) break;
  }
  sync_staged();
  std::vector<WriteResults> done;
  bool going_on = true;
  for (auto& items : items_) {
    if (!going_on) {
      for (const auto& item : items) {
        if (item.staged) parts_.writer.discard(*item.staged);
      }
      continue;
    }
    install(items);
    sync_directories(items);
    going_on = !any_failed(items);
    done.push_back(results(items));
  }
  return done;
}

}  // namespace cls::store
