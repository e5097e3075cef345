// SPDX-License-Identifier: Apache-2.0
#include "local/home.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <vector>

#include "base/bell.h"
#include "base/format.h"
#include "base/mount.h"
#include "local/index_file.h"
#include "record/subscription.h"

namespace cls::local {

namespace {

constexpr std::uint64_t home_version = 1;

/// Names that make a folder with nothing else a home to be: data may be laid ready first, or
/// another process may be making the home, or have died while it did.
bool may_become_home(const std::vector<DirectoryEntry>& entries) {
  static constexpr std::array<std::string_view, 6> names{
      "stores", "attempts", "run", "home.lock", "home.json.new", "lost+found"};
  return std::ranges::all_of(entries, [](const auto& entry) {
    return std::ranges::find(names, entry.name) != names.end();
  });
}

/// Of a directory that need not be there: as what is there of its path.
Result<> refuse_remote(std::string directory) {
  auto mount = mount_of(directory);
  while (!mount && mount.error().code == FailureCode::NotFound && directory.size() > 1) {
    directory = directory.substr(0, std::max<std::size_t>(1, directory.rfind('/')));
    mount = mount_of(directory);
  }
  // What cannot be looked at is found to be wrong by what is done with it next.
  if (!mount || !mount->remote) return {};
  return fail(FailureCode::Unsupported, remote_home(directory, *mount));
}

}  // namespace

Home::Home(FileSystem& files, std::string directory, std::string id, const StoreContext& stores)
    : files_(files),
      directory_(std::move(directory)),
      id_(std::move(id)),
      stores_(files_, directory_, stores) {}

Result<std::optional<SharedLock>> Home::close_to_others() const {
  auto lock = SharedLock::take(directory_ + "/home.lock");
  if (!lock) return pass(std::move(lock));
  if (!lock->writable()) {
    return fail(FailureCode::Denied,
                format("{}: nothing can be written there; nothing was changed", directory_));
  }
  if (!lock->try_alone()) return std::optional<SharedLock>();
  return std::optional(std::move(*lock));
}

unsigned Home::ring() {
  return ring_bells(run(), Ring::Records);
}

Result<std::string> Home::read_id(FileSystem& files, const std::string& directory) {
  const std::string path = directory + "/home.json";
  auto bytes = files.read(path, 0, std::nullopt);
  if (!bytes) return pass(std::move(bytes));
  auto record = json::read_record<record::HomeRecord>(*bytes);
  if (!record) return fail(FailureCode::Invalid, format("{}: {}", path, record.error().message));
  if (record->version > home_version) {
    return fail(
        FailureCode::Unsupported,
        format("{} is a home of format version {}; this cls knows up to {}: use a newer cls",
               directory, record->version, home_version));
  }
  return record->id;
}

Result<std::unique_ptr<Home>> Home::open_existing(FileSystem& files, const std::string& directory,
                                                  const StoreContext& stores) {
  auto id = read_id(files, directory);
  if (const auto there = files.status(directory, true);
      !id && there && there->kind != FileKind::Directory) {
    return fail(FailureCode::NotFound, format("{} is no home: it is no directory", directory));
  }
  if (!id && id.error().code == FailureCode::NotFound) {
    return fail(FailureCode::NotFound,
                format("{} is no home (it has no home.json); `cls bootstrap --home {}` makes one",
                       directory, directory));
  }
  if (!id) return pass(std::move(id));
  return std::unique_ptr<Home>(new Home(files, directory, std::move(*id), stores));
}

Result<std::unique_ptr<Home>> Home::open(FileSystem& files, UlidSource& ids,
                                         const std::string& directory,
                                         const std::string& cls_version,
                                         const StoreContext& stores) {
  auto existing = open_existing(files, directory, stores);
  if (existing || existing.error().code != FailureCode::NotFound) return existing;
  if (auto local = refuse_remote(directory); !local) return pass(std::move(local));
  auto entries = files.entries(directory);
  if (!entries && entries.error().code != FailureCode::NotFound) return pass(std::move(entries));
  if (entries && !may_become_home(*entries)) {
    // Another process may have made it since this one looked.
    existing = open_existing(files, directory, stores);
    if (existing || existing.error().code != FailureCode::NotFound) return existing;
    return fail(FailureCode::Conflict,
                format("{} holds other files and no home.json: name an empty folder, or one with "
                       "only stores/ in it, as --home",
                       directory));
  }
  std::vector<std::string> unsynced;
  for (const char* name : {"/stores", "/attempts", "/run"}) {
    auto made = files.make_directories(directory + name);
    if (!made) return pass(std::move(made));
    std::ranges::move(*made, std::back_inserter(unsynced));
  }
  auto lock = files.lock(directory + "/home.lock");
  if (!lock) return pass(std::move(lock));
  existing = open_existing(files, directory, stores);
  if (existing || existing.error().code != FailureCode::NotFound) return existing;
  store::FileStore probe(files,
                         store::FileStoreLayout{.stores = directory + "/stores", .buckets = {}});
  const std::string bucket = record::store_name(
      {.provider = "local", .stage = {}, .account = {}, .region = {}}, record::StoreKind::Metadata);
  if (auto works = probe.check_locks("s3", bucket); !works) return pass(std::move(works));
  const record::HomeRecord record{
      .version = home_version, .id = ids.next(), .createdBy = "cls " + cls_version};
  // Written whole under another name first: a home.json is never half there.
  const std::string temporary = directory + "/home.json.new";
  static_cast<void>(files.unlink(temporary));
  if (auto done = files.write_new(temporary, json::write_record(record) + "\n"); !done)
    return pass(std::move(done));
  unsynced.push_back(temporary);
  if (auto done = files.sync(unsynced); !done) return pass(std::move(done));
  if (auto done = files.rename(temporary, directory + "/home.json"); !done)
    return pass(std::move(done));
  if (auto done = files.sync({directory}); !done) return pass(std::move(done));
  return std::unique_ptr<Home>(new Home(files, directory, record.id, stores));
}

}  // namespace cls::local
