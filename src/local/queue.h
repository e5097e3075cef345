// SPDX-License-Identifier: Apache-2.0
// Queue: which (arc, lot) is to be looked at, and when. An index: lost, it is filled again by a
// sweep over the records; back-off times are all that is forgotten.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "local/index_file.h"

namespace cls::local {

/// Live events go before back-fill.
enum class Lane : std::uint8_t { Live, Backfill };

struct QueueItem {
  std::string arc;  ///< ArcRef's key in the engine
  std::string lot;

  auto operator<=>(const QueueItem&) const = default;
};

/// Thread-safe; several processes may share the database, each hands out what it took itself.
class Queue {
 public:
  Queue(const std::string& path, const Clock& clock, const DamagedIndex& damaged = {});

  /// Failed where the index is not where it was opened any more: what to say. From any thread.
  Result<> in_place() const;

  /// Adds what is not there, all in one transaction; what is being worked on is looked at again
  /// when its run ends.
  void push(const std::vector<QueueItem>& items, Lane lane);

  /// The next item of `arcs` that is due; for arcs in `ordered` only the oldest lot of the arc.
  /// nullopt where there is none.
  std::optional<QueueItem> take(const std::string& by, const std::set<std::string>& arcs,
                                const std::set<std::string>& ordered);
  /// The item is finished; false if it was pushed again meanwhile, and so is due.
  bool done(const QueueItem& item);
  /// The item is looked at again at `at`.
  void later(const QueueItem& item, Instant at);
  /// Frees what owners took of whom `lives` says no; true if there was any.
  bool free_dead(const std::function<bool(const std::string& by)>& lives);
  /// Removes what has been due for a day of arcs that are not in `arcs`: nobody serves them.
  void forget_others(const std::set<std::string>& arcs);

  struct Depth {
    std::uint64_t waiting = 0;
    std::uint64_t taken = 0;
    std::optional<Instant> next_due;  ///< of the waiting ones that take() might hand out
  };
  /// By arc, for all arcs in the queue; those in back-off, or that wait for an older lot of an arc
  /// in `ordered`, are not due. Reads all of the queue.
  struct ArcDepth {
    std::uint64_t waiting = 0;
    std::uint64_t taken = 0;
    std::uint64_t due = 0;
  };
  std::map<std::string, ArcDepth> depths(const std::set<std::string>& ordered);
  /// `ordered` as for take(): a lot that has to wait for an older one of its arc is not due.
  Depth depth(const std::set<std::string>& arcs, const std::set<std::string>& ordered = {});

 private:
  const Clock& clock_;
  std::mutex mutex_;
  IndexFile file_;
  Database& database_;
};

}  // namespace cls::local
