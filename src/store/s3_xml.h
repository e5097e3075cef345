// SPDX-License-Identifier: Apache-2.0
// The XML of S3: what answers say, and the bodies of requests. pugixml is in s3_xml.cc alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/object_store.h"

namespace cls::store::s3_xml {

/// What an error document says; all empty where it is none.
struct Error {
  std::string code = {};
  std::string message = {};
  std::string region = {};  ///< that the bucket is in
};
Error read_error(std::string_view body);
/// The error of an answer under status 200; nullopt where it is none. An empty answer to a request
/// that is answered by a document is one too.
std::optional<Error> error_under_200(std::string_view body);

/// A page of ListObjectsV2. Invalid where the document is none.
struct Page {
  struct Entry {
    std::string key;
    std::uint64_t size = 0;
    Instant modified;
    std::string etag;
  };
  std::vector<Entry> objects = {};
  std::vector<std::string> prefixes = {};
  bool truncated = false;
  std::string token = {};  ///< of the next page
};
Result<Page> read_page(std::string_view body);

/// The text of the first element of that name, wherever it is; empty where there is none.
std::string text_of(std::string_view body, const char* element);

/// The keys that DeleteObjects could not delete, and why.
std::vector<std::pair<std::string, Error>> read_undeleted(std::string_view body);
std::string delete_request(const std::vector<std::string>& keys);
/// The ETags of parts 1, 2, ….
std::string complete_request(const std::vector<std::string>& etags);

}  // namespace cls::store::s3_xml
