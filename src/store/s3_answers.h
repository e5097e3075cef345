// SPDX-License-Identifier: Apache-2.0
// What the headers of S3's answers say of an object.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"
#include "store/object_store.h"

namespace cls::store::s3_answers {

/// Without the quotes around an ETag.
std::string_view unquoted(std::string_view etag);
std::string etag_of(const http::Response& response);
/// Of the answer to GET or HEAD of an object; `modified` is Last-Modified, or else Date.
ObjectInfo info_of(const Uri& uri, const http::Response& response);
/// What was given with an object and goes along with its copies: Content-Type, X-Amz-Meta-….
http::Headers metadata_of(const http::Response& response);

}  // namespace cls::store::s3_answers
