// SPDX-License-Identifier: Apache-2.0
// What S3 allows as the name of a bucket.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cls::model {

/// What is wrong with the name of a bucket that is to be made: `bucket name …, got: NAME`.
std::optional<std::string> bucket_name_problem(std::string_view name);

/// What is wrong with a bucket in a URI. Old buckets may have upper case, `_` and 255 characters.
std::optional<std::string> uri_bucket_problem(std::string_view name);

}  // namespace cls::model
