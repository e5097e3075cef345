// SPDX-License-Identifier: Apache-2.0
#include "json/value.h"

#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "base/text.h"

namespace cls::json {

const Value* Value::find(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &found->value;
}

Value Value::string(std::string text) {
  Value value;
  value.kind = Kind::String;
  value.text = std::move(text);
  return value;
}

Value Value::number(std::int64_t number) {
  Value value;
  value.kind = Kind::Number;
  value.text = std::to_string(number);
  return value;
}

Value Value::boolean_value(bool value) {
  Value made;
  made.kind = Kind::Bool;
  made.boolean = value;
  return made;
}

Value Value::array() {
  return array(std::vector<Value>());
}

Value Value::array(std::vector<Value> items) {
  Value value;
  value.kind = Kind::Array;
  value.items = std::move(items);
  return value;
}

Value Value::object() {
  return object(std::vector<Member>());
}

Value Value::object(std::vector<Member> members) {
  Value value;
  value.kind = Kind::Object;
  value.members = std::move(members);
  return value;
}

void Value::add(std::string key, Value value) {
  members.push_back({std::move(key), std::move(value), 0});
}

bool operator==(const Value& a, const Value& b) {
  const auto same_member = [](const Member& x, const Member& y) {
    return x.key == y.key && x.value == y.value;
  };
  return a.kind == b.kind && a.boolean == b.boolean && a.text == b.text && a.items == b.items &&
         std::ranges::equal(a.members, b.members, same_member);
}

std::pair<std::size_t, std::size_t> Document::position(std::size_t offset) const {
  if (is_generated) return {0, 0};
  const std::string_view before = std::string_view(text).substr(0, offset);
  const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1;
  const auto newline = before.rfind('\n');
  return {line, newline == std::string_view::npos ? before.size() + 1 : before.size() - newline};
}

namespace {

/// Walks a pointer as far as it exists; `last` is the deepest value reached.
bool walk(const Value& root, std::string_view pointer, const Value*& last) {
  last = &root;
  if (pointer.empty() || pointer == "/") return true;
  for (const auto& segment : split(pointer.substr(1), '/')) {
    std::string key;
    for (std::size_t i = 0; i < segment.size(); ++i) {
      const bool escape = segment[i] == '~' && i + 1 < segment.size();
      key += escape ? (segment[++i] == '1' ? '/' : '~') : segment[i];
    }
    const Value* next = nullptr;
    if (last->kind == Kind::Object) {
      next = last->find(key);
    } else if (last->kind == Kind::Array) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
      if (error == std::errc() && end == key.data() + key.size() && index < last->items.size()) {
        next = &last->items[index];
      }
    }
    if (next == nullptr) return false;
    last = next;
  }
  return true;
}

}  // namespace

const Value* Document::at(std::string_view pointer) const {
  const Value* last = nullptr;
  return walk(root, pointer, last) ? last : nullptr;
}

std::size_t Document::offset_of(std::string_view pointer) const {
  const Value* last = nullptr;
  walk(root, pointer, last);
  return last->offset;
}

namespace {

void append_escaped(std::string& out, char c) {
  static constexpr std::string_view digits = "0123456789abcdef";
  static constexpr std::string_view plain = "\"\\\n\r\t";
  static constexpr std::string_view letters = "\"\\nrt";
  const auto letter = plain.find(c);
  if (letter != std::string_view::npos) {
    out += '\\';
    out += letters[letter];
    return;
  }
  out += "\\u00";
  out += digits[static_cast<unsigned char>(c) >> 4U];
  out += digits[static_cast<unsigned char>(c) & 15U];
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20) continue;
    out += text.substr(copied, i - copied);
    append_escaped(out, c);
    copied = i + 1;
  }
  out += text.substr(copied);
  out += '"';
}

namespace {

void append_scalar(std::string& out, const Value& value) {
  switch (value.kind) {
    case Kind::Null:
      out += "null";
      break;
    case Kind::Bool:
      out += value.boolean ? "true" : "false";
      break;
    case Kind::Number:
      out += value.text;
      break;
    case Kind::String:
      append_quoted(out, value.text);
      break;
    case Kind::Array:
    case Kind::Object:
      break;
  }
}

void append_compact(std::string& out, const Value& value) {
  if (value.kind == Kind::Array) {
    out += '[';
    for (const auto& item : value.items) {
      if (&item != value.items.data()) out += ',';
      append_compact(out, item);
    }
    out += ']';
  } else if (value.kind == Kind::Object) {
    out += '{';
    for (const auto& member : value.members) {
      if (&member != value.members.data()) out += ',';
      append_quoted(out, member.key);
      out += ':';
      append_compact(out, member.value);
    }
    out += '}';
  } else {
    append_scalar(out, value);
  }
}

void append_pretty(std::string& out, const Value& value, std::size_t depth) {
  if (value.kind == Kind::Array && value.items.empty()) {
    out += "[ ]";
  } else if (value.kind == Kind::Array) {
    out += "[ ";
    for (const auto& item : value.items) {
      if (&item != value.items.data()) out += ", ";
      append_pretty(out, item, depth);
    }
    out += " ]";
  } else if (value.kind == Kind::Object && value.members.empty()) {
    out += "{ }";
  } else if (value.kind == Kind::Object) {
    out += "{\n";
    for (const auto& member : value.members) {
      if (&member != value.members.data()) out += ",\n";
      out.append(2 * (depth + 1), ' ');
      append_quoted(out, member.key);
      out += " : ";
      append_pretty(out, member.value, depth + 1);
    }
    out += '\n';
    out.append(2 * depth, ' ');
    out += '}';
  } else {
    append_scalar(out, value);
  }
}

}  // namespace

std::string to_text(const Value& value) {
  std::string out;
  append_compact(out, value);
  return out;
}

std::string to_pretty(const Value& value) {
  std::string out;
  append_pretty(out, value, 0);
  return out;
}

std::string pointer_segment(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace cls::json
