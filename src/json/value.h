// SPDX-License-Identifier: Apache-2.0
// A JSON value that remembers where it was written, and the parser that makes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "base/result.h"

namespace cls::json {

enum class Kind : std::uint8_t { Null, Bool, Number, String, Array, Object };

struct Member;

/// A located JSON value. Numbers are kept as text until something decodes them.
struct Value {
  Kind kind = Kind::Null;
  bool boolean = false;
  std::string text;  ///< of a String: decoded; of a Number: as written
  std::vector<Value> items;
  std::vector<Member> members;  ///< in the order written
  std::size_t offset = 0;       ///< byte offset of the first character

  /// The member's value, or null where there is none or this is no object.
  const Value* find(std::string_view key) const;

  static Value string(std::string text);
  static Value number(std::int64_t number);
  static Value boolean_value(bool value);
  // No default arguments: a vector of the incomplete Member cannot be destroyed inside the class.
  static Value array();
  static Value array(std::vector<Value> items);
  static Value object();
  static Value object(std::vector<Member> members);

  /// Appends a member; this must be an Object.
  void add(std::string key, Value value);
};

struct Member {
  std::string key;
  Value value;
  std::size_t key_offset = 0;
};

/// Equal content, whatever the places.
bool operator==(const Value& a, const Value& b);

/// A parsed text with its name, for places in messages.
struct Document {
  std::string file;
  std::string text;
  Value root;
  /// Nobody has written the text (it was evaluated): places in it would say nothing.
  bool is_generated = false;

  /// Line and column, both from 1, of a byte offset; zeros in a generated text.
  std::pair<std::size_t, std::size_t> position(std::size_t offset) const;
  /// The value at a JSON pointer; null where there is none.
  const Value* at(std::string_view pointer) const;
  /// The byte offset of the value at `pointer`, or of its nearest ancestor that exists.
  std::size_t offset_of(std::string_view pointer) const;
};

/// Reads a project file: JSON with `//`, `/* */` and `#` comments. Duplicate keys and syntax errors
/// are errors, text after the root is a warning, all with places; depth is limited to 200.
/// nullopt when no tree could be made.
std::optional<Document> parse_document(std::string file, std::string text, Diagnostics& problems);

/// Reads a record: strict JSON, the last of duplicate keys counts. Invalid says where.
Result<Value> parse_record(std::string_view text);

/// Compact text: no spaces, members in order, non-ASCII as it is.
std::string to_text(const Value& value);

/// Two-space indent, `"key" : value`, as reports print it.
std::string to_pretty(const Value& value);

/// Appends `text` as a quoted JSON string.
void append_quoted(std::string& out, std::string_view text);

/// Escapes a key as one segment of a JSON pointer.
std::string pointer_segment(std::string_view key);

}  // namespace cls::json
