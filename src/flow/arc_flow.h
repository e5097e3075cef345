// SPDX-License-Identifier: Apache-2.0
// ArcFlow: the life of one (arc, lot): is it ready, own, taken; claim, run, commit, publish, end.
// Rules: docs/formats/claim.md.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/log.h"
#include "base/ulid.h"
#include "flow/claim_store.h"
#include "flow/sources.h"
#include "flow/workload.h"

namespace cls::flow {

/// What an arc needs of the world. All of it outlives the flows.
struct ArcServices {
  store::ObjectStore& store;
  const Clock& clock;
  UlidSource& ids;
  LotEvents& events;
  OwnerProbe& owners;
  HeldClaims& held;
  LeaseWatch& leases;
  SourceReader& sources;
  record::Owner self;
  Log& log;
  /// The workload an arc's plan asks for.
  std::function<Workload&(const model::ArcPlan&)> workload;
};

/// Why nothing was run. A stop of the process releases the claim and says Stopped.
enum class Idle : std::uint8_t {
  NotReady,  ///< a subscribed source has not published the lot
  NotOwn,    ///< it became ready before the subscription began
  Disabled,
  UpToDate,  ///< the claim names these very revisions
  Stopped,
};
/// Somebody else runs it: look again after `after`.
struct Busy {
  std::chrono::seconds after;
};
/// The attempt failed and is tried again after `after`.
struct RetryLater {
  std::chrono::seconds after;
};
/// A newer revision came while it ran: look again at once.
struct LookAgain {};
struct Ended {
  record::ClaimResult result = record::ClaimResult::complete;
};
/// The claim was lost to somebody else; nothing more was written.
struct Lost {};

using ArcOutcome = std::variant<Idle, Busy, RetryLater, LookAgain, Ended, Lost>;

/// The arc's subscription as far as the flow needs it.
struct SubscriptionView {
  bool enabled = true;
  std::optional<Instant> since;  ///< nullopt: all
};

/// Thread-safe: several lots of one arc run at once.
class ArcFlow {
 public:
  ArcFlow(ArcServices services, ArcRef arc, SubscriptionView subscription)
      : services_(std::move(services)),
        arc_(arc),
        since_(subscription.since),
        enabled_(subscription.enabled) {}

  const ArcRef& arc() const { return arc_; }
  SubscriptionView subscription() const { return {enabled_, since_}; }
  /// A disabled arc takes no lot; what runs goes on.
  void set_enabled(bool enabled) { enabled_ = enabled; }

  /// Looks at the lot and, if there is something to do, does all of it. Throws nothing of its own;
  /// a failure means a record could not be read or written: try again later.
  Result<ArcOutcome> run(const lot::LotId& lot);

 private:
  struct Ready {
    std::vector<std::pair<std::string, SourceLot>> sources;  ///< role → lot, as declared
    Instant ready{};
  };
  using Preparation = std::variant<ArcOutcome, std::shared_ptr<HeldClaim>>;

  Result<std::optional<Ready>> find_sources(const lot::LotId& lot) const;
  std::map<std::string, record::ClaimSource> named(const Ready& ready) const;
  Result<std::optional<ArcOutcome>> judge_present(const StoredClaim& present, const Ready& ready,
                                                  bool& owner_lost) const;
  Result<Preparation> take_claim(const lot::LotId& lot, Ready& ready);
  record::Claim next_claim(const lot::LotId& lot, const std::optional<StoredClaim>& present,
                           const Ready& ready, bool owner_lost) const;
  Result<bool> settle_sources(HeldClaim& held, const lot::LotId& lot, Ready& ready) const;
  Result<ArcOutcome> run_claimed(const std::shared_ptr<HeldClaim>& held, const lot::LotId& lot,
                                 Ready& ready);
  Result<RunOutcome> run_workload(const HeldClaim& held, const lot::LotId& lot, const Ready& ready);
  Result<ArcOutcome> commit(HeldClaim& held, const lot::LotId& lot, Completed completed);
  /// What a commit writes: before it, in it, after it.
  struct Decision {
    store::WriteStep before;
    std::map<std::string, record::ClaimSink> sinks;
    store::WriteStep after;  ///< empty where published keys have to be read first
    bool revised = true;     ///< a sink has a revision that is to be published
  };
  Result<Decision> decide(const record::Claim& claim, const lot::LotId& lot,
                          Completed completed) const;
  Result<ArcOutcome> publish(HeldClaim& held, const lot::LotId& lot, bool written, bool revised);
  Result<ArcOutcome> fail_attempt(HeldClaim& held, const lot::LotId& lot, const Failed& failed);
  Result<> store_partial(const std::string& attempt, const lot::LotId& lot,
                         const Failed& failed) const;
  Result<ArcOutcome> release(HeldClaim& held);
  void announce(const std::vector<model::DatasetId>& datasets, const lot::LotId& lot) const;
  Result<bool> changed_meanwhile(const HeldClaim& held, const lot::LotId& lot) const;

  ArcServices services_;
  ArcRef arc_;
  std::optional<Instant> since_;
  std::atomic<bool> enabled_;
};

/// Sets an ended (missing or partial) lot to be tried again, both counts at 0; false where it is
/// not in such a state or somebody else changed it.
Result<bool> retry_lot(store::ObjectStore& store, const Uri& claim_uri);

/// Back-off before attempt n+1 (n ≥ 1 failed): base doubled per failure, at most 300 s, ±25 %
/// jitter from `dice` in [0, 1).
std::chrono::seconds backoff(std::chrono::seconds base, std::uint64_t failures, double dice);

}  // namespace cls::flow
