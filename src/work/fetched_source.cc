// SPDX-License-Identifier: Apache-2.0
#include "work/fetched_source.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "base/format.h"
#include "store/file_store.h"
#include "work/copy_jobs.h"

namespace cls::work {

namespace {

constexpr const char* bucket = "fetched";
constexpr std::uint64_t piece = std::uint64_t{4} << 20U;

}  // namespace

FetchedSource::FetchedSource(store::ObjectStore& store, FileSystem& files, Uri path,
                             std::string directory)
    : store_(store), files_(files), base_(std::move(path)), directory_(std::move(directory)) {}

Result<std::string> fetched_path(FileSystem& files, const Uri& path, const std::string& directory,
                                 const Uri& member) {
  // No store is needed for a name.
  store::FileStore names(files, {.stores = directory, .buckets = {{{"s3", bucket}, directory}}});
  const auto relative = relative_to(member, path);
  return names.local_path({"s3", bucket, relative ? *relative : member.key});
}

Result<std::string> FetchedSource::path_of(const Uri& member) const {
  return fetched_path(files_, base_, directory_, member);
}

/// In pieces, so that a stop is heard within a large object.
Result<store::ObjectInfo> FetchedSource::write(const Uri& member, const std::string& path,
                                               const std::stop_token& stop) const {
  if (auto made = files_.make_directories(path.substr(0, path.rfind('/'))); !made) {
    return pass(std::move(made));
  }
  if (auto begun = files_.write_new(path, ""); !begun) return pass(std::move(begun));
  std::optional<store::ObjectInfo> info;
  for (std::uint64_t at = 0; !info || at < info->size;) {
    if (stop.stop_requested()) {
      return fail(FailureCode::Unavailable,
                  format("{} is not fetched: the attempt was stopped", member.to_string()));
    }
    auto read = store_.get(member, {.offset = at, .length = piece});
    if (!read) return pass(std::move(read));
    if (!info) info = read->info;
    const bool same = read->info.etag == info->etag && read->info.size == info->size;
    if (!same || (read->bytes.empty() && at < info->size)) {
      return fail(FailureCode::Unavailable,
                  format("{} was changed while it was fetched", member.to_string()));
    }
    if (auto written = files_.append(path, read->bytes); !written) return pass(std::move(written));
    at += read->bytes.size();
  }
  return std::move(*info);
}

Result<SourceSight> FetchedSource::fetch(const flow::SourceMember& member, const std::string& path,
                                         const std::stop_token& stop) const {
  auto sight = look_at_source(store_, member);
  if (!sight || sight->vanished) return sight;
  auto info = write(member.uri, path, stop);
  if (!info && stop.stop_requested()) return pass(std::move(info));
  const auto& version = sight->version;
  const bool has_size = info && info->size == version.size;
  if (has_size && version.etag && info->etag == *version.etag) return sight;
  auto again = look_at_source(store_, member);
  if (again && (again->vanished || (has_size && !version.etag))) return again;
  if (!info) return pass(std::move(info));
  return fail(FailureCode::Unavailable,
              format("{} was changed while it was fetched", member.uri.to_string()));
}

}  // namespace cls::work
