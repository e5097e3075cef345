// SPDX-License-Identifier: Apache-2.0
// ScriptedFileSystem: the real file system, whose calls are counted and can be made to fail.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/format.h"

namespace cls::store {

class ScriptedFileSystem : public FileSystem {
 public:
  /// Asked before each call that changes something, locks or reads a whole file in pieces: a code
  /// makes it fail.
  std::function<std::optional<FailureCode>(const std::string& call, const std::string& path)> plan;
  /// Run before each read of an open file.
  std::function<void(const std::string& path)> before_read;
  std::chrono::nanoseconds clock_ahead{0};
  std::map<std::string, int> calls;
  std::vector<std::vector<std::string>> synced;  ///< what each sync() was about

  Result<FileStatus> status(const std::string& path, bool follow) override {
    count("status");
    return real_.status(path, follow);
  }
  Result<std::vector<DirectoryEntry>> entries(const std::string& directory) override {
    count("entries");
    return real_.entries(directory);
  }
  Result<std::string> real_path(const std::string& path) override { return real_.real_path(path); }
  Instant stamp_time() override { return real_.stamp_time() + clock_ahead; }
  Result<std::unique_ptr<OpenFile>> open(const std::string& path) override;
  Result<std::string> read(const std::string& path, std::uint64_t offset,
                           std::optional<std::uint64_t> length) override {
    return real_.read(path, offset, length);
  }
  Result<> read_pieces(const std::string& path,
                       const std::function<void(std::string_view)>& take) override {
    return run("read_pieces", path, [&] { return real_.read_pieces(path, take); });
  }
  Result<> write_new(const std::string& path, std::string_view bytes) override {
    return run("write_new", path, [&] { return real_.write_new(path, bytes); });
  }
  Result<> copy_new(const std::string& source, const std::string& path) override {
    return run("copy_new", path, [&] { return real_.copy_new(source, path); });
  }
  Result<> append(const std::string& path, std::string_view bytes) override {
    return run("append", path, [&] { return real_.append(path, bytes); });
  }
  Result<> link(const std::string& from, const std::string& to) override {
    return run("link", to, [&] { return real_.link(from, to); });
  }
  Result<> rename(const std::string& from, const std::string& to) override {
    return run("rename", to, [&] { return real_.rename(from, to); });
  }
  Result<> unlink(const std::string& path) override {
    return run("unlink", path, [&] { return real_.unlink(path); });
  }
  Result<> remove_directory(const std::string& path) override {
    return run("remove_directory", path, [&] { return real_.remove_directory(path); });
  }
  Result<std::vector<std::string>> make_directories(const std::string& path) override {
    return run("make_directories", path,
               [&] { return Result<std::vector<std::string>>(real_.make_directories(path)); });
  }
  Result<> sync(const std::vector<std::string>& paths) override {
    {
      const std::lock_guard lock(mutex_);
      synced.push_back(paths);
    }
    return run("sync", paths.empty() ? "" : paths.front(), [&] { return real_.sync(paths); });
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    return run("lock", path, [&] { return real_.lock(path); });
  }
  Result<std::unique_ptr<FileLock>> lock_byte(const std::string& path,
                                              std::uint64_t byte) override {
    return run("lock_byte", path, [&] { return real_.lock_byte(path, byte); });
  }
  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override {
    if (locks_are_granted_twice) return std::make_unique<FileLock>();
    return run("try_lock", path, [&] { return real_.try_lock(path); });
  }
  bool locks_are_granted_twice = false;

 private:
  class Watched;
  void count(const std::string& call) {
    const std::lock_guard lock(mutex_);
    ++calls[call];
  }
  template <class Call>
  auto run(const std::string& call, const std::string& path, Call&& body) -> decltype(body()) {
    count(call);
    if (plan) {
      if (const auto code = plan(call, path)) {
        return fail(*code, format("{} {}: injected", call, path));
      }
    }
    return body();
  }
  PosixFileSystem real_;
  std::mutex mutex_;
};

class ScriptedFileSystem::Watched final : public OpenFile {
 public:
  Watched(ScriptedFileSystem& owner, std::string path, std::unique_ptr<OpenFile> file)
      : owner_(owner), path_(std::move(path)), file_(std::move(file)) {}
  Result<FileStatus> status() override { return file_->status(); }
  Result<std::string> read(std::uint64_t offset, std::optional<std::uint64_t> length) override {
    if (owner_.before_read) owner_.before_read(path_);
    return file_->read(offset, length);
  }

 private:
  ScriptedFileSystem& owner_;
  std::string path_;
  std::unique_ptr<OpenFile> file_;
};

inline Result<std::unique_ptr<OpenFile>> ScriptedFileSystem::open(const std::string& path) {
  auto file = real_.open(path);
  if (!file) return file;
  return std::make_unique<Watched>(*this, path, std::move(*file));
}

}  // namespace cls::store
