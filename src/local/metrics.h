// SPDX-License-Identifier: Apache-2.0
// Metrics: what the resident process counts, for Prometheus. Kept in memory while the work is done:
// asking reads no record. Names and meanings: docs/operations.md.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "flow/arc_flow.h"
#include "flow/deployment.h"
#include "flow/sweep.h"
#include "lot/lot_set.h"

namespace cls::local {

/// Items of one arc in the queue.
struct QueueCounts {
  std::uint64_t waiting = 0;
  std::uint64_t taken = 0;
  std::uint64_t due = 0;  ///< of the waiting ones
};

/// Thread-safe; outlives the engines of a process, so that counters never go back.
class Metrics {
 public:
  /// How an attempt ended.
  enum class AttemptEnd : std::uint8_t { Complete, Partial, Missing, Retry, Released, Lost };
  static constexpr std::size_t attempt_ends = 6;
  /// Upper bounds, in seconds, of the duration's buckets; one more holds the rest.
  static constexpr std::array<double, 12> duration_bounds{0.05, 0.1, 0.25, 1,   2.5, 5,
                                                          10,   30,  60,   300, 900, 3600};

  struct ArcSeries {
    std::array<std::uint64_t, attempt_ends> attempts{};
    std::array<std::uint64_t, duration_bounds.size() + 1> durations{};
    double duration_sum = 0;
    std::uint64_t record_failures = 0;
    flow::LotsByState lots;  ///< as last read, and changed by what ran here since
    /// Here, since when (monotonic). Two engines of the process may look at one lot: one has it.
    std::multimap<lot::LotId, std::chrono::nanoseconds> running;
  };

  /// A boundary as the serve loop last saw it.
  struct BoundaryNow {
    bool takes_in = false;
    std::uint64_t closed_lots = 0;
    std::uint64_t open_lots = 0;
    flow::LedgerLog::Counts counts;
    std::optional<Instant> last_closed_end;
    std::optional<Instant> oldest_open_end;
  };
  struct BoundarySeries {
    BoundaryNow now;
    std::optional<Instant> scanned;
  };

  /// From now on these are served; what is shown of others is dropped, that of an arc once what
  /// still runs of it has ended.
  void serve(const flow::Deployment& deployment);

  /// An arc looks at a lot, as long as this lives.
  class Look {
   public:
    Look(Metrics& metrics, std::string arc, lot::LotId lot, const Clock& clock);
    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;
    ~Look();
    /// What came of it.
    void ended(const Result<flow::ArcOutcome>& outcome);

   private:
    Metrics& metrics_;
    std::string arc_;
    lot::LotId lot_;
    const Clock& clock_;
    std::chrono::nanoseconds began_;
  };
  /// What the records say of an arc's lots; `damaged` claims could not be read.
  void swept(const std::string& arc, flow::LotsByState lots, std::uint64_t damaged);

  void boundary(const flow::BoundaryRef& ref, const BoundaryNow& now);
  void scanned(const flow::BoundaryRef& ref, Instant at);
  /// How many records of a kind (`ledger`, `subscription`, `project`) are set aside for `whose`.
  void damaged(const std::string& kind, const std::string& whose, std::uint64_t count);

  std::atomic<std::uint64_t>& complaints() { return complaints_; }
  /// Asked for the queue of the engine at work, by arc key; an empty function takes that back, and
  /// then the former one is not running. It may throw an Error: the last answer is shown.
  void read_queue_by(std::function<std::map<std::string, QueueCounts>()> read);

  /// The text exposition format, version 0.0.4.
  std::string text(const Clock& clock, const std::string& version);

 private:
  struct Arc {
    std::string labels;
    bool served = true;
    ArcSeries series;
  };
  struct Boundary {
    std::string labels;
    BoundarySeries series;
  };
  void take_outcome(ArcSeries& series, const lot::LotId& lot,
                    const Result<flow::ArcOutcome>& outcome, double seconds);
  std::map<std::string, QueueCounts> queue(const Clock& clock);

  friend class MetricsText;
  std::mutex mutex_;
  std::map<std::string, Arc> arcs_;                                       ///< by arc_key
  std::map<std::string, Boundary> boundaries_;                            ///< by placement and name
  std::map<std::pair<std::string, std::string>, std::uint64_t> damaged_;  ///< kind, whose
  std::atomic<std::uint64_t> complaints_ = 0;

  std::mutex queue_mutex_;
  std::function<std::map<std::string, QueueCounts>()> read_queue_;
  std::map<std::string, QueueCounts> queue_;
  std::chrono::nanoseconds queue_read_after_{};  ///< not before: a long queue takes time
};

/// `text` for a label's value: backslash, quote and newline escaped.
std::string label_value(std::string_view text);

}  // namespace cls::local
