// SPDX-License-Identifier: Apache-2.0
#include "store/file_locks.h"

#include "base/format.h"

namespace cls::store {

namespace {

Result<> check_exclusion(FileSystem& files, const std::string& probe) {
  constexpr std::uint64_t some_byte = 7;
  auto held = files.lock_byte(probe, some_byte);
  if (!held) return pass(std::move(held));
  auto second = files.try_lock(probe);
  const auto broken = [&](std::string_view how) {
    return fail(FailureCode::Unsupported,
                format("the file system of {} has no working locks ({}); keep records on a local "
                       "disk, or mount it with locks",
                       parent_path(probe), how));
  };
  if (second) return broken("two were granted at once");
  if (second.error().code != FailureCode::Unavailable) return pass(std::move(second));
  held->reset();
  auto third = files.try_lock(probe);
  if (!third && third.error().code == FailureCode::Unavailable) {
    return broken("one was not let go");
  }
  if (!third) return pass(std::move(third));
  return {};
}

}  // namespace

Result<FileGuard> FileLocks::take(const FilePlace& place) {
  const std::uint64_t byte = place.lock_byte();
  std::unique_lock here(mutexes_.at(byte % mutexes_.size()));
  auto everywhere = files_.lock_byte(place.lock_path(), byte);
  if (!everywhere) return about(place.uri, everywhere.error());
  return FileGuard{std::move(here), std::move(*everywhere)};
}

Result<FileGuard> FileLocks::take_if_possible(const FilePlace& place) {
  if (place.whole_machine()) return FileGuard{};
  auto guard = take(place);
  if (!guard && guard.error().code == FailureCode::Unsupported) return FileGuard{};
  return guard;
}

Result<> FileLocks::prove(const std::string& probe) {
  auto checked = check_exclusion(files_, probe);
  auto removed = files_.unlink(probe);
  if (!removed && removed.error().code != FailureCode::NotFound && checked) return removed;
  return checked;
}

}  // namespace cls::store
