// SPDX-License-Identifier: Apache-2.0
// The JSON parser: RFC 8259, with comments and several problems in one run for project files.
#include <algorithm>
#include <unordered_map>

#include "base/format.h"
#include "json/value.h"

namespace cls::json {

namespace {

constexpr int depth_limit = 200;

enum class Dialect : std::uint8_t { Project, Record };

struct SyntaxError {
  std::size_t offset;
  std::string message;
};

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12U));
    out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else {
    out += static_cast<char>(0xF0U | (code >> 18U));
    out += static_cast<char>(0x80U | ((code >> 12U) & 0x3FU));
    out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  }
}

/// A byte as a message can show it.
std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7f ? format("'{}'", c) : format("byte 0x{:02x}", byte);
}

/// By the mark that it begins with.
bool is_utf16(std::string_view text) {
  return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
}

/// Reads one text. Duplicate keys are noted and reading goes on; a syntax error ends it.
class Parser {
 public:
  struct Duplicate {
    std::size_t offset;
    std::string pointer;
    std::string key;
  };

  Parser(std::string_view text, Dialect dialect) : text_(text), dialect_(dialect) {}

  Value parse_root() {
    skip_blank();
    return parse_value(0);
  }
  /// Skips what may follow the root; the offset of the first thing that may not, or npos.
  std::size_t trailing() {
    try {
      skip_blank();
    } catch (const SyntaxError& broken_comment) {
      return broken_comment.offset;
    }
    return at_ < text_.size() ? at_ : std::string_view::npos;
  }
  const std::vector<Duplicate>& duplicates() const { return duplicates_; }

 private:
  [[noreturn]] void error(const std::string& message) const { throw SyntaxError{at_, message}; }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool done() const { return at_ >= text_.size(); }

  void skip_blank() {
    while (!done()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else if (dialect_ == Dialect::Project && (c == '#' || c == '/')) {
        skip_comment();
      } else if (at_ == 0 && text_.starts_with("\xEF\xBB\xBF")) {
        at_ = 3;
      } else {
        return;
      }
    }
  }

  void skip_comment() {
    if (text_[at_] == '/' && text_.substr(at_).starts_with("/*")) {
      const auto end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) error("a /* comment is not closed with */");
      at_ = end + 2;
    } else if (text_[at_] == '#' || text_.substr(at_).starts_with("//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else {
      error("unexpected '/' (comments are //, /* */ or #)");
    }
  }

  Value parse_value(int depth) {
    if (depth > depth_limit) error(format("nested deeper than {} levels", depth_limit));
    Value value;
    value.offset = at_;
    const char c = peek();
    if (done()) error("the text ends where a value is expected");
    if (c == '{') {
      parse_object(value, depth);
    } else if (c == '[') {
      parse_array(value, depth);
    } else if (c == '"') {
      value.kind = Kind::String;
      value.text = parse_string();
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      value.kind = Kind::Number;
      value.text = parse_number();
    } else if (take_word("true") || take_word("false")) {
      value.kind = Kind::Bool;
      value.boolean = c == 't';
    } else if (!take_word("null")) {
      error(c == '\'' ? std::string("texts are quoted with \", not with '")
                      : format("unexpected {} where a value is expected{}", shown(c),
                               is_utf16(text_) ? "; this is UTF-16: write it as UTF-8" : ""));
    }
    return value;
  }

  bool take_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  /// Where the keys of a large object stand; small ones are searched.
  using KeyIndex = std::unordered_map<std::string, std::size_t>;
  static constexpr std::size_t indexed_from = 32;

  void parse_object(Value& value, int depth) {
    value.kind = Kind::Object;
    ++at_;
    skip_blank();
    if (peek() == '}') {
      ++at_;
      return;
    }
    KeyIndex index;
    while (true) {
      if (peek() != '"') {
        error(peek() == '}' ? "a comma before '}' (trailing commas are not JSON)"
                            : "expected a key in double quotes");
      }
      const std::size_t key_offset = at_;
      std::string key = parse_string();
      skip_blank();
      if (peek() != ':') error(format("expected ':' after the key '{}'", key));
      ++at_;
      skip_blank();
      const std::size_t length = pointer_.size();
      pointer_ += '/';
      pointer_ += pointer_segment(key);
      Value member = parse_value(depth + 1);
      add_member(value, index, std::move(key), std::move(member), key_offset);
      pointer_.resize(length);
      skip_blank();
      if (!take_comma('}')) return;
    }
  }

  Value* find_member(Value& object, KeyIndex& index, const std::string& key) {
    if (object.members.size() < indexed_from) {
      const auto found = std::ranges::find(object.members, key, &Member::key);
      return found == object.members.end() ? nullptr : &found->value;
    }
    for (std::size_t i = index.size(); i < object.members.size(); ++i) {
      index.emplace(object.members[i].key, i);
    }
    const auto found = index.find(key);
    return found == index.end() ? nullptr : &object.members[found->second].value;
  }

