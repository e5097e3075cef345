// SPDX-License-Identifier: Apache-2.0
#include "scenario/sandbox.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/error.h"
#include "base/format.h"
#include "base/ulid.h"

namespace cls::scenario {

namespace {

namespace fs = std::filesystem;

/// `text` with every `from` replaced by `to`; how many there were is added to `count`.
std::string replaced(const std::string& text, const std::string& from, const std::string& to,
                     std::size_t& count) {
  std::string result;
  std::size_t at = 0;
  for (auto found = text.find(from); found != std::string::npos; found = text.find(from, at)) {
    result += text.substr(at, found - at) + to;
    at = found + from.size();
    ++count;
  }
  return result + text.substr(at);
}

/// As most programs write: over what is there, no temporary file.
Result<> write_file(const std::string& path, const std::string& bytes) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  out.close();
  if (out) return {};
  return fail(FailureCode::Unavailable, format("cannot write {}", path));
}

Result<> done(const std::error_code& error, const std::string& doing) {
  if (!error) return {};
  return fail(FailureCode::Unavailable, format("{}: {}", doing, error.message()));
}

}  // namespace

Sandbox::Sandbox(const std::string& directory) {
  const SystemClock clock;
  UlidSource ids(clock);
  const fs::path root = fs::temp_directory_path() / ("cls-scenario-" + ids.next());
  root_ = root.string();
  std::error_code error;
  fs::create_directory(root, error);
  if (!error) fs::copy(directory, root, fs::copy_options::recursive, error);
  if (error) throw Error(format("cannot copy {} to {}: {}", directory, root_, error.message()));
}

Sandbox::~Sandbox() {
  if (keep_) return;
  std::error_code ignored;  // what is left lies in the temporary directory
  fs::remove_all(root_, ignored);
}

std::string Sandbox::resolve(const std::string& path) const {
  return path.starts_with('/') ? root_ + path : stores() + "/s3/" + path;
}

Result<> Sandbox::write(const Write& write, VirtualFiles& files, const Clock& clock) const {
  const std::string& text = write.text ? *write.text : write.path;
  for (unsigned n = 1; n <= write.count.value_or(1); ++n) {
    std::size_t ignored = 0;
    const auto numbered = [&](const std::string& with) {
      return write.count ? replaced(with, "{n}", std::to_string(n), ignored) : with;
    };
    const std::string path = resolve(numbered(write.path));
    if (auto written = write_file(path, numbered(text)); !written) return written;
    const Instant now = clock.now();
    if (auto stamped = files.arrive(path, write.modified.at(now)); !stamped) return stamped;
  }
  return {};
}

Result<> Sandbox::rename(const Rename& rename, VirtualFiles& files) const {
  const std::string from = resolve(rename.from);
  const std::string to = resolve(rename.to);
  std::error_code error;
  fs::create_directories(fs::path(to).parent_path(), error);
  fs::rename(from, to, error);
  if (auto renamed = done(error, format("cannot rename {}", from)); !renamed) return renamed;
  const auto status = files.status(to, true);
  if (!status) return tl::unexpected(status.error());
  // A renamed directory's files are as they were; a renamed file was changed now.
  return status->kind == FileKind::File ? files.arrive(to, status->modified) : Result<>{};
}

Result<> Sandbox::remove(const Delete& what) const {
  const std::string path = resolve(what.path);
  std::error_code error;
  const auto removed = fs::remove_all(path, error);
  if (!error && removed == 0) return fail(FailureCode::NotFound, format("there is no {}", path));
  return done(error, format("cannot delete {}", path));
}

Result<> Sandbox::edit(const Edit& edit) const {
  const std::string path = root_ + "/" + edit.path;
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(FailureCode::NotFound, format("cannot read {}", path));
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::size_t count = 0;
  const std::string edited = replaced(text, edit.from, edit.to, count);
  if (count == 0) {
    return fail(FailureCode::NotFound, format("'{}' is not in {}", edit.from, edit.path));
  }
  return write_file(path, edited);
}

}  // namespace cls::scenario
