// SPDX-License-Identifier: Apache-2.0
// S3Store's copies: by the server where it can be, else through this machine.
#include "base/format.h"
#include "store/s3_answers.h"
#include "store/s3_store.h"
#include "store/s3_upload.h"
#include "store/s3_xml.h"

namespace cls::store {

namespace {

/// How often a source that is changed under a copy is looked at again.
constexpr int looks = 3;

ObjectInfo made(const Uri& to, std::uint64_t size, std::string etag, Instant at) {
  return {.uri = to, .size = size, .modified = at, .etag = std::move(etag)};
}

}  // namespace

Result<ObjectInfo> S3Store::copy_if_absent(const Uri& from, const Uri& to) {
  if (copies_keep_condition(from, to)) return copy_there(from, to);
  return copy_bytes(from, "", to, {{"If-None-Match", "*"}});
}

bool S3Store::copies_keep_condition(const Uri& from, const Uri& to) const {
  const auto known = copies_.find(to.bucket);
  return known != copies_.end() && known->second == CopyCondition::Kept &&
         client_.copy_source(from, to);
}

/// Every request about the source has its ETag as a condition.
Result<ObjectInfo> S3Store::copy_version_if_absent(const ObjectInfo& from, const Uri& to) {
  if (from.etag.empty()) return ObjectStore::copy_version_if_absent(from, to);
  const http::Headers condition{{"If-None-Match", "*"}};
  auto copied = copies_keep_condition(from.uri, to)
                    ? copy_version(from, to, condition)
                    : copy_bytes(from.uri, from.etag, to, condition);
  // Where nothing is at the target, the source did not meet its condition.
  if (!copied && copied.error().code == FailureCode::Conflict) {
    const auto there = head(to);
    if (there || there.error().code != FailureCode::NotFound) return copied;
    return fail(FailureCode::NotFound, format("{} has another ETag", from.uri.to_string()));
  }
  if (copied && copied->size != from.size) {
    return fail(FailureCode::NotFound, format("{} has another size", from.uri.to_string()));
  }
  return copied;
}

Result<ObjectInfo> S3Store::copy_if(const Uri& from, const Uri& to, std::string_view etag) {
  // CopyObject knows no condition on what it replaces; PUT and the last step of an upload do.
  return copy_bytes(from, "", to, {{"If-Match", format("\"{}\"", etag)}});
}

/// By the server, to a key that must be free.
Result<ObjectInfo> S3Store::copy_version(const ObjectInfo& from, const Uri& to,
                                         const http::Headers& condition) {
  if (from.size <= limits_.copy) {
    return copy_once({.info = from, .metadata = {}, .bytes = {}}, to, condition);
  }
  auto source = look(from.uri);
  if (!source) return pass(std::move(source));
  if (source->info.etag != from.etag) {
    return fail(FailureCode::NotFound, format("{} has another ETag", from.uri.to_string()));
  }
  return copy_in_parts(*source, to, condition);
}

/// By the server, of the version that was looked at, to a key that must be free.
Result<ObjectInfo> S3Store::copy_there(const Uri& from, const Uri& to) {
  const http::Headers condition{{"If-None-Match", "*"}};
  for (int turn = 1;; ++turn) {
    auto source = look(from);
    if (!source) return pass(std::move(source));
    auto copied = source->info.size > limits_.copy ? copy_in_parts(*source, to, condition)
                                                   : copy_once(*source, to, condition);
    if (copied || copied.error().code != FailureCode::Conflict) return copied;
    // Either the source is another by now, or the target is there.
    if (head(to)) return conflict(to, condition);
    if (turn == looks) {
      return fail(FailureCode::Unavailable,
                  format("{} was changed while it was copied", from.to_string()));
    }
  }
}

Result<ObjectInfo> S3Store::copy_once(const Fetched& source, const Uri& to,
                                      const http::Headers& condition) {
  S3Request request{.method = "PUT", .uri = to, .headers = condition, .answers_document = true};
  request.headers.add("X-Amz-Copy-Source", *client_.copy_source(source.info.uri, to));
  request.headers.add("X-Amz-Copy-Source-If-Match", "\"" + source.info.etag + "\"");
  auto response = client_.send_plain(request);
  if (!response) return pass(std::move(response));
  if (response->status / 100 == 2) {
    return made(to, source.info.size, s3_xml::text_of(response->body, "ETag"), clock_.now());
  }
  if (response->status == 412 && response->tries > 1) {
    auto there = head(to);
    if (there && there->etag == source.info.etag && there->size == source.info.size) return there;
  }
  return tl::unexpected(client_.failure_of(request, *response));
}

Result<ObjectInfo> S3Store::copy_in_parts(const Fetched& source, const Uri& to,
                                          const http::Headers& condition) {
  const S3Parts parts{
      .size = source.info.size,
      .part_size = limits_.copy_part,
      .copy_from = {{"X-Amz-Copy-Source", *client_.copy_source(source.info.uri, to)},
                    {"X-Amz-Copy-Source-If-Match", "\"" + source.info.etag + "\""}}};
  auto etag = upload(client_, to, parts, source.metadata, condition);
  if (!etag) return pass(std::move(etag));
  return made(to, source.info.size, std::move(*etag), clock_.now());
}

/// Through this machine: for endpoints that copy without heeding the condition, and from another
/// endpoint. What is large is still copied by the server, if it can be: the last step of an upload
/// heeds it.
Result<ObjectInfo> S3Store::copy_bytes(const Uri& from, const std::string& etag, const Uri& to,
                                       const http::Headers& condition) {
  auto source = fetch(from, {.offset = 0, .length = md5_etag_limit}, etag);
  if (!source && source.error().code == FailureCode::Conflict) {
    return fail(FailureCode::NotFound, format("{} has another ETag", from.to_string()));
  }
  if (!source) return pass(std::move(source));
  const auto& info = source->info;
  // No version has an empty ETag, but to some endpoints such a condition is none.
  if (condition.get("If-Match") == "\"\"") return conflict(to, condition);
  if (info.size > md5_etag_limit && client_.copy_source(from, to)) {
    return copy_in_parts(*source, to, condition);
  }
  if (info.size > md5_etag_limit) {
    const S3Parts parts{.size = info.size, .read = [&](const S3Part& part) -> Result<std::string> {
                          auto read = fetch(from, {part.offset, part.length}, info.etag);
                          if (!read) return pass(std::move(read));
                          return std::move(read->bytes);
                        }};
    auto uploaded = upload(client_, to, parts, source->metadata, condition);
    if (!uploaded) return pass(std::move(uploaded));
    return made(to, info.size, std::move(*uploaded), clock_.now());
  }
  auto written = write_one(to, source->bytes, condition, source->metadata);
  if (!written) return pass(std::move(written));
  learn_of_copies(*source, to);
  return made(to, info.size, std::move(*written), clock_.now());
}

/// Right after a target was written: does a copy to it, of the same bytes, obey If-None-Match?
void S3Store::learn_of_copies(const Fetched& source, const Uri& to) {
  const auto known = copies_.find(to.bucket);
  if (known == copies_.end() || known->second != CopyCondition::Unknown) return;
  if (!client_.copy_source(source.info.uri, to)) return;
  const auto copied = copy_once(source, to, {{"If-None-Match", "*"}});
  if (copied) known->second = CopyCondition::Ignored;
  if (!copied && copied.error().code == FailureCode::Conflict) {
    known->second = CopyCondition::Kept;
  }
  if (!copied && copied.error().code == FailureCode::Unsupported) {
    known->second = CopyCondition::Ignored;
  }
}

Result<ObjectInfo> S3Store::bring(const Foreign& source, const Uri& to,
                                  std::optional<std::string_view> over) {
  if (over && over->empty()) return conflict(to, {{"If-Match", ""}});
  http::Headers condition;
  if (over) condition.add("If-Match", format("\"{}\"", *over));
  if (!over) condition.add("If-None-Match", "*");
  const std::uint64_t size = source.info.size;
  if (size > md5_etag_limit) {
    const S3Parts parts{.size = size, .read = [&](const S3Part& part) {
                          return source.read({part.offset, part.length});
                        }};
    auto etag = upload(client_, to, parts, {}, condition);
    if (!etag) return pass(std::move(etag));
    return made(to, size, std::move(*etag), clock_.now());
  }
  auto bytes = source.read({});
  if (!bytes) return pass(std::move(bytes));
  auto etag = write_one(to, *bytes, condition, {});
  if (!etag) return pass(std::move(etag));
  return made(to, bytes->size(), std::move(*etag), clock_.now());
}

}  // namespace cls::store
