// SPDX-License-Identifier: Apache-2.0
// NumberFormat: a printf format of whole numbers, checked when it is read and carried out here. A
// text that a user wrote never reaches printf itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cls::user_scenario {

class NumberFormat {
 public:
  /// Knows `%d` `%i` `%s` `%x` `%X` with the flags `-`, `0`, `+` and blank and a width up to 64,
  /// `%2$d` for the second argument, and `%%`. Invalid says what is not known, and what is.
  static Result<NumberFormat> parse(std::string_view text, std::size_t arguments);

  /// `arguments` are as many as were said to parse().
  std::string fill(const std::vector<std::int64_t>& arguments) const;

 private:
  /// A text as it is, or one number.
  struct Piece {
    std::string text;
    bool is_number = false;
    std::size_t argument = 0;
    char conversion = 'd';
    bool left = false;
    bool zeros = false;
    char sign = 0;  ///< `+` or a blank before what is not negative
    std::size_t width = 0;
  };

  class Parser;
  static std::string print(const Piece& piece, std::int64_t number);

  std::vector<Piece> pieces_;
};

}  // namespace cls::user_scenario
