// SPDX-License-Identifier: Apache-2.0
// Arrival: one sighting of an object. ArrivalBatch: many of them in little memory.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_blocks.h"
#include "base/uri.h"
#include "record/object_version.h"

namespace cls::flow {

/// One sighting of an object below a boundary's path.
struct Arrival {
  Uri uri;
  record::ObjectVersion version;
  Instant modified;    ///< the object's modification time
  Instant event;       ///< the time in the notification; of a file its ctime
  Instant first_seen;  ///< when cls saw it
};

/// Sightings in the order they were added; a file takes some 50 bytes and its name. What does not
/// fit that form (an object version of S3, a URI outside the path) is kept whole.
class ArrivalBatch {
 public:
  /// `path` is the boundary's; its key is empty or ends in `/`.
  explicit ArrivalBatch(Uri path);
  ArrivalBatch(ArrivalBatch&&) noexcept = default;
  ArrivalBatch& operator=(ArrivalBatch&&) noexcept = default;
  ArrivalBatch(const ArrivalBatch&) = delete;
  ArrivalBatch& operator=(const ArrivalBatch&) = delete;
  ~ArrivalBatch() = default;

  /// Where the files that are added next lie: "", or a key below the path that ends in `/`.
  void enter(std::string_view directory);
  /// A file of that name in the directory entered last.
  struct File {
    std::string_view name;
    std::uint64_t size = 0;
    Instant modified;
    Instant changed;
    Instant first_seen = {};
  };
  void add(const File& file);
  void add(const Arrival& arrival);
  /// A copy of one of another batch.
  void add(const ArrivalBatch& from, std::size_t index);
  void append(const ArrivalBatch& more);

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  Arrival at(std::size_t index) const;
  /// What File was added, or would be.
  File file(std::size_t index) const;
  /// The key below the path.
  std::string relative(std::size_t index) const;
  std::string uri(std::size_t index) const;
  Instant first_seen(std::size_t index) const;
  void set_first_seen(std::size_t index, Instant seen);
  /// 64 hex digits in lower case.
  void set_sha256(std::size_t index, std::string_view hex);

  /// For its holder: whether something was marked as no longer wanted.
  bool is_gone(std::size_t index) const { return entries_[index].gone; }
  void set_gone(std::size_t index) { entries_[index].gone = true; }

  /// Drops what is not kept, as `keep(index)` says; asked in order, with the old indices.
  template <class Keep>
  void keep_if(Keep&& keep) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (keep(i)) entries_[kept++] = entries_[i];
    }
    entries_.resize(kept);
    entries_.shrink_to_fit();
  }

 private:
  using Sha256 = std::array<std::uint8_t, 32>;
  /// `other` is the number of its hash in hashes_ plus 1 or, of one kept whole, in whole_.
  struct Entry {
    std::uint32_t directory = 0;
    std::uint32_t name = 0;  // its place in names_
    std::uint16_t name_size = 0;
    bool whole = false;
    bool gone = false;
    std::uint32_t other = 0;
    std::uint64_t size = 0;
    Instant modified;
    Instant event;
    Instant first_seen;
  };

  std::optional<std::uint32_t> add_name(std::string_view name);
  bool add_compact(const Arrival& arrival);
  void add_whole(const Arrival& arrival);
  std::string_view name_of(const Entry& entry) const;

  Uri path_;
  std::string path_text_;
  std::vector<std::string> directories_;
  TextBlocks names_;
  std::deque<Entry> entries_;  // grows without being copied
  std::deque<Sha256> hashes_;
  std::deque<Arrival> whole_;
};

}  // namespace cls::flow
