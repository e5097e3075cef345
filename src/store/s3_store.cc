// SPDX-License-Identifier: Apache-2.0
#include "store/s3_store.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <stop_token>

#include "base/format.h"
#include "base/parallel.h"
#include "base/text.h"
#include "http/http_date.h"
#include "store/s3_answers.h"
#include "store/s3_upload.h"

namespace cls::store {

namespace {

/// So much of an object is read by one request.
constexpr std::uint64_t chunk = std::uint64_t{8} << 20U;
/// Requests of one step of writes that are on their way at once.
constexpr unsigned parallel_writes = 16;

constexpr std::size_t longest_key = 1024;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Some endpoints take keys that S3 does not, and list others.
Result<> check_key(const Uri& uri) {
  const auto refuse = [&](std::string_view why) {
    return fail(FailureCode::Invalid,
                format("{} can be no object of S3: {}", uri.to_string(), why));
  };
  if (uri.key.empty()) return refuse("the key is empty");
  if (uri.key.size() > longest_key) return refuse("the key is longer than 1,024 bytes");
  if (!is_utf8(uri.key)) return refuse("the key is no UTF-8");
  return {};
}

tl::unexpected<Failure> absent(const Uri& uri) {
  return fail(FailureCode::NotFound, format("no object {}", uri.to_string()));
}

std::string range_text(const Range& range) {
  const auto most = std::numeric_limits<std::uint64_t>::max();
  if (!range.length || *range.length > most - range.offset) {
    return format("bytes={}-", range.offset);
  }
  return format("bytes={}-{}", range.offset, range.offset + *range.length - 1);
}

}  // namespace

S3Store::S3Store(S3Client& client, const Clock& clock, S3Limits limits)
    : client_(client), clock_(clock), limits_(limits) {
  for (const auto& [bucket, place] : client_.places()) copies_[bucket] = CopyCondition::Unknown;
}

bool S3Store::has(const Uri& uri) const {
  return uri.scheme == "s3" && client_.places().contains(uri.bucket);
}

Result<> S3Store::check(const std::string& bucket) {
  auto page = client_.send({.uri = {"s3", bucket, ""},
                            .query = {{"list-type", "2"}, {"max-keys", "1"}},
                            .answers_document = true});
  if (!page) return pass(std::move(page));
  return {};
}

Result<S3Store::Fetched> S3Store::look(const Uri& uri) {
  if (auto checked = check_key(uri); !checked) return pass(std::move(checked));
  const S3Request request{.method = "HEAD", .uri = uri};
  auto response = client_.send_plain(request);
  if (!response) return pass(std::move(response));
  if (response->status == 404) return absent(uri);
  if (response->status / 100 != 2) return tl::unexpected(client_.failure_of(request, *response));
  return Fetched{.info = s3_answers::info_of(uri, *response),
                 .metadata = s3_answers::metadata_of(*response),
                 .bytes = {}};
}

Result<ObjectInfo> S3Store::head(const Uri& uri) {
  auto found = look(uri);
  if (!found) return pass(std::move(found));
  return std::move(found->info);
}

Result<S3Store::Fetched> S3Store::fetch(const Uri& uri, const Range& range,
                                        const std::string& etag) {
  if (auto checked = check_key(uri); !checked) return pass(std::move(checked));
  if (range.length == std::uint64_t{0}) return look(uri);
  S3Request request{.uri = uri, .body_limit = std::numeric_limits<std::uint64_t>::max()};
  const bool whole = range.offset == 0 && !range.length;
  if (!whole) request.headers.add("Range", range_text(range));
  if (!etag.empty()) request.headers.add("If-Match", "\"" + etag + "\"");
  auto response = client_.send_plain(request);
  if (!response) return pass(std::move(response));
  if (response->status == 404) return absent(uri);
  if (response->status == 416) return look(uri);
  if (response->status / 100 != 2) return tl::unexpected(client_.failure_of(request, *response));
  Fetched fetched{.info = s3_answers::info_of(uri, *response),
                  .metadata = s3_answers::metadata_of(*response),
                  .bytes = std::move(response->body)};
  if (!whole && response->status == 200) fetched.bytes = slice(fetched.bytes, range);
  return fetched;
}

Result<Object> S3Store::get(const Uri& uri, const Range& range) {
  auto fetched = fetch(uri, range);
  if (!fetched) return pass(std::move(fetched));
  return Object{.info = std::move(fetched->info), .bytes = std::move(fetched->bytes)};
}

Result<ObjectInfo> S3Store::get_pieces(const Uri& uri,
                                       const std::function<void(std::string_view)>& take) {
  std::optional<ObjectInfo> info;
  for (std::uint64_t at = 0; !info || at < info->size;) {
    auto fetched = fetch(uri, {.offset = at, .length = chunk}, info ? info->etag : "");
    if (!fetched && info && fetched.error().code == FailureCode::Conflict) {
      return fail(FailureCode::Unavailable,
                  format("{} was changed while it was read", uri.to_string()));
    }
    if (!fetched) return pass(std::move(fetched));
    if (!info) info = fetched->info;
    const bool wrong = fetched->info.etag != info->etag || fetched->bytes.empty();
    if (info->size > 0 && wrong) {
      return fail(FailureCode::Unavailable,
                  format("{} was changed while it was read", uri.to_string()));
    }
    at += fetched->bytes.size();
    for (std::string_view rest = fetched->bytes; !rest.empty();) {
      const std::string_view piece = rest.substr(0, piece_limit);
      take(piece);
      rest.remove_prefix(piece.size());
    }
  }
  return std::move(*info);
}

/// Of a write that was sent more than once: the ETag where the bytes are there.
Result<std::string> S3Store::written_before(const Uri& uri, std::string_view bytes) {
  auto there = get(uri);
  if (!there) return pass(std::move(there));
  if (there->bytes == bytes) return std::move(there->info.etag);
  return fail(FailureCode::Conflict, "other bytes are there");
}

tl::unexpected<Failure> S3Store::conflict(const Uri& uri, const http::Headers& condition) {
  if (condition.has("If-None-Match")) {
    return fail(FailureCode::Conflict, format("{}: an object is already there", uri.to_string()));
  }
  const auto there = head(uri);
  return fail(
      FailureCode::Conflict,
      format("{} has another ETag: wanted {}, found {}", uri.to_string(),
             s3_answers::unquoted(condition.get("If-Match")), there ? there->etag : "no object"));
}

Result<std::string> S3Store::write_one(const Uri& uri, std::string_view bytes,
                                       const http::Headers& condition,
                                       const http::Headers& metadata) {
  if (auto checked = check_key(uri); !checked) return pass(std::move(checked));
  if (bytes.size() > md5_etag_limit) {
    const S3Parts parts{.size = bytes.size(), .read = [&](const S3Part& part) {
                          return Result<std::string>(bytes.substr(part.offset, part.length));
                        }};
    auto etag = upload(client_, uri, parts, metadata, condition);
    if (etag || etag.error().code != FailureCode::Conflict) return etag;
    return conflict(uri, condition);
  }
  S3Request request{.method = "PUT", .uri = uri, .headers = metadata, .body = bytes};
  for (const auto& [name, value] : condition) request.headers.add(name, value);
  auto response = client_.send_plain(request);
  if (!response) return pass(std::move(response));
  if (response->status / 100 == 2) return s3_answers::etag_of(*response);
  if (response->status == 412 && response->tries > 1) {
    if (auto etag = written_before(uri, bytes); etag) return etag;
  }
  const bool is_absent = response->status == 404 && condition.has("If-Match");
  if (response->status == 412 || is_absent) return conflict(uri, condition);
  return tl::unexpected(client_.failure_of(request, *response));
}

Result<std::string> S3Store::put(const Uri& uri, std::string_view bytes) {
  return write_one(uri, bytes, {}, {});
}

Result<std::string> S3Store::put_if_absent(const Uri& uri, std::string_view bytes) {
  return write_one(uri, bytes, {{"If-None-Match", "*"}}, {});
}

Result<std::string> S3Store::replace_if(const Uri& uri, std::string_view etag,
                                        std::string_view bytes) {
  // No version has an empty ETag, but to some endpoints such a condition is none.
  if (etag.empty()) return conflict(uri, {{"If-Match", ""}});
  return write_one(uri, bytes, {{"If-Match", format("\"{}\"", etag)}}, {});
}

std::vector<WriteResults> S3Store::write(const std::vector<WriteStep>& steps) {
  std::vector<WriteResults> done;
  for (const auto& step : steps) {
    auto& results = done.emplace_back(step.size());
    for_each_job(step.size(), parallel_writes, std::stop_token(), [&](std::size_t i) {
      const auto& one = step[i];
      results[i] =
          one.etag ? replace_if(one.uri, *one.etag, one.bytes) : put_if_absent(one.uri, one.bytes);
      return true;
    });
    if (!std::ranges::all_of(results, &Result<std::string>::has_value)) break;
  }
  return done;
}

Result<> S3Store::delete_if(const Uri& uri, std::string_view etag) {
  // Looked at first: there are endpoints that take no notice of If-Match in deletions.
  auto there = head(uri);
  if (!there) return pass(std::move(there));
  const http::Headers condition{{"If-Match", format("\"{}\"", etag)}};
  if (there->etag != etag) return conflict(uri, condition);
  const S3Request request{.method = "DELETE", .uri = uri, .headers = condition};
  auto response = client_.send_plain(request);
  if (!response) return pass(std::move(response));
  if (response->status / 100 == 2) return {};
  if (response->status == 404) return absent(uri);
  if (response->status == 412 && head(uri)) return conflict(uri, condition);
  if (response->status == 412) return absent(uri);
  return tl::unexpected(client_.failure_of(request, *response));
}

Result<> S3Store::remove(const Uri& uri, Durable /*durable*/) {
  if (auto checked = check_key(uri); !checked) return checked;
  const S3Request request{.method = "DELETE", .uri = uri};
  auto response = client_.send_plain(request);
  if (!response) return pass(std::move(response));
  if (response->status / 100 == 2 || response->status == 404) return {};
  return tl::unexpected(client_.failure_of(request, *response));
}

}  // namespace cls::store
