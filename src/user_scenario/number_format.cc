// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/number_format.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/format.h"
#include "base/text.h"

namespace cls::user_scenario {

namespace {

constexpr std::size_t width_limit = 64;
constexpr std::string_view conversions = "disxX";
constexpr std::string_view known = "known: %d %i %x %X %s, as %04d or %2$d, and %%";

}  // namespace

/// Reads one format from left to right.
class NumberFormat::Parser {
 public:
  Parser(std::string_view text, std::size_t arguments) : text_(text), arguments_(arguments) {}

  Result<std::vector<Piece>> run() {
    while (at_ < text_.size()) {
      const auto percent = std::min(text_.find('%', at_), text_.size());
      add_text(text_.substr(at_, percent - at_));
      at_ = percent;
      if (at_ == text_.size()) break;
      if (text_.substr(at_, 2) == "%%") {
        add_text("%");
        at_ += 2;
      } else if (auto added = add_number(); !added) {
        return pass(std::move(added));
      }
    }
    return std::move(pieces_);
  }

 private:
  void add_text(std::string_view text) {
    if (text.empty()) return;
    if (pieces_.empty() || pieces_.back().is_number) pieces_.emplace_back();
    pieces_.back().text += text;
  }

  /// Digits at the present place; 0 where there are none, and no more than a thousand or so.
  std::size_t number() {
    constexpr std::size_t enough = 1000;
    std::size_t value = 0;
    for (; at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0; ++at_) {
      value = std::min(enough, value * 10 + static_cast<std::size_t>(text_[at_] - '0'));
    }
    return value;
  }

  void flags(Piece& piece) {
    for (; at_ < text_.size(); ++at_) {
      const char flag = text_[at_];
      if (flag == '-') {
        piece.left = true;
      } else if (flag == '0') {
        piece.zeros = true;
      } else if (flag == '+' || (flag == ' ' && piece.sign == 0)) {
        piece.sign = flag;
      } else if (flag != ' ') {
        return;
      }
    }
  }

  /// `2$`: the argument that is named so, from 0; nothing where none is.
  std::optional<std::size_t> named_argument() {
    const std::size_t begin = at_;
    const std::size_t named = number();
    if (at_ > begin && at_ < text_.size() && text_[at_] == '$') {
      ++at_;
      return named - 1;  // of 0 more than there can be
    }
    at_ = begin;
    return std::nullopt;
  }

  Result<> add_number() {
    const std::size_t begin = at_++;
    Piece piece;
    piece.is_number = true;
    const auto named = named_argument();
    flags(piece);
    piece.width = number();
    const bool is_over = at_ == text_.size();
    if (is_over || conversions.find(text_[at_]) == std::string_view::npos) {
      const std::size_t length =
          is_over ? 0 : std::max<std::size_t>(1, utf8_length(text_.substr(at_)));
      return fail(FailureCode::Invalid, format("'{}' is not known here; {}",
                                               text_.substr(begin, at_ + length - begin), known));
    }
    piece.conversion = text_[at_++];
    piece.argument = named ? *named : next_++;
    return add(std::move(piece), text_.substr(begin, at_ - begin));
  }

  Result<> add(Piece piece, std::string_view written) {
    if (piece.width > width_limit) {
      return fail(FailureCode::Invalid,
                  format("'{}' is wider than {} characters", written, width_limit));
    }
    if (piece.argument >= arguments_) {
      return fail(FailureCode::Invalid, format("'{}' stands for no number: there {} {}", written,
                                               arguments_ == 1 ? "is" : "are", arguments_));
    }
    pieces_.push_back(std::move(piece));
    return {};
  }

  std::string_view text_;
  std::size_t arguments_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;  ///< the argument of the next `%d` that names none
  std::vector<Piece> pieces_;
};

Result<NumberFormat> NumberFormat::parse(std::string_view text, std::size_t arguments) {
  auto pieces = Parser(text, arguments).run();
  if (!pieces) return pass(std::move(pieces));
  NumberFormat parsed;
  parsed.pieces_ = std::move(*pieces);
  return parsed;
}

std::string NumberFormat::print(const Piece& piece, std::int64_t number) {
  std::string digits;
  std::string sign;
  if (piece.conversion == 'x' || piece.conversion == 'X') {
    digits = format("{:x}", static_cast<std::uint64_t>(number));
    if (piece.conversion == 'X') digits = upper(digits);
  } else {
    digits = format("{}", number);
    if (number < 0) {
      sign = "-";
      digits.erase(0, 1);
    } else if (piece.sign != 0) {
      sign = piece.sign;
    }
  }
  const std::size_t length = sign.size() + digits.size();
  const std::size_t missing = piece.width > length ? piece.width - length : 0;
  if (piece.left) return sign + digits + std::string(missing, ' ');
  if (piece.zeros) return sign + std::string(missing, '0') + digits;
  return std::string(missing, ' ') + sign + digits;
}

std::string NumberFormat::fill(const std::vector<std::int64_t>& arguments) const {
  std::string filled;
  for (const auto& piece : pieces_) {
    filled += piece.is_number ? print(piece, arguments.at(piece.argument)) : piece.text;
  }
  return filled;
}

}  // namespace cls::user_scenario
