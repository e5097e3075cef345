// SPDX-License-Identifier: Apache-2.0
#include "store/s3_upload.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/format.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "store/s3_answers.h"
#include "store/s3_xml.h"

namespace cls::store {

namespace {

using s3_answers::etag_of;

constexpr std::uint64_t most_parts = 10'000;
/// Parts on their way at once: so many times part_size is in memory.
constexpr unsigned parallel_parts = 4;

class Upload {
 public:
  Upload(S3Client& client, const Uri& to, const S3Parts& parts)
      : client_(client), to_(to), parts_(parts) {
    part_size_ = std::max(parts.part_size, (parts.size + most_parts - 1) / most_parts);
    etags_.resize(std::max<std::uint64_t>(1, (parts.size + part_size_ - 1) / part_size_));
  }

  Result<std::string> run(const http::Headers& metadata, const http::Headers& condition) {
    auto begun = client_.send({.method = "POST",
                               .uri = to_,
                               .query = {{"uploads", ""}},
                               .headers = metadata,
                               .answers_document = true});
    if (!begun) return pass(std::move(begun));
    id_ = s3_xml::text_of(begun->body, "UploadId");
    if (id_.empty()) {
      return fail(FailureCode::Unavailable, format("{}: no id of an upload", to_.to_string()));
    }
    for_each_job(etags_.size(), parallel_parts, std::stop_token(), [this](std::size_t i) {
      auto etag = send_part(i);
      if (etag) etags_[i] = std::move(*etag);
      const std::lock_guard lock(mutex_);
      if (!etag && !failed_) failed_ = etag.error();
      return !failed_;
    });
    auto done = failed_ ? Result<std::string>(tl::unexpected(*failed_)) : complete(condition);
    // What is left of it costs money until a rule of the bucket removes it.
    if (!done) static_cast<void>(client_.send(about_upload("DELETE")));
    return done;
  }

 private:
  S3Request about_upload(std::string method) const {
    return {.method = std::move(method), .uri = to_, .query = {{"uploadId", id_}}};
  }

  Result<std::string> send_part(std::size_t index) {
    const std::uint64_t offset = index * part_size_;
    const S3Part part{.offset = offset, .length = std::min(part_size_, parts_.size - offset)};
    S3Request request = about_upload("PUT");
    request.query.emplace_back("partNumber", format("{}", index + 1));
    std::string bytes;
    if (parts_.read) {
      auto read = parts_.read(part);
      if (!read) return pass(std::move(read));
      if (read->size() != part.length) {
        return fail(FailureCode::Conflict,
                    format("{}: its source became shorter", to_.to_string()));
      }
      bytes = std::move(*read);
      request.body = bytes;
    } else {
      request.headers = parts_.copy_from;
      request.headers.add("X-Amz-Copy-Source-Range",
                          format("bytes={}-{}", offset, offset + part.length - 1));
      request.answers_document = true;
    }
    auto sent = client_.send(request);
    if (!sent) return pass(std::move(sent));
    return parts_.read ? etag_of(*sent) : s3_xml::text_of(sent->body, "ETag");
  }

  Result<std::string> complete(const http::Headers& condition) {
    const std::string body = s3_xml::complete_request(etags_);
    S3Request request = about_upload("POST");
    request.headers = condition;
    request.body = body;
    request.answers_document = true;
    auto done = client_.send_plain(request);
    if (!done) return pass(std::move(done));
    if (done->status / 100 == 2) return s3_xml::text_of(done->body, "ETag");
    // An answer may have been lost; then the upload is gone, and the object is there.
    if (done->tries > 1) {
      const auto there = client_.send_plain({.method = "HEAD", .uri = to_});
      if (there && there->status == 200 && etag_of(*there) == etag_of_parts()) {
        return etag_of(*there);
      }
    }
    const bool absent = done->status == 404 && condition.has("If-Match");
    if (absent) return fail(FailureCode::Conflict, format("no object {}", to_.to_string()));
    return tl::unexpected(client_.failure_of(request, *done));
  }

  /// What S3 gives an object of such parts.
  std::string etag_of_parts() const {
    std::string digests;
    for (const auto& etag : etags_) {
      for (std::size_t i = 0; i + 1 < etag.size(); i += 2) {
        unsigned byte = 0;  // what is no digest makes an ETag that nothing has
        std::from_chars(etag.data() + i, etag.data() + i + 2, byte, 16);
        digests += static_cast<char>(byte);
      }
    }
    return format("{}-{}", md5_hex(digests), etags_.size());
  }

  S3Client& client_;
  const Uri& to_;
  const S3Parts& parts_;
  std::uint64_t part_size_ = 0;
  std::string id_;
  std::mutex mutex_;
  std::vector<std::string> etags_;
  std::optional<Failure> failed_;
};

}  // namespace

Result<std::string> upload(S3Client& client, const Uri& to, const S3Parts& parts,
                           const http::Headers& metadata, const http::Headers& condition) {
  return Upload(client, to, parts).run(metadata, condition);
}

}  // namespace cls::store
