// SPDX-License-Identifier: Apache-2.0
#include "work/fetched_source.h"

#include <utility>

#include "base/format.h"
#include "work/copy_jobs.h"

namespace cls::work {

namespace {

constexpr const char* bucket = "fetched";

}  // namespace

FetchedSource::FetchedSource(store::ObjectStore& store, FileSystem& files, Uri path,
                             const std::string& directory)
    : store_(store),
      files_(files),
      base_(std::move(path)),
      names_(files, {.stores = directory, .buckets = {{{"s3", bucket}, directory}}}) {}

Result<std::string> FetchedSource::path_of(const Uri& member) const {
  const auto relative = relative_to(member, base_);
  return names_.local_path({"s3", bucket, relative ? *relative : member.key});
}

Result<SourceSight> FetchedSource::fetch(const flow::SourceMember& member,
                                         const std::string& path) const {
  auto sight = look_at_source(store_, member);
  if (!sight || sight->vanished) return sight;
  auto made = files_.make_directories(path.substr(0, path.rfind('/')));
  if (!made) return pass(std::move(made));
  Result<> written = files_.write_new(path, "");
  auto info = store_.get_pieces(member.uri, [&](std::string_view piece) {
    if (written) written = files_.append(path, piece);
  });
  if (!written) return pass(std::move(written));
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
