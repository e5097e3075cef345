// SPDX-License-Identifier: Apache-2.0
// LedgerLog: a boundary's ledger as one process knows it: which lots are closed, which object
// versions are listed, and the way to append. The stored segments are the truth.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flow/deployment.h"
#include "flow/known_versions.h"
#include "flow/lot_members.h"
#include "lot/lot_set.h"
#include "record/ledger.h"
#include "store/object_store.h"

namespace cls::flow {

/// Thread-safe. Reads segments 1…N in order; membership is kept in memory.
class LedgerLog {
 public:
  LedgerLog(store::ObjectStore& store, BoundaryRef boundary);

  const BoundaryRef& boundary() const { return boundary_; }

  /// Reads the segments that were added since; how many. A segment that cannot be read is a
  /// failure that names it: without it nothing may be appended.
  Result<std::size_t> refresh();

  /// What became of an append.
  struct Appended {
    bool ours = false;      ///< false when there are later segments, whoever read them: decide anew
    bool followed = false;  ///< what was to follow the segment is stored too
  };
  /// Members of a lot among the lines of a segment, by URI.
  struct Members {
    const record::LedgerLines* lines = nullptr;
    std::vector<std::uint32_t> rows;  ///< of lines

    std::size_t size() const { return rows.size(); }
    bool empty() const { return rows.empty(); }
    std::string uri(std::size_t i) const { return (*lines)[rows[i]].uri; }
  };
  /// Asked for each lot that a segment closes and that no earlier segment has lines of: adds what
  /// is to be stored right after the segment, for its members.
  using Follow = std::function<void(const lot::LotId&, const Members&, store::WriteStep&)>;
  /// Appends as number `decided` + 1, which is set; `decided` is the last segment that its lines
  /// were decided against.
  Result<Appended> append(record::Segment segment, std::uint64_t decided, const Follow& follow);

  std::uint64_t last_number() const;
  bool is_closed(const lot::LotId& lot) const;
  lot::LotSet closed() const;
  /// The lots that the last segment closes, sorted.
  std::vector<lot::LotId> closed_last() const;
  /// Open lots that the log has member lines for.
  std::vector<lot::LotId> open_lots() const;
  /// True for an open lot that holds a late object.
  bool is_collecting(const lot::LotId& lot) const;
  /// When the closing segment was written.
  std::optional<Instant> closed_at(const lot::LotId& lot) const;
  /// When the last line for this open lot was first seen; the beginning of time for one without.
  std::optional<Instant> last_seen(const lot::LotId& lot) const;

  /// True if the last line of this URI, but for vanished ones, is about the same version.
  bool knows(const std::string& uri, const record::ObjectVersion& version) const;

  /// Counts over all lines, for reports.
  struct Counts {
    std::uint64_t lines = 0;
    std::uint64_t rejected = 0;
    std::uint64_t filtered = 0;
    std::uint64_t late = 0;
  };
  Counts counts() const;

  /// The members of a lot. Those of a few closed ones are kept; of a large lot as long as somebody
  /// else keeps them.
  Result<std::shared_ptr<const LotMembers>> members_of(const lot::LotId& lot);

  /// What is asked of a lot again and again while an arc takes it.
  struct LotSummary {
    std::string revision;
    std::size_t size = 0;                       ///< of the members
    std::shared_ptr<const LotMembers> members;  ///< if they are in memory; else see members_of()
  };
  Result<LotSummary> summary_of(const lot::LotId& lot);

  /// The lines of the segments after `after` up to `last`, in order, read from the store.
  Result<> for_each_line(std::uint64_t after, std::uint64_t last,
                         const std::function<void(const record::LedgerLine&)>& take) const;

  /// All segments from number `first` on, in order, read from the store (for the checker).
  Result<> for_each_segment(const std::function<void(const record::Segment&)>& take,
                            std::uint64_t first = 1);

 private:
  struct LotEntry {
    std::vector<std::uint64_t> segments;  ///< that hold lines of it
    std::optional<Instant> closed_at;
    Instant last_seen{};
    bool collecting = false;
  };
  struct CachedLot {
    lot::LotId lot;
    std::weak_ptr<const LotMembers> members;
    std::shared_ptr<const LotMembers> kept;  ///< unless it is large
    std::optional<LotSummary> summary = {};  ///< without the members
  };
  /// A segment's lines, and which of them are of a lot, in the order of the segment.
  struct LinesOfLots {
    record::LedgerLines lines;
    std::map<std::string, std::vector<std::uint32_t>, std::less<>> rows;
  };
  struct CachedSegment {
    std::uint64_t number = 0;
    std::size_t count = 0;  ///< of its lines
    std::shared_ptr<const LinesOfLots> lines;
  };

  Result<std::optional<record::Segment>> read(std::uint64_t number) const;
  Result<std::optional<record::Segment>> read_named(std::uint64_t number) const;
  Result<bool> apply_next();
  void apply(const record::Segment& segment);  // with mutex_ held
  store::WriteStep following(const record::Segment& segment, const Follow& follow) const;
  /// One segment for many lots: closed together, they are read one after another.
  Result<std::shared_ptr<const LinesOfLots>> lines_of_segment(std::uint64_t number);
  std::shared_ptr<const LinesOfLots> cache(record::Segment segment);  // with mutex_ held
  std::shared_ptr<const LotMembers> cached_members(const lot::LotId& lot);
  std::optional<LotSummary> cached_summary(const lot::LotId& lot);
  void cache_members(const lot::LotId& lot, const std::shared_ptr<const LotMembers>& members);

  store::ObjectStore& store_;
  BoundaryRef boundary_;
  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;
  KnownVersions known_;
  std::map<lot::LotId, LotEntry> lots_;
  std::set<lot::LotId> open_;  ///< of lots_, those that are not closed and have a member
  lot::LotSet closed_;
  std::vector<lot::LotId> closed_last_;
  Counts counts_;
  std::list<CachedLot> cache_;              ///< most recent first
  std::size_t kept_bytes_ = 0;              ///< of cache_
  std::list<CachedSegment> segment_cache_;  ///< most recent first
  std::size_t cached_line_count_ = 0;       ///< of segment_cache_
};

/// The ledgers of all boundaries of a deployment, each made once. Thread-safe.
class LedgerLogs {
 public:
  explicit LedgerLogs(store::ObjectStore& store) : store_(store) {}
  LedgerLog& of(const BoundaryRef& boundary);

 private:
  store::ObjectStore& store_;
  std::mutex mutex_;
  std::map<const model::BoundaryPlan*, std::unique_ptr<LedgerLog>> logs_;
};

}  // namespace cls::flow
