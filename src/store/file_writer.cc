// SPDX-License-Identifier: Apache-2.0
#include "store/file_writer.h"

#include <algorithm>
#include <random>

#include "base/format.h"
#include "base/hash.h"

namespace cls::store {

namespace {

/// Directories left empty are removed; who loses that race this often in a row gives up.
constexpr int directory_races = 100;

/// The URI of the object or path that a file or directory inside the bucket is.
std::string uri_of(const FilePlace& place, const std::string& path) {
  Uri uri = place.uri;
  uri.key = path.substr(std::min(path.size(), place.root.size() + 1));
  return uri.to_string();
}

tl::unexpected<Failure> below_object(const FilePlace& place, const std::string& object) {
  if (object.size() <= place.root.size()) {
    return fail(FailureCode::Invalid,
                format("{} cannot be stored: its bucket's directory would be {}, but {} is no "
                       "directory",
                       place.uri.to_string(), place.root, object));
  }
  return fail(FailureCode::Invalid,
              format("{} cannot be stored: {} is an object (file {}), and as a file no object can "
                     "lie below another; take a key that does not begin with that one's and '/'",
                     place.uri.to_string(), uri_of(place, object), object));
}

tl::unexpected<Failure> above_objects(const FilePlace& place) {
  return fail(FailureCode::Invalid,
              format("{} cannot be stored: {}/ is a directory ({}) that holds other objects; take "
                     "another key than that directory's",
                     place.uri.to_string(), place.uri.to_string(), place.path));
}

tl::unexpected<Failure> cannot_write(const FilePlace& place, const Failure& failure) {
  return fail(failure.code,
              format("{} cannot be written: {}", place.uri.to_string(), failure.message));
}

bool is(const Failure& failure, FailureCode code) {
  return failure.code == code;
}

std::uint64_t random_base() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

}  // namespace

FileWriter::FileWriter(FileSystem& files, const FilePlaces& places, const FileReader& reader,
                       FileLocks& locks)
    : files_(files), places_(places), reader_(reader), locks_(locks), temp_base_(random_base()) {}

std::string FileWriter::temp_name() {
  return format("{}tmp-{:016x}{:08x}", reserved_prefix, temp_base_, ++temp_count_);
}

std::string FileWriter::remove_empty(std::string directory, const std::string& until) {
  // What is not empty, or is somebody's who came in between, stays; that is no failure.
  while (directory.size() > until.size() && files_.remove_directory(directory)) {
    directory = parent_path(directory);
  }
  return directory;
}

Result<ObjectInfo> FileWriter::write(const FilePlace& place, Install how,
                                     const FileContent& content) {
  auto staged = stage(place, how, content);
  if (!staged) return pass(std::move(staged));
  if (auto synced = sync(staged->unsynced); !synced) {
    discard(*staged);
    return cannot_write(place, synced.error());
  }
  if (auto installed = install(place, *staged, how); !installed) return pass(std::move(installed));
  if (auto synced = sync({staged->real}); !synced) return not_durable(place, synced.error());
  return std::move(staged->info);
}

Result<StagedFile> FileWriter::stage(const FilePlace& place, Install install,
                                     const FileContent& content) {
  for (int attempt = 0; attempt < directory_races; ++attempt) {
    auto where = landing(place);
    if (!where) return pass(std::move(where));
    if (!*where) continue;
    auto staged = stage_in(**where, place, install, content);
    if (staged && *staged) return std::move(**staged);
    remove_empty((*where)->directory, (*where)->existed);
    if (!staged) return pass(std::move(staged));
  }
  return fail(FailureCode::Unavailable,
              format("{} cannot be written: its directory {} goes away time and again",
                     place.uri.to_string(), place.directory()));
}

Result<std::optional<FileWriter::Landing>> FileWriter::landing(const FilePlace& place) {
  const std::string directory = place.directory();
  auto real = places_.real_path_inside(place, directory);
  if (real) return Landing{directory, *real, directory};
  if (!is(real.error(), FailureCode::NotFound)) return cannot_write(place, real.error());
  return make_landing(place);
}

Result<std::optional<FileWriter::Landing>> FileWriter::make_landing(const FilePlace& place) {
  const std::string directory = place.directory();
  std::string existing = directory;
  while (existing != "/") {
    const auto status = files_.status(existing, false);
    if (status) break;
    if (!is(status.error(), FailureCode::NotFound)) return cannot_write(place, status.error());
    existing = parent_path(existing);
  }
  const auto status = files_.status(existing, true);
  if (!status) {
    const auto link = files_.status(existing, false);
    if (!link || link->kind != FileKind::Symlink) return std::nullopt;  // went away meanwhile
  }
  if (!status || status->kind != FileKind::Directory) return below_object(place, existing);
  if (!place.whole_machine() && path_inside(existing, place.root)) {
    auto inside = places_.real_path_inside(place, existing);
    if (!inside && is(inside.error(), FailureCode::NotFound)) return std::nullopt;
    if (!inside) return cannot_write(place, inside.error());
  }
  auto made = files_.make_directories(directory);
  auto real = made ? places_.real_path_inside(place, directory)
                   : Result<std::string>(tl::unexpected<Failure>(made.error()));
  if (real) return Landing{directory, *real, existing, std::move(*made)};
  remove_empty(directory, existing);
  if (is(real.error(), FailureCode::NotFound)) return std::nullopt;
  return cannot_write(place, real.error());
}

Result<std::optional<StagedFile>> FileWriter::stage_in(const Landing& landing,
                                                       const FilePlace& place, Install install,
                                                       const FileContent& content) {
  StagedFile staged{.target = path_in(landing.real, place.name()),
                    .directory = landing.directory,
                    .real = landing.real,
                    .existed = landing.existed,
                    .temp = path_in(landing.real, temp_name()),
                    .info = {},
                    .unsynced = landing.changed};
  if (auto free = check_target(place, staged.target, install); !free) return pass(std::move(free));
  auto made = content.source.empty() ? files_.write_new(staged.temp, content.bytes)
                                     : files_.copy_new(content.source, staged.temp);
  if (!made && is(made.error(), FailureCode::Conflict)) return std::nullopt;  // name was taken
  if (!made && is(made.error(), FailureCode::NotFound)) {
    const auto directory = files_.status(landing.real, true);
    if (directory && directory->kind != FileKind::Directory) {
      return below_object(place, landing.directory);
    }
    // Either the source of a copy or the directory went away, which may be there again by now.
    if (content.source.empty() || files_.status(content.source, true)) return std::nullopt;
  }
  if (!made) return cannot_write(place, made.error());
  auto info = describe(place, content, staged.temp);
  if (!info) {
    static_cast<void>(files_.unlink(staged.temp));
    return cannot_write(place, info.error());
  }
  staged.info = std::move(*info);
  staged.unsynced.push_back(staged.temp);
  return std::optional(std::move(staged));
}

void FileWriter::owe(const std::string& directory) {
  const std::lock_guard lock(owed_mutex_);
  owed_[directory] = ++owed_count_;
}

/// What is owed stays so until it is done: others that sync meanwhile must not be ahead of it.
Result<> FileWriter::sync(std::vector<std::string> paths) {
  std::map<std::string, std::uint64_t> owed;
  {
    const std::lock_guard lock(owed_mutex_);
    owed = owed_;
  }
  for (const auto& [directory, number] : owed) {
    if (files_.status(directory, true)) paths.push_back(directory);
  }
  auto synced = files_.sync(paths);
  if (!synced) return synced;
  const std::lock_guard lock(owed_mutex_);
  for (const auto& [directory, number] : owed) {
    const auto found = owed_.find(directory);
    if (found != owed_.end() && found->second == number) owed_.erase(found);
  }
  return {};
}

void FileWriter::discard(const StagedFile& staged) {
  // A name that cannot be removed stays hidden; it changes nothing about any object.
  static_cast<void>(files_.unlink(staged.temp));
  remove_empty(staged.directory, staged.existed);
}

Result<> FileWriter::install(const FilePlace& place, const StagedFile& staged, Install install,
                             FileGuard held) {
  auto installed = install_file(place, staged.temp, staged.target, install, held);
  held = FileGuard{};
  if (!installed) {
    discard(staged);
  } else if (install == Install::IfAbsent) {
    static_cast<void>(files_.unlink(staged.temp));
  }
  return installed;
}

tl::unexpected<Failure> FileWriter::not_durable(const FilePlace& place, const Failure& failure) {
  const auto code =
      is(failure, FailureCode::NoSpace) ? FailureCode::NoSpace : FailureCode::Unavailable;
  return fail(code, format("{} is in place, but may not outlast a power failure: {}",
                           place.uri.to_string(), failure.message));
}

Result<ObjectInfo> FileWriter::describe(const FilePlace& place, const FileContent& content,
                                        const std::string& temp) const {
  if (content.source.empty() && content.bytes.size() <= md5_etag_limit) {
    return ObjectInfo{place.uri, content.bytes.size(), {}, md5_hex(content.bytes)};
  }
  return reader_.describe(place.uri, temp);
}

Result<> FileWriter::check_target(const FilePlace& place, const std::string& target,
                                  Install install) {
  auto status = files_.status(target, false);
  if (!status && is(status.error(), FailureCode::NotFound)) return {};
  if (!status) return cannot_write(place, status.error());
  if (status->kind == FileKind::Symlink) {
    const auto followed = files_.status(target, true);
    if (followed && followed->kind == FileKind::Directory) return above_objects(place);
  }
  if (status->kind == FileKind::Directory) {
    // One that a killed process left empty is in nobody's way.
    if (!place.whole_machine() && files_.remove_directory(target)) return {};
    return above_objects(place);
  }
  if (install != Install::IfAbsent) return {};
  return fail(FailureCode::Conflict,
              format("{}: an object is already there", place.uri.to_string()));
}

Result<> FileWriter::install_file(const FilePlace& place, const std::string& temp,
                                  const std::string& target, Install install, FileGuard& held) {
  if (install == Install::Over) {
    auto guard = locks_.take_if_possible(place);
    if (!guard) return pass(std::move(guard));
    held = std::move(*guard);
  }
  auto done =
      install == Install::IfAbsent ? files_.link(temp, target) : files_.rename(temp, target);
  if (done) return done;
  if (is(done.error(), FailureCode::Conflict) || is(done.error(), FailureCode::Invalid)) {
    // Somebody took the name meanwhile: say whether an object or a directory.
    if (auto free = check_target(place, target, install); !free) return free;
  }
  if (install == Install::IfAbsent && is(done.error(), FailureCode::Conflict)) {
    return fail(FailureCode::Conflict,
                format("{}: an object was there already", place.uri.to_string()));
  }
  if (is(done.error(), FailureCode::NotFound)) done.error().code = FailureCode::Unavailable;
  return cannot_write(place, done.error());
}

}  // namespace cls::store
