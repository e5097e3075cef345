// SPDX-License-Identifier: Apache-2.0
// Boundary: decides for each arriving object its lot, closes lots, publishes their manifests.
// Rules: docs/lots-and-lateness.md. Everything decided stands in the ledger before it shows.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "flow/deployment.h"
#include "flow/held_arrivals.h"
#include "flow/ledger_log.h"
#include "flow/lot_time.h"
#include "lot/lot_set.h"

namespace cls::flow {

/// Not thread-safe: one thread per boundary; several processes may run the same boundary, the
/// ledger keeps them apart.
class Boundary {
 public:
  Boundary(store::ObjectStore& store, const Clock& clock, LedgerLog& log, LotEvents& events,
           std::string by, Log& out);

  const BoundaryRef& ref() const { return log_.boundary(); }

  /// Reads the ledger and publishes closed lots that have no manifest.
  Result<> start();

  /// True if this version is in the ledger or already held for an open lot.
  bool knows(const Uri& uri, const record::ObjectVersion& version) const;

  /// Takes arrivals that are known together (one scan, one batch of notifications): sightings of
  /// known versions are dropped; what is filtered, rejected or late is stored at once; an
  /// infrequent boundary closes the lots it got members for.
  Result<> take(ArrivalBatch arrivals);
  Result<> take(const std::vector<Arrival>& arrivals);

  /// Whether quiet time has to pass, or a finished scan counts as quiet (`cls run`).
  enum class Quiet : std::uint8_t { Waited, Assumed };
  /// Closes what is due: intervals that ended and settled, collecting lots, empty lots.
  Result<> tick(Quiet quiet);

  /// Closes every open lot, ended or not.
  Result<> seal();

  /// Stores the lines of all that is held, where its lot follows from when it was seen: seen again
  /// by another process, it would have another lot. For the end of a process.
  Result<> store_arrivals();

  /// When tick() will have something to do next; nullopt while nothing is open.
  std::optional<Instant> next_due() const;

  std::vector<lot::LotId> open_lots() const;

 private:
  using Id = HeldArrivals::Id;
  /// What is stored at once, once it is known what else came with it.
  struct Deferred {
    enum class Why : std::uint8_t { Filtered, Rejected, Late } why = Why::Late;
    Id id = 0;
    lot::LotId own_lot;  ///< of a late one
  };
  /// A segment to append, and what is held no longer once it is stored.
  struct Batch {
    record::Segment segment;
    std::size_t immediate = 0;  // so many of immediate_, from its beginning
    std::vector<Id> members;    // that were held
    std::vector<lot::LotId> closes;
  };

  /// What others listed of a key, and what lies there.
  struct ListedKey {
    std::vector<record::ObjectVersion> versions;
    std::optional<store::ObjectInfo> present;
  };
  using Listed = std::map<std::string, ListedKey, std::less<>>;

  void store_next(record::LedgerLine line);
  void accept(Id id, const Arrival& arrival, std::vector<Deferred>& deferred);
  void place(Id id, const Arrival& arrival, const lot::LotId& own, std::vector<Deferred>& deferred);
  void decide(const Deferred& deferred, const std::vector<lot::LotId>& closing);
  void place_late(Arrival arrival, const lot::LotId& own, const std::vector<lot::LotId>& closing);
  bool came_back(const Arrival& arrival) const;
  Instant last_held(const std::string& uri) const;
  void forget_superseded(const Arrival& arrival, const std::optional<lot::LotId>& lot);
  bool filtered(const Uri& uri) const;
  std::vector<lot::LotId> first_groups() const;
  std::vector<lot::LotId> due(Quiet quiet) const;
  std::vector<lot::LotId> empty_due(Quiet quiet) const;
  Instant due_at(const lot::LotId& lot) const;
  Batch next_batch(std::span<const lot::LotId> closing) const;
  bool add_members(const lot::LotId& lot, Batch& batch) const;
  void forget_stored(const Batch& batch);
  Result<> commit(std::vector<lot::LotId> closing);
  Result<Listed> listed_by_others(std::uint64_t last) const;
  bool is_listed(const std::string& uri, const record::ObjectVersion& version,
                 const Listed& by_others) const;
  static bool is_overtaken(const std::string& uri, const record::ObjectVersion& version,
                           const Listed& by_others);
  record::LedgerLine vanished_line(record::LedgerLine line) const;
  Result<> replace_pending();
  Result<> catch_up();
  Result<> publish_unpublished();
  void keep_closable(std::vector<lot::LotId>& closing) const;
  Result<> publish(const std::vector<lot::LotId>& lots);
  void note_published(const lot::LotId& lot, bool is_there);
  lot::LotId present() const;

  store::ObjectStore& store_;
  const Clock& clock_;
  LedgerLog& log_;
  LotEvents& events_;
  std::string by_;
  Log& out_;
  const model::BoundaryPlan& plan_;
  const Limits& limits_;
  LotTimes times_;
  std::string path_key_;
  HeldArrivals held_;
  std::deque<record::LedgerLine> immediate_;  // to be stored with the next segment
  std::map<std::string, record::ObjectVersion> immediate_versions_;  // of those, but for vanished
  lot::LotSet published_;
  bool behind_ = false;        // a lot could not be published: no segment before it is
  std::uint64_t decided_ = 0;  // the last segment that what is held was decided against
  lot::LotId watch_from_;      // first interval that may be published empty; since start()
};

}  // namespace cls::flow
