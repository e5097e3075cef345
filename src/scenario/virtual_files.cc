// SPDX-License-Identifier: Apache-2.0
#include "scenario/virtual_files.h"

#include <filesystem>
#include <system_error>

#include "base/format.h"

namespace cls::scenario {

namespace {

Result<> set_modified(const std::string& path, Instant modified) {
  std::error_code error;
  std::filesystem::last_write_time(path, std::chrono::file_clock::from_sys(modified), error);
  if (!error) return {};
  return fail(FailureCode::Unavailable,
              format("cannot set the modification time of {}: {}", path, error.message()));
}

}  // namespace

/// An open file whose status has the virtual stamps.
class VirtualFiles::Opened final : public OpenFile {
 public:
  Opened(const VirtualFiles& owner, std::unique_ptr<OpenFile> file)
      : owner_(owner), file_(std::move(file)) {}
  Result<FileStatus> status() override {
    return file_->status().map([this](const FileStatus& found) { return owner_.restamped(found); });
  }
  Result<std::string> read(std::uint64_t offset, std::optional<std::uint64_t> length) override {
    return file_->read(offset, length);
  }

 private:
  const VirtualFiles& owner_;
  std::unique_ptr<OpenFile> file_;
};

FileStatus VirtualFiles::restamped(FileStatus status) const {
  const std::lock_guard lock(mutex_);
  const auto arrived = changed_.find({status.device, status.inode});
  status.changed = arrived == changed_.end() ? status.modified : arrived->second;
  return status;
}

Result<> VirtualFiles::arrive(const std::string& path, Instant modified) {
  if (auto done = set_modified(path, modified); !done) return done;
  const auto status = files_.status(path, true);
  if (!status) return tl::unexpected(status.error());
  const std::lock_guard lock(mutex_);
  changed_[{status->device, status->inode}] = clock_.now();
  return {};
}

/// What was written here has the clock's time; an inode that is used again is another file.
Result<> VirtualFiles::stamp(const std::string& path, const Result<>& written) {
  if (!written) return written;
  const auto status = files_.status(path, true);
  if (!status) return tl::unexpected(status.error());
  {
    const std::lock_guard lock(mutex_);
    changed_.erase({status->device, status->inode});
  }
  return set_modified(path, clock_.now());
}

Result<FileStatus> VirtualFiles::status(const std::string& path, bool follow) {
  return files_.status(path, follow).map([this](const FileStatus& found) {
    return restamped(found);
  });
}

Result<std::unique_ptr<OpenFile>> VirtualFiles::open(const std::string& path) {
  auto file = files_.open(path);
  if (!file) return file;
  return std::make_unique<Opened>(*this, std::move(*file));
}

Result<> VirtualFiles::write_new(const std::string& path, std::string_view bytes) {
  return stamp(path, files_.write_new(path, bytes));
}
Result<> VirtualFiles::copy_new(const std::string& source, const std::string& path) {
  return stamp(path, files_.copy_new(source, path));
}
Result<> VirtualFiles::append(const std::string& path, std::string_view bytes) {
  return stamp(path, files_.append(path, bytes));
}

Result<std::vector<DirectoryEntry>> VirtualFiles::entries(const std::string& directory) {
  return files_.entries(directory);
}
Result<std::string> VirtualFiles::real_path(const std::string& path) {
  return files_.real_path(path);
}
Result<std::string> VirtualFiles::read(const std::string& path, std::uint64_t offset,
                                       std::optional<std::uint64_t> length) {
  return files_.read(path, offset, length);
}
Result<> VirtualFiles::read_pieces(const std::string& path,
                                   const std::function<void(std::string_view)>& take) {
  return files_.read_pieces(path, take);
}
Result<> VirtualFiles::link(const std::string& from, const std::string& to) {
  return files_.link(from, to);
}
Result<> VirtualFiles::rename(const std::string& from, const std::string& to) {
  return files_.rename(from, to);
}
Result<> VirtualFiles::unlink(const std::string& path) {
  return files_.unlink(path);
}
Result<> VirtualFiles::remove_directory(const std::string& path) {
  return files_.remove_directory(path);
}
Result<std::vector<std::string>> VirtualFiles::make_directories(const std::string& path) {
  return files_.make_directories(path);
}
Result<> VirtualFiles::sync(const std::vector<std::string>& paths) {
  return files_.sync(paths);
}
Result<std::unique_ptr<FileLock>> VirtualFiles::lock(const std::string& path) {
  return files_.lock(path);
}
Result<std::unique_ptr<FileLock>> VirtualFiles::lock_byte(const std::string& path,
                                                          std::uint64_t byte) {
  return files_.lock_byte(path, byte);
}
Result<std::unique_ptr<FileLock>> VirtualFiles::try_lock(const std::string& path) {
  return files_.try_lock(path);
}

}  // namespace cls::scenario
