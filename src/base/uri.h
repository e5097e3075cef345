// SPDX-License-Identifier: Apache-2.0
// URIs of objects: scheme, bucket, key. The key is raw (decoded); texts are percent-encoded by the
// rules of docs/formats/uris.md. Keys keep `//`, `..`, `+`, `=`, `%` and unicode as they are.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cls {

/// Names an object, a path (key ends in `/`) or a prefix. `file:///a/b` has an empty bucket and the
/// key `a/b`.
struct Uri {
  std::string scheme;
  std::string bucket;
  std::string key;

  /// Reads `scheme://bucket/key`; `file:///…` and `glue:///…` have no bucket. `%XX` is decoded, `+`
  /// stays `+`; a query or fragment does not exist: `?` and `#` belong to the key.
  static Result<Uri> parse(std::string_view text);

  /// Prints space as %20, `%` as %25, `{` as %7B …; parse(to_string()) gives the same URI back.
  std::string to_string() const;

  /// This URI with `relative` appended to its key, with exactly one `/` between.
  Uri child(std::string_view relative) const;

  /// The same location with a key that ends in `/` (an empty key stays empty).
  Uri as_path() const;

  auto operator<=>(const Uri&) const = default;
};

/// True if `key` lies in `path`, segment by segment: `in/y` in `in` and in `in/`, `input/y` in
/// neither. Everything lies in the empty path.
bool key_in_path(std::string_view key, std::string_view path);

/// Percent-encodes what a URI's path may not hold.
std::string percent_encode_path(std::string_view raw);
/// The same, at the end of `text`.
void append_percent_encoded(std::string& text, std::string_view raw);

/// Decodes %XX; Invalid where a `%` is not followed by two hex digits.
Result<std::string> percent_decode(std::string_view text);

}  // namespace cls
