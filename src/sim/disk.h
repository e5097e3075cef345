// SPDX-License-Identifier: Apache-2.0
// Disk: all objects of a simulated world as they are visible, and which of the changes would not
// outlast a power failure yet.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "base/uri.h"

namespace cls::sim {

/// One stored object.
struct Stored {
  std::shared_ptr<const std::string> bytes;
  Instant modified;
  std::string etag;
  std::string version_id = {};
};

/// A change of one key: what stood there and what stands there now; empty: nothing.
struct Change {
  Uri uri;
  std::optional<Stored> before;
  std::optional<Stored> after;
  int writer = 0;  ///< number of the process; outsiders are 0
};

/// Changes are visible to all at once. A change is *owed* until its writer says that it is durable.
/// A power failure keeps a beginning of the owed changes in the order they were made, as a journal
/// does; of those that are durable later each is kept or lost by itself.
class Disk {
 public:
  using Bucket = std::map<std::string, Stored>;
  using Told = std::function<void(const Change&)>;

  /// `changed` is told of every change after it was made, `undone` of those that a failure takes
  /// back.
  Disk(Told changed, Told undone) : changed_(std::move(changed)), undone_(std::move(undone)) {}

  const Stored* find(const Uri& uri) const;
  const Bucket* bucket(const Uri& uri) const;
  void for_each(const std::function<void(const Uri&, const Stored&)>& take) const;

  /// Sets or, without `next`, removes; the number of the change. `later`: owed until the writer's
  /// next write.
  std::uint64_t apply(int writer, const Uri& uri, std::optional<Stored> next, bool later);
  /// All changes up to this one are durable, but for those that others may make durable later.
  void settle(std::uint64_t change);
  /// What this writer left to be made durable later is so now.
  void settle_later(int writer);

  /// Takes back what was lost; `keep` says how many of so many, and `keep_later` whether one that
  /// was to be durable later is kept. How many changes were lost.
  std::size_t fail(const std::function<std::size_t(std::size_t)>& keep,
                   const std::function<bool()>& keep_later);
  /// Takes back what this writer left to be made durable later (a broken port: ADR 12).
  std::size_t lose_later(int writer);

 private:
  struct Owed {
    std::uint64_t number = 0;
    bool later = false;
    Change change;
  };
  bool undo(const Change& change);
  void set(const Uri& uri, const std::optional<Stored>& next);

  Told changed_;
  Told undone_;
  std::map<std::string, Bucket> buckets_;
  std::deque<Owed> owed_;
  std::uint64_t made_ = 0;
};

}  // namespace cls::sim
