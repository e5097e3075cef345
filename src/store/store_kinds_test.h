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

namespace cls::store {

/// A directory of the test's own, removed with all that is in it.
class TestDirectory {
 public:
  explicit TestDirectory(const std::string& parent = ::testing::TempDir()) {
    static std::atomic<int> count{0};
    path_ = std::filesystem::canonical(parent).string() +
            format("/cls-store-{}-{}", ::getpid(), ++count);
    std::filesystem::create_directories(path_);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline bool is_tmpfs(const char* path) {
  struct statfs info{};
  return ::statfs(path, &info) == 0 && info.f_type == 0x01021994;
}

enum class StoreKind : std::uint8_t { Memory, FaultyWithoutFaults, FileOnDisk, FileOnTmpfs };

inline std::string kind_name(const ::testing::TestParamInfo<StoreKind>& info) {
  static constexpr std::array names{"memory", "faulty", "disk", "tmpfs"};
  return names.at(static_cast<std::size_t>(info.param));
}

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
      case StoreKind::FileOnTmpfs:
        if (!is_tmpfs("/dev/shm")) GTEST_SKIP() << "/dev/shm is no tmpfs here";
        directory_ = std::make_unique<TestDirectory>("/dev/shm");
        break;
      case StoreKind::FileOnDisk:
        directory_ = std::make_unique<TestDirectory>();
        break;
    }
    if (directory_) store_ = std::make_unique<FileStore>(files_, layout());
  }

  bool on_files() const {
    return GetParam() == StoreKind::FileOnDisk || GetParam() == StoreKind::FileOnTmpfs;
  }
  FileStoreLayout layout() const { return {.stores = directory_->path(), .buckets = {}}; }
  static Uri uri(std::string key, std::string bucket = "bucket") {
    return Uri{"s3", std::move(bucket), std::move(key)};
  }
  ObjectStore& store() { return *store_; }

  SystemClock clock_;
  PosixFileSystem files_;
  std::unique_ptr<TestDirectory> directory_;
  std::unique_ptr<MemoryStore> inner_;
  std::unique_ptr<ObjectStore> store_;
};

inline const auto all_kinds = ::testing::Values(StoreKind::Memory, StoreKind::FaultyWithoutFaults,
                                                StoreKind::FileOnDisk, StoreKind::FileOnTmpfs);

/// The failure's code, or nothing: `EXPECT_EQ(code_of(store.get(uri)), FailureCode::NotFound)`.
template <class T>
std::optional<FailureCode> code_of(const Result<T>& result) {
  if (result) return std::nullopt;
  return result.error().code;
}

}  // namespace cls::store
