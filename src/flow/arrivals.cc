// SPDX-License-Identifier: Apache-2.0
#include "flow/arrivals.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace cls::flow {

namespace {

/// What 16 bits count, and the places that 32 bits name.
constexpr std::size_t longest_name = std::numeric_limits<std::uint16_t>::max();
constexpr std::size_t last_place = std::numeric_limits<std::uint32_t>::max();
constexpr std::string_view hex_digits = "0123456789abcdef";

std::optional<std::array<std::uint8_t, 32>> bytes_of_hex(std::string_view hex) {
  std::array<std::uint8_t, 32> bytes{};
  if (hex.size() != 2 * bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const auto digit = hex_digits.find(hex[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    bytes[i / 2] = static_cast<std::uint8_t>(std::size_t{bytes[i / 2]} << 4U | digit);
  }
  return bytes;
}

std::string hex_of_bytes(const std::array<std::uint8_t, 32>& bytes) {
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    hex += hex_digits[byte >> 4U];
    hex += hex_digits[byte & 15U];
  }
  return hex;
}

}  // namespace

ArrivalBatch::ArrivalBatch(Uri path) : path_(std::move(path)), path_text_(path_.to_string()) {}

void ArrivalBatch::enter(std::string_view directory) {
  if (directories_.empty() || directories_.back() != directory)
    directories_.emplace_back(directory);
}

/// Where the name was put; nullopt where it is too long, or there is no place that 32 bits name.
std::optional<std::uint32_t> ArrivalBatch::add_name(std::string_view name) {
  if (name.size() > longest_name) return std::nullopt;
  if (names_.end() + 2 * TextBlocks::stride > last_place) return std::nullopt;
  return static_cast<std::uint32_t>(names_.add(name));
}

std::string_view ArrivalBatch::name_of(const Entry& entry) const {
  return names_.at(entry.name, entry.name_size);
}

void ArrivalBatch::add(const File& file) {
  if (directories_.empty()) enter("");
  const auto name = add_name(file.name);
  if (!name) {
    add_whole({.uri = {path_.scheme, path_.bucket,
                       path_.key + directories_.back() + std::string(file.name)},
               .version = {.size = file.size,
                           .mtime = format_instant(file.modified),
                           .sha256 = std::nullopt,
                           .etag = std::nullopt,
                           .versionId = std::nullopt},
               .modified = file.modified,
               .event = file.changed,
               .first_seen = file.first_seen});
    return;
  }
  entries_.push_back({.directory = static_cast<std::uint32_t>(directories_.size() - 1),
                      .name = *name,
                      .name_size = static_cast<std::uint16_t>(file.name.size()),
                      .whole = false,
                      .gone = false,
                      .other = 0,
                      .size = file.size,
                      .modified = file.modified,
                      .event = file.changed,
                      .first_seen = file.first_seen});
}

void ArrivalBatch::add_whole(const Arrival& arrival) {
  Entry entry;
  entry.whole = true;
  entry.other = static_cast<std::uint32_t>(whole_.size());
  whole_.push_back(arrival);
  entries_.push_back(entry);
}

/// False for what has to be kept whole.
bool ArrivalBatch::add_compact(const Arrival& arrival) {
  const auto& [uri, version, modified, event, first_seen] = arrival;
  if (!uri.to_string().starts_with(path_text_) || version.etag || version.versionId ||
      version.mtime != format_instant(modified) ||
      (version.sha256 && !bytes_of_hex(*version.sha256))) {
    return false;
  }
  const std::string_view below = std::string_view(uri.key).substr(path_.key.size());
  const std::size_t name_start = below.rfind('/') + 1;  // 0 where there is none
  if (below.size() - name_start > longest_name) return false;
  enter(below.substr(0, name_start));
  add(File{.name = below.substr(name_start),
           .size = version.size,
           .modified = modified,
           .changed = event,
           .first_seen = first_seen});
  if (version.sha256) set_sha256(size() - 1, *version.sha256);
  return true;
}

void ArrivalBatch::add(const Arrival& arrival) {
  if (!add_compact(arrival)) add_whole(arrival);
}

void ArrivalBatch::add(const ArrivalBatch& from, std::size_t index) {
  const Entry& entry = from.entries_[index];
  if (entry.whole || from.path_text_ != path_text_) {
    add(from.at(index));
    return;
  }
  enter(from.directories_[entry.directory]);
  add(File{.name = from.name_of(entry),
           .size = entry.size,
           .modified = entry.modified,
           .changed = entry.event,
           .first_seen = entry.first_seen});
  if (entry.other != 0) set_sha256(size() - 1, hex_of_bytes(from.hashes_[entry.other - 1]));
}

void ArrivalBatch::append(const ArrivalBatch& more) {
  for (std::size_t i = 0; i < more.size(); ++i) add(more, i);
}

std::string ArrivalBatch::relative(std::size_t index) const {
  const Entry& entry = entries_[index];
  if (!entry.whole) return directories_[entry.directory] + std::string(name_of(entry));
  const std::string& key = whole_[entry.other].uri.key;
  return key.starts_with(path_.key) ? key.substr(path_.key.size()) : key;
}

std::string ArrivalBatch::uri(std::size_t index) const {
  const Entry& entry = entries_[index];
  if (entry.whole) return whole_[entry.other].uri.to_string();
  std::string text = path_text_;
  append_percent_encoded(text, directories_[entry.directory]);
  append_percent_encoded(text, name_of(entry));
  return text;
}

Arrival ArrivalBatch::at(std::size_t index) const {
  const Entry& entry = entries_[index];
  if (entry.whole) return whole_[entry.other];
  Arrival arrival{.uri = {path_.scheme, path_.bucket, path_.key},
                  .version = {.size = entry.size,
                              .mtime = format_instant(entry.modified),
                              .sha256 = std::nullopt,
                              .etag = std::nullopt,
                              .versionId = std::nullopt},
                  .modified = entry.modified,
                  .event = entry.event,
                  .first_seen = entry.first_seen};
  arrival.uri.key += directories_[entry.directory];
  arrival.uri.key += name_of(entry);
  if (entry.other != 0) arrival.version.sha256 = hex_of_bytes(hashes_[entry.other - 1]);
  return arrival;
}

ArrivalBatch::File ArrivalBatch::file(std::size_t index) const {
  const Entry& entry = entries_[index];
  if (!entry.whole) {
    return {.name = name_of(entry),
            .size = entry.size,
            .modified = entry.modified,
            .changed = entry.event,
            .first_seen = entry.first_seen};
  }
  const Arrival& arrival = whole_[entry.other];
  const std::string_view key = arrival.uri.key;
  return {.name = key.substr(key.rfind('/') + 1),
          .size = arrival.version.size,
          .modified = arrival.modified,
          .changed = arrival.event,
          .first_seen = arrival.first_seen};
}

Instant ArrivalBatch::first_seen(std::size_t index) const {
  const Entry& entry = entries_[index];
  return entry.whole ? whole_[entry.other].first_seen : entry.first_seen;
}

void ArrivalBatch::set_first_seen(std::size_t index, Instant seen) {
  Entry& entry = entries_[index];
  (entry.whole ? whole_[entry.other].first_seen : entry.first_seen) = seen;
}

void ArrivalBatch::set_sha256(std::size_t index, std::string_view hex) {
  Entry& entry = entries_[index];
  if (entry.whole) {
    whole_[entry.other].version.sha256 = hex;
    return;
  }
  const auto bytes = bytes_of_hex(hex);
  if (!bytes) throw Error("no SHA-256 in hex: " + std::string(hex));
  hashes_.push_back(*bytes);
  entry.other = static_cast<std::uint32_t>(hashes_.size());
}

}  // namespace cls::flow
