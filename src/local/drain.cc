// SPDX-License-Identifier: Apache-2.0
#include "local/drain.h"

#include "base/bell.h"
#include "base/format.h"
#include "local/owners.h"

namespace cls::local {

namespace {

using std::chrono::milliseconds;

/// An attempt that ends rings; a process that dies does not.
constexpr milliseconds look{1000};

class Drain {
 public:
  Drain(Home& home, UlidSource& ids)
      : home_(home), self_(make_owner(ids)), probe_(home.files(), home.attempts(), self_) {
    // Without a bell it is looked from time to time.
    auto bell = Bell::hang(home.run(), format("{}-{}", self_.pid, ids.next()));
    if (bell) bell_ = std::move(*bell);
  }

  Result<std::vector<RunningLot>> running(const std::vector<flow::ArcRef>& arcs) {
    std::vector<RunningLot> found;
    for (const auto& arc : arcs) {
      auto walked = flow::for_each_claim(
          home_.store(), arc,
          [&](const flow::StoredClaim& stored) {
            if (runs(stored)) found.push_back(described(arc.to_string(), stored));
          },
          // A claim that cannot be read is set aside everywhere: nobody runs by it.
          [](const Uri&, const Failure&) {});
      if (!walked) return pass(std::move(walked));
    }
    return found;
  }

  /// Those that still run.
  Result<std::vector<RunningLot>> still(std::vector<RunningLot> lots) {
    std::vector<RunningLot> found;
    for (auto& lot : lots) {
      auto stored = flow::read_claim(home_.store(), lot.claim);
      if (!stored) return pass(std::move(stored));
      if (*stored && (*stored)->claim.attempt == lot.attempt && runs(**stored)) {
        found.push_back(std::move(lot));
      }
    }
    return found;
  }

  void wait(Clock& clock, milliseconds most) {
    if (bell_ == nullptr) {
      clock.sleep_for(most);
    } else {
      bell_->listen(most);
    }
  }

 private:
  bool runs(const flow::StoredClaim& stored) {
    const auto& claim = stored.claim;
    return claim.state == record::ClaimState::running && claim.owner &&
           probe_.probe(*claim.owner, claim.attempt) != flow::OwnerProbe::Verdict::Dead;
  }

  static RunningLot described(const std::string& arc, const flow::StoredClaim& stored) {
    const auto& owner = *stored.claim.owner;
    return {.arc = arc,
            .lot = stored.claim.lot,
            .attempt = stored.claim.attempt,
            .owner = format("process {} on {}", owner.pid, owner.host),
            .claim = stored.uri};
  }

  Home& home_;
  record::Owner self_;
  LocalOwnerProbe probe_;
  std::unique_ptr<Bell> bell_;
};

}  // namespace

std::string RunningLot::to_string() const {
  return format("{} {}, attempt {} ({})", arc, lot, attempt, owner);
}

Result<std::vector<RunningLot>> drain(Home& home, Clock& clock, UlidSource& ids,
                                      const DrainRequest& request) {
  Drain drain(home, ids);
  const auto end = clock.monotonic() + request.most;
  auto lots = drain.running(request.arcs);
  bool told = false;
  const std::uint64_t all = lots ? lots->size() : 0;
  while (lots && !lots->empty()) {
    if (!std::exchange(told, true) && request.waiting) request.waiting(*lots);
    if (request.progress != nullptr && lots->size() <= all) {
      request.progress->tell("lots", all - lots->size(), all);
    }
    const auto left = std::chrono::ceil<milliseconds>(end - clock.monotonic());
    if (left <= milliseconds(0)) return lots;
    drain.wait(clock, std::min(left, look));
    lots = drain.still(std::move(*lots));
    // Who heard of it late may have taken another lot.
    if (lots && lots->empty()) lots = drain.running(request.arcs);
  }
  return lots;
}

}  // namespace cls::local