  /// The last of duplicate keys counts.
  void add_member(Value& object, KeyIndex& index, std::string key, Value member,
                  std::size_t key_offset) {
    if (Value* seen = find_member(object, index, key)) {
      duplicates_.push_back({key_offset, pointer_, std::move(key)});
      *seen = std::move(member);
      return;
    }
    object.members.push_back({std::move(key), std::move(member), key_offset});
  }

  void parse_array(Value& value, int depth) {
    value.kind = Kind::Array;
    ++at_;
    skip_blank();
    if (peek() == ']') {
      ++at_;
      return;
    }
    while (true) {
      if (peek() == ']') error("a comma before ']' (trailing commas are not JSON)");
      const std::size_t length = pointer_.size();
      pointer_ += '/';
      pointer_ += std::to_string(value.items.size());
      value.items.push_back(parse_value(depth + 1));
      pointer_.resize(length);
      skip_blank();
      if (!take_comma(']')) return;
    }
  }

  /// After an element: true after a comma, false after the closing character.
  bool take_comma(char close) {
    if (peek() == close) {
      ++at_;
      return false;
    }
    if (peek() != ',') error(format("expected ',' or '{}'", close));
    ++at_;
    skip_blank();
    return true;
  }

  std::string parse_number() {
    const std::size_t start = at_;
    const auto digits = [&] {
      const std::size_t first = at_;
      while (peek() >= '0' && peek() <= '9') ++at_;
      if (at_ == first) error("expected a digit");
    };
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else {
      digits();
    }
    if (peek() == '.') {
      ++at_;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      digits();
    }
    if (peek() >= '0' && peek() <= '9') error("a number must not begin with 0");
    return std::string(text_.substr(start, at_ - start));
  }

  std::string parse_string() {
    std::string out;
    ++at_;
    while (true) {
      if (done() || peek() == '\n') error("a text is not closed with \"");
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20)
        error("a control character in a text; write \\u00XX");
      ++at_;
      if (c == '"') return out;
      if (c == '\\') {
        parse_escape(out);
      } else {
        out += c;
      }
    }
  }

  unsigned parse_hex4() {
    unsigned code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      unsigned digit = 0;
      if (c >= '0' && c <= '9') {
        digit = static_cast<unsigned>(c - '0');
      } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        digit = static_cast<unsigned>((c | 0x20) - 'a') + 10;
      } else {
        error("expected four hex digits after \\u");
      }
      code = code * 16 + digit;
    }
    return code;
  }

  void parse_escape(std::string& out) {
    const char c = peek();
    static constexpr std::string_view names = "\"\\/bfnrt";
    static constexpr std::string_view values = "\"\\/\b\f\n\r\t";
    const auto simple = names.find(c);
    if (simple != std::string_view::npos && !done()) {
      ++at_;
      out += values[simple];
      return;
    }
    if (c != 'u') error(R"(unknown escape; JSON knows \" \\ \/ \b \f \n \r \t \uXXXX)");
    ++at_;
    unsigned code = parse_hex4();
    if (code >= 0xD800 && code < 0xDC00) {
      if (!take_word("\\u")) error("a high surrogate without its low one");
      const unsigned low = parse_hex4();
      if (low < 0xDC00 || low > 0xDFFF) error("a high surrogate without its low one");
      code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
      error("a low surrogate without its high one");
    }
    append_utf8(out, code);
  }

  std::string_view text_;
  Dialect dialect_;
  std::size_t at_ = 0;
  std::string pointer_;  ///< of what is being read
  std::vector<Duplicate> duplicates_;
};

void report(const Document& document, std::size_t offset, const std::string& pointer,
            Severity severity, std::string message, std::string hint, Diagnostics& problems) {
  const auto [line, column] = document.position(offset);
  problems.add({.severity = severity,
                .file = document.file,
                .line = line,
                .column = column,
                .pointer = pointer,
                .message = std::move(message),
                .hint = std::move(hint)});
}

}  // namespace

std::optional<Document> parse_document(std::string file, std::string text, Diagnostics& problems) {
  Document document{std::move(file), std::move(text), {}};
  Parser parser(document.text, Dialect::Project);
  try {
    document.root = parser.parse_root();
    const std::size_t trailing = parser.trailing();
    if (trailing != std::string_view::npos) {
      report(document, trailing, "", Severity::Warning, "text after the end of the document",
             "it is ignored", problems);
    }
  } catch (const SyntaxError& error) {
    report(document, error.offset, "", Severity::Error, error.message, "", problems);
    return std::nullopt;
  }
  for (const auto& duplicate : parser.duplicates()) {
    report(document, duplicate.offset, duplicate.pointer, Severity::Error,
           format("duplicate key '{}'", duplicate.key), "keep one of them", problems);
  }
  return document;
}

Result<Value> parse_record(std::string_view text) {
  Parser parser(text, Dialect::Record);
  try {
    Value root = parser.parse_root();
    const std::size_t trailing = parser.trailing();
    if (trailing == std::string_view::npos) return root;
    return fail(FailureCode::Invalid, format("text after the JSON value, at byte {}", trailing));
  } catch (const SyntaxError& error) {
    return fail(FailureCode::Invalid, format("no JSON: byte {}: {}", error.offset, error.message));
  }
}

}  // namespace cls::json
