// SPDX-License-Identifier: Apache-2.0
// Home: the folder that holds everything of the local substrate. docs/formats/home.md.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/progress.h"
#include "base/shared_lock.h"
#include "base/ulid.h"
#include "local/stores.h"
#include "record/claim.h"
#include "store/observed_store.h"

namespace cls::local {

/// An open home. Thread-safe.
class Home {
 public:
  /// Opens the home, or makes one of a folder that is absent, empty, or holds only `stores/`.
  /// Refused: another folder, a newer format version, a file system without locks.
  static Result<std::unique_ptr<Home>> open(FileSystem& files, UlidSource& ids,
                                            const std::string& directory,
                                            const std::string& cls_version,
                                            const StoreContext& stores = {});
  /// The same for a home that must exist: NotFound says how to make one.
  static Result<std::unique_ptr<Home>> open_existing(FileSystem& files,
                                                     const std::string& directory,
                                                     const StoreContext& stores = {});

  const std::string& directory() const { return directory_; }
  const std::string& id() const { return id_; }
  std::string stores_directory() const { return directory_ + "/stores"; }
  std::string attempts() const { return directory_ + "/attempts"; }
  std::string containers() const { return directory_ + "/containers"; }
  std::string run() const { return directory_ + "/run"; }
  std::string database() const { return directory_ + "/cls.db"; }

  /// Keeps every process that would work in the home waiting as long as the lock lives; nullopt
  /// where one works there now.
  Result<std::optional<SharedLock>> close_to_others() const;

  /// Tells all processes at work in the home that something was deployed, enabled or disabled, or
  /// is to be tried again; how many bells took it. A hint.
  unsigned ring();

  FileSystem& files() { return files_; }
  Stores& stores() { return stores_; }
  store::ObjectStore& store() {
    return observed_ ? static_cast<store::ObjectStore&>(*observed_) : stores_.all();
  }

  /// From now on it is told how many objects go through store(). Before anything else is done with
  /// the home; `progress` outlives it.
  void observe(Progress& progress) { observed_.emplace(stores_.all(), progress); }
  /// What will be read, so that one who is told can say how much is left; nothing where nobody is.
  void expect(std::string things, const std::vector<store::ObservedStore::Expected>& expected) {
    if (observed_) observed_->expect(std::move(things), expected);
  }
  bool is_observed() const { return observed_.has_value(); }

 private:
  Home(FileSystem& files, std::string directory, std::string id, const StoreContext& stores);
  static Result<std::string> read_id(FileSystem& files, const std::string& directory);

  FileSystem& files_;
  std::string directory_;
  std::string id_;
  Stores stores_;
  std::optional<store::ObservedStore> observed_;
};

}  // namespace cls::local
