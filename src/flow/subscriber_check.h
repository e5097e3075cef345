// SPDX-License-Identifier: Apache-2.0
// SubscriberCheck: promise 6: what is published and what was taken follow from the records alone.
// docs/audit.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/arc_flow.h"
#include "flow/checker.h"
#include "flow/claim_store.h"
#include "flow/lot_sets.h"
#include "flow/published_lots.h"

namespace cls::flow {

/// Used once: read_records(), then for each arc of in_order() begin(), take() for each of its
/// claims, end().
class SubscriberCheck {
 public:
  SubscriberCheck(store::ObjectStore& store, const Deployment& deployment,
                  const AuditOptions& options, AuditFindings& findings)
      : store_(store), deployment_(deployment), options_(options), findings_(findings) {}

  /// Subscriptions and datasets' owners: that they can be read.
  void read_records();

  /// The arcs, each after those that make its sources.
  std::vector<ArcRef> in_order() const;

  Result<> begin(const ArcRef& arc);
  void take(const StoredClaim& stored);
  /// What is published and was not taken.
  void end();
  /// Gives back what was remembered of the datasets.
  void forget() { datasets_.clear(); }

 private:
  using DatasetKey = std::pair<model::Placement, model::DatasetId>;
  /// A dataset with subscribers.
  struct Published {
    Producer producer;
    std::unique_ptr<LedgerLots> ledger;  ///< of a boundary
    PublishedLots lots;                  ///< of others
    bool whole = true;                   ///< all its lots are known

    bool skips(const lot::LotId& lot) const { return ledger && ledger->skips(lot); }
    PublishedLots& known() { return ledger ? ledger->lots() : lots; }
  };
  struct Source {
    std::string role;
    model::DatasetId dataset;
    bool subscribed = true;
    Published* published = nullptr;
  };
  /// A claim that names a revision that is not the present one, looked at again.
  struct Suspect {
    StoredClaim claim;
    std::string role;
  };

  void violation(const std::optional<std::string>& arc, const std::string& lot,
                 const std::string& uri, std::string message);
  void read_one(const Uri& uri, bool is_subscription);
  Result<Published*> published(const Deployed& consumer, const model::DatasetId& dataset);
  Result<> list_foreign(const Deployed& consumer, const model::DatasetId& dataset,
                        PublishedLots& lots);
  void read_subscription_of(const ArcRef& arc);
  void note_sinks(const StoredClaim& stored, const lot::LotId& lot);
  void compare(const StoredClaim& stored, const lot::LotId& lot);
  void look_again();
  void look_again_at(const Suspect& suspect);
  enum class Made : std::uint8_t { Present, Former, Never, Unknown };
  Made made_by(const ArcSinkRef& sink, const lot::LotId& lot, const std::string& revision);
  void judge_untaken();
  void tell_due(const lot::LotId& lot);

  store::ObjectStore& store_;
  const Deployment& deployment_;
  const AuditOptions& options_;
  AuditFindings& findings_;
  std::map<DatasetKey, Published> datasets_;
  // Of the arc being looked at:
  ArcRef arc_;
  SubscriptionView subscription_;
  std::vector<Source> sources_;
  LotSets claimed_;
  std::vector<Suspect> suspects_;
  std::uint64_t due_ = 0;
  std::optional<lot::LotId> first_due_;
};

}  // namespace cls::flow
