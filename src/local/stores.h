// SPDX-License-Identifier: Apache-2.0
// Stores: the stores of a home as one: files below stores/, and the buckets that --store says are
// elsewhere. docs/formats/store.md.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "store/file_store.h"
#include "store/s3_place.h"

namespace cls::local {

/// Where buckets are that are not below a home's stores/.
struct StoreMap {
  /// Scheme and bucket → an absolute directory.
  std::map<std::pair<std::string, std::string>, std::string> directories = {};
  store::S3Places s3 = {};

  /// Adds `s3://bucket=https://endpoint/bucket` or `s3://bucket=DIR`, where DIR may be relative to
  /// `working_directory`; Invalid says what is wrong.
  Result<> add(std::string_view text, const std::string& working_directory);
};

/// What stores elsewhere need; outlives them.
struct StoreContext {
  StoreMap map = {};
  /// Both needed with buckets on S3: of what is written, and of signatures and time-outs.
  Clock* clock = nullptr;
  Clock* network_clock = nullptr;
  std::function<std::optional<std::string>(const std::string&)> getenv = {};
};

/// Thread-safe.
class Stores {
 public:
  /// `directory` is the home's.
  Stores(FileSystem& files, const std::string& directory, const StoreContext& context);
  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;
  ~Stores();

  store::ObjectStore& all();
  /// The path of an object's file, there or not; Unsupported for an object that is no file.
  Result<std::string> local_path(const Uri& uri);
  /// The names of the buckets of s3:// that there are, wherever they are; sorted.
  Result<std::vector<std::string>> buckets();
  /// The directory of a bucket of s3://, there or not; nullopt where it is on S3.
  std::optional<std::string> directory_of(const std::string& bucket) const;

  /// Proves of all buckets that are elsewhere that they can be reached.
  Result<> check();
  /// Proves of those that hold records that conditional writes are heeded there, or that locks
  /// work: writes an object to those on S3 (docs/formats/store.md). Unsupported where they do not.
  Result<> check_records();

 private:
  struct OnS3;

  FileSystem& disk_;
  std::string stores_;
  StoreMap map_;
  store::FileStore files_;
  std::unique_ptr<OnS3> s3_;
};

}  // namespace cls::local
