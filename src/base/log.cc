// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <array>
#include <utility>

#include "base/format.h"
#include "base/text.h"

namespace cls {

namespace {

/// One character, or one byte that is none, at the front of `text`, escaped for a JSON string.
void append_escaped(std::string& out, std::string_view text, std::size_t length) {
  const auto first = static_cast<unsigned char>(text.front());
  const bool c1_control =
      length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
  if (length == 0) {
    out += "\\ufffd";
  } else if (c1_control) {
    out += format("\\u{:04x}", static_cast<unsigned char>(text[1]));
  } else if (first == '"' || first == '\\') {
    out += '\\';
    out += text.front();
  } else if (first == '\n') {
    out += "\\n";
  } else if (first == '\t') {
    out += "\\t";
  } else if (first < 0x20 || first == 0x7f) {
    out += format("\\u{:04x}", first);
  } else {
    out += text.substr(0, length);
  }
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += out.empty() ? "{\"" : ",\"";
  out += name;
  out += "\":\"";
  while (!value.empty()) {
    const std::size_t length = utf8_length(value);
    append_escaped(out, value, length);
    value.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

}  // namespace

std::string json_log_line(Instant at, LogLevel level, std::string_view line,
                          const LogFields& about) {
  std::string out;
  append_member(out, "time", format_instant(at));
  append_member(out, "level", name_of(level));
  append_member(out, "message", line);
  const std::array<std::pair<std::string_view, const std::string*>, 5> fields{
      {{"project", &about.project},
       {"boundary", &about.boundary},
       {"arc", &about.arc},
       {"lot", &about.lot},
       {"attempt", &about.attempt}}};
  for (const auto& [name, value] : fields) {
    if (!value->empty()) append_member(out, name, *value);
  }
  return out + "}\n";
}

std::string text_log_line(LogLevel level, std::string_view line) {
  std::string out = std::string(name_of(level)) + ": ";
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
    if (control) {
      out += format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + '\n';
}

std::string_view name_of(LogLevel level) {
  static constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
  return names.at(static_cast<std::size_t>(level));
}

void MemoryLog::write(LogLevel level, std::string_view line, const LogFields& /*about*/) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::string(name_of(level)) + ": " + std::string(line));
}

std::vector<std::string> MemoryLog::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

}  // namespace cls
