// SPDX-License-Identifier: Apache-2.0
// Claims: reading them, taking them, and holding one while its attempt runs. docs/formats/claim.md.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/deployment.h"
#include "record/claim.h"
#include "store/object_store.h"

namespace cls::flow {

/// A claim as it stands in the store.
struct StoredClaim {
  Uri uri;
  record::Claim claim;
  std::string etag;
};

Uri claim_uri(const ArcRef& arc, const lot::LotId& lot);

/// nullopt where the lot has no claim; Invalid names a claim that cannot be read.
Result<std::optional<StoredClaim>> read_claim(store::ObjectStore& store, const Uri& uri);

/// Stores a first claim or the next version of one (beat + 1 is the caller's). nullopt: somebody
/// else was faster. Durable later is enough for a claim that is taken: after a power failure its
/// owner is as dead as it, and it is durable before anything that follows from it is there.
Result<std::optional<StoredClaim>> write_claim(store::ObjectStore& store, const Uri& uri,
                                               const record::Claim& claim,
                                               const std::optional<std::string>& etag,
                                               store::Durable durable = store::Durable::Now);

/// Calls `take` with every claim of an arc. A claim that cannot be read goes to `broken`.
Result<> for_each_claim(store::ObjectStore& store, const ArcRef& arc,
                        const std::function<void(const StoredClaim&)>& take,
                        const std::function<void(const Uri&, const Failure&)>& broken);

/// A running claim in the hands of its owner. Every write is one replace_if; who loses one stops.
/// Thread-safe: the heartbeat and the attempt write through the same object.
class HeldClaim {
 public:
  HeldClaim(store::ObjectStore& store, const Clock& clock, StoredClaim stored);

  const Uri& uri() const { return uri_; }
  record::Claim claim() const;
  bool lost() const { return lost_; }
  std::stop_token stop_token() const { return stop_.get_token(); }

  /// Changes and stores the claim; false when it is lost (nothing was written). A store that does
  /// not answer is a failure: the claim is still held, until its lease says otherwise.
  Result<bool> update(const std::function<void(record::Claim&)>& change);

  /// What became of a commit.
  struct Commit {
    bool prepared = false;                ///< what had to be durable before is
    bool lost = false;                    ///< the claim is somebody else's: it was not changed
    bool committed = false;               ///< the changed claim is stored
    bool followed = false;                ///< and what may be there after it is, as it was given
    std::optional<Failure> failure = {};  ///< of the store, in what comes next
  };
  /// Stores `before`, then the changed claim, then `after`: each durable before the next is there.
  Commit commit(store::WriteStep before, const std::function<void(record::Claim&)>& change,
                store::WriteStep after);

  /// Gives the claim up, and asks the attempt to stop, at two thirds of the lease without a write.
  /// True if it needs a beat: a third has passed. Waits for nobody, so that a store that does not
  /// answer is found out too.
  bool judge();
  /// Beats if it needs to and no write of this claim is under way.
  void keep();

  /// Asks the attempt to stop without losing the claim, for an orderly end of the process.
  void request_stop() { stop_.request_stop(); }

 private:
  void lose();
  Result<bool> write(const std::function<void(record::Claim&)>& change);
  Commit write(store::WriteStep before, const std::function<void(record::Claim&)>& change,
               store::WriteStep after);
  Result<std::optional<StoredClaim>> write_after_own(record::Claim& next);

  store::ObjectStore& store_;
  const Clock& clock_;
  Uri uri_;
  mutable std::mutex mutex_;
  record::Claim claim_;
  std::string etag_;
  const std::chrono::seconds lease_;
  std::atomic<std::chrono::nanoseconds> written_;  ///< when the last write began
  std::atomic<bool> lost_ = false;
  std::stop_source stop_;
};

/// The claims this process holds, for the heartbeat. Thread-safe.
class HeldClaims {
 public:
  std::shared_ptr<HeldClaim> hold(store::ObjectStore& store, const Clock& clock,
                                  StoredClaim stored);
  void release(const std::shared_ptr<HeldClaim>& held);
  bool holds(const Uri& uri) const;
  /// Judges every claim by the clock, and notes those that need a beat and are not being beaten.
  /// True if there is any. Waits for no store.
  bool judge_all();
  /// Beats one of those that were noted; false if there is none. Several threads may: a store that
  /// does not answer for one claim holds up no other.
  bool beat_one();
  /// Asks all attempts to stop, and those of claims that are held from now on too: one that is just
  /// being taken is as good as taken.
  void request_stop_all();

 private:
  mutable std::mutex mutex_;
  std::map<Uri, std::shared_ptr<HeldClaim>> held_;
  bool stopping_ = false;
  std::deque<std::shared_ptr<HeldClaim>> due_;  ///< to be beaten
  std::set<const HeldClaim*> beating_;          ///< those, and those that are being beaten
};

/// Judges leases by watching one ETag unchanged for a full lease on one's own monotonic clock.
/// Thread-safe.
class LeaseWatch {
 public:
  explicit LeaseWatch(const Clock& clock) : clock_(clock) {}
  /// True once the claim's ETag has stood still for its whole lease since first watched.
  bool expired(const StoredClaim& stored);
  void forget(const Uri& uri);

 private:
  struct Sighting {
    std::string etag;
    std::chrono::nanoseconds since{};
  };
  const Clock& clock_;
  std::mutex mutex_;
  std::map<Uri, Sighting> seen_;
};

/// Tells whether the owner of a claim still lives.
class OwnerProbe {
 public:
  enum class Verdict : std::uint8_t { Alive, Dead, Unknown };
  virtual ~OwnerProbe() = default;
  /// Dead only if the process is gone on this very host and nothing of its attempt's workload lives
  /// (what lives on is ended first).
  virtual Verdict probe(const record::Owner& owner, const std::string& attempt) = 0;
};

}  // namespace cls::flow
