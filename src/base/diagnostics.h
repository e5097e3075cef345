// SPDX-License-Identifier: Apache-2.0
// Diagnostics: what is wrong with what a user wrote; all of it, each with its place.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cls {

enum class Severity : std::uint8_t { Warning, Error };

/// One problem. Line and column count from 1; 0 means unknown.
struct Diagnostic {
  Severity severity = Severity::Error;
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
  std::string pointer;  ///< JSON pointer; "" is the root and prints as /
  std::string message;
  std::string hint;  ///< what would be right; may be empty
  /// Nothing is wrong with the text; what is deployed already stands in the way.
  bool is_refusal = false;

  /// `file:line:column: /pointer: message (hint)`, warnings with `warning: ` before the message.
  std::string to_string() const;
};

/// Collects problems in the order found; never stops at the first.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic);
  bool has_errors() const;
  /// True if there are errors, and every one of them is a refusal.
  bool only_refusals() const;
  const std::vector<Diagnostic>& all() const { return all_; }
  /// Orders by file, line, column, so that a user can work from top to bottom.
  void sort();

 private:
  std::vector<Diagnostic> all_;
};

}  // namespace cls
