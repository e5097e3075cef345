// SPDX-License-Identifier: Apache-2.0
// The stores that the conformance suite runs on, each with a fresh place.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/vfs.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/format.h"
#include "store/faulty_store.h"
#include "store/file_store.h"
#include "store/memory_store.h"
#include "store/observed_store.h"
#include "store/routed_store.h"
#include "store/s3_world_test.h"
#include "store/test_directory_test.h"

namespace cls::store {

inline bool is_tmpfs(const char* path) {
  struct statfs info{};
  return ::statfs(path, &info) == 0 && info.f_type == 0x01021994;
}

enum class StoreKind : std::uint8_t {
  Memory,
  FaultyWithoutFaults,
  Observed,
  FileOnDisk,
  FileOnTmpfs,
  S3,
  Routed
};

inline std::string kind_name(const ::testing::TestParamInfo<StoreKind>& info) {
  static constexpr std::array names{"memory", "faulty", "observed", "disk",
                                    "tmpfs",  "s3",     "routed"};
  return names.at(static_cast<std::size_t>(info.param));
}

/// Keeps what it was told last.
class CountedProgress final : public Progress {
 public:
  void tell(std::string_view, std::uint64_t done, std::uint64_t) override { last = done; }
  std::atomic<std::uint64_t> last = 0;
};

class StoreKinds : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    switch (GetParam()) {
      case StoreKind::Memory:
        store_ = std::make_unique<MemoryStore>(clock_);
        break;
      case StoreKind::FaultyWithoutFaults:
        inner_ = std::make_unique<MemoryStore>(clock_);
        store_ = std::make_unique<FaultyStore>(*inner_);
        break;
      case StoreKind::Observed:
        inner_ = std::make_unique<MemoryStore>(clock_);
        store_ = std::make_unique<ObservedStore>(*inner_, progress_);
        break;
      case StoreKind::FileOnTmpfs:
        if (!is_tmpfs("/dev/shm")) GTEST_SKIP() << "/dev/shm is no tmpfs here";
        directory_ = std::make_unique<TestDirectory>("/dev/shm");
        break;
      case StoreKind::FileOnDisk:
        directory_ = std::make_unique<TestDirectory>();
        break;
      case StoreKind::S3:
        s3_ = std::make_unique<S3World>();
        ASSERT_TRUE(s3_->ready()) << s3_->trouble();
        s3_->make_bucket("bucket");
        s3_->make_bucket("other-bucket");
        return;
      case StoreKind::Routed:  // the bucket on S3, the other in files
        s3_ = std::make_unique<S3World>(S3Buckets{"bucket", "no-bucket"});
        ASSERT_TRUE(s3_->ready()) << s3_->trouble();
        s3_->make_bucket("bucket");
        directory_ = std::make_unique<TestDirectory>();
        inner_ = std::make_unique<FileStore>(files_, layout());
        store_ = std::make_unique<RoutedStore>(*inner_, s3_->store(), files_, directory_->path());
        return;
    }
    if (directory_) store_ = std::make_unique<FileStore>(files_, layout());
  }

  bool on_files() const {
    return GetParam() == StoreKind::FileOnDisk || GetParam() == StoreKind::FileOnTmpfs;
  }
  /// True for a server of S3 whose objects are files: it cannot keep every key either.
  bool on_gateway() const { return on_s3() && s3_->on_files(); }
  bool on_s3() const { return s3_ != nullptr; }
  FileStoreLayout layout() const { return {.stores = directory_->path(), .buckets = {}}; }
  static Uri uri(std::string key, std::string bucket = "bucket") {
    return Uri{"s3", std::move(bucket), std::move(key)};
  }
  ObjectStore& store() { return store_ ? *store_ : s3_->store(); }

  SystemClock clock_;
  PosixFileSystem files_;
  CountedProgress progress_;
  std::unique_ptr<TestDirectory> directory_;
  std::unique_ptr<S3World> s3_;
  std::unique_ptr<ObjectStore> inner_;
  std::unique_ptr<ObjectStore> store_;
};

inline const auto all_kinds = ::testing::Values(
    StoreKind::Memory, StoreKind::FaultyWithoutFaults, StoreKind::Observed, StoreKind::FileOnDisk,
    StoreKind::FileOnTmpfs, StoreKind::S3, StoreKind::Routed);

/// The failure's code, or nothing: `EXPECT_EQ(code_of(store.get(uri)), FailureCode::NotFound)`.
template <class T>
std::optional<FailureCode> code_of(const Result<T>& result) {
  if (result) return std::nullopt;
  return result.error().code;
}

}  // namespace cls::store
