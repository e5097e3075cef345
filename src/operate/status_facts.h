// SPDX-License-Identifier: Apache-2.0
// StatusFacts: what the records say of one boundary, arc or dataset, each read once.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "operate/listings.h"
#include "operate/lot_states.h"
#include "operate/problem_list.h"
#include "operate/status.h"
#include "operate/status_memory.h"
#include "operate/status_notes.h"

namespace cls::operate {

/// Finds lots among published ones; quickly where they are asked for in their order. The lots
/// outlive it.
class PublishedLookup {
 public:
  explicit PublishedLookup(const PublishedLots& lots) : lots_(lots) {}
  /// When the lot was published; nullopt where it is not in there.
  std::optional<Instant> at(lot::LotId lot);

 private:
  const PublishedLots& lots_;
  std::size_t next_ = 0;
};

/// A record that cannot be read.
StatusProblem broken_record(const Uri& uri, const Failure& failure,
                            std::optional<std::string> lot = std::nullopt);

struct BoundaryFacts {
  LedgerFacts ledger;  ///< what was published is of the window
  ProblemList problems;
  std::optional<std::string> stamp;  ///< of the ledger, before it was read
};

struct ArcFacts {
  /// A lot that somebody runs, or will run again.
  struct Unfinished {
    lot::LotId lot;
    std::optional<std::string> started;
  };
  std::array<std::uint64_t, json::names_of<ArcLotState>.size()> counts{};
  std::optional<std::string> oldest_running;
  std::vector<lot::LotId> known;  ///< lots with a claim or an arc state; ascending
  std::vector<Unfinished> unfinished;
  std::map<std::string, PublishedLots> published;  ///< by sink role: lots ever committed
  std::map<std::string, MemberCount> members;      ///< by sink role, if wanted
  ProblemList problems;
  std::vector<std::string> unreadable;  ///< why claims cannot be read
  std::vector<ArcLotFacts> lots;        ///< where there are notes and claims were read
  bool lots_are_here = false;           ///< else they are as remembered
  std::optional<std::string> stamp;     ///< of the claims, before they were read
  std::uint64_t of(ArcLotState state) const { return counts.at(static_cast<std::size_t>(state)); }
};

/// Reads lazily and keeps what it read; with notes, what is proved to be as it was is not read.
/// What is wrong with a record is a problem among the facts; a store that does not answer is a
/// failure. Not thread-safe.
class StatusFacts {
 public:
  /// `count_members` names the arcs whose members files are wanted.
  StatusFacts(const StatusSources& sources, LotWindow window,
              std::set<const model::ArcPlan*> count_members)
      : sources_(sources), window_(window), count_members_(std::move(count_members)) {}

  Result<const BoundaryFacts*> boundary(const flow::BoundaryRef& boundary);
  Result<const ArcFacts*> arc(const flow::ArcRef& arc);
  /// Every lot of an arc with its state, in no order; why claims cannot be read goes to
  /// `unreadable`.
  Result<std::vector<ArcLotFacts>> arc_lots(const flow::ArcRef& arc,
                                            std::vector<std::string>& unreadable);
  /// The lots of a dataset as its consumers see them, whoever produces it.
  Result<const PublishedLots*> published(const flow::Deployed& consumer,
                                         const model::DatasetId& dataset);
  /// The lots of an owned dataset, in the order of their ids' texts, without the time of their
  /// manifests.
  Result<std::vector<DatasetLot>> dataset_lots(const OwnedDatasetRef& owned);
  /// Members of lots that no ledger and no claim tells of, from their manifests (their bytes are
  /// in no record and are not counted).
  Result<MemberCount> manifest_members(const record::Places& places,
                                       const model::DatasetId& dataset,
                                       const std::vector<DatasetLot>& lots,
                                       const PublishedLots& counted, ProblemList& problems);

  const LotWindow& window() const { return window_; }

 private:
  /// nullptr where there are none, or not all lots are asked for.
  StatusNotes* notes() const;
  template <typename Memory>
  std::optional<Memory> recall(const std::string& subject) const;

  struct Objects;
  Result<> read_ledger(flow::LedgerLog& log, BoundaryFacts& facts, Objects& objects);
  Result<> read_boundary(const flow::BoundaryRef& boundary, BoundaryFacts& facts, Objects& objects);
  Result<> recall_boundary(const flow::BoundaryRef& boundary, BoundaryFacts& facts);
  Result<bool> same_objects(const BoundaryMemory& former, const model::BoundaryPlan& boundary);

  Result<> read_arc(const flow::ArcRef& arc, ArcFacts& facts);
  Result<> recall_arc(const flow::ArcRef& arc, ArcFacts& facts);
  Result<std::optional<bool>> recall_claims(const flow::ArcRef& arc,
                                            std::optional<ArcMemory>& former, ArcFacts& facts);
  Result<> recall_states(const flow::ArcRef& arc, const std::vector<std::string>& names,
                         ArcFacts& facts);
  /// Takes a lot that was read; with the version of its claim where that is to be remembered.
  Result<> take_lot(const flow::ArcRef& arc, const ArcLot& lot,
                    const std::optional<ClaimVersion>& version, ArcFacts& facts);
  Result<> count_sinks(const flow::ArcRef& arc, const record::Claim& claim, ArcLotFacts& lot,
                       ProblemList& problems);

  std::vector<ArcLotFacts> lots_of(const flow::ArcRef& arc, const ArcFacts& facts) const;

  Result<std::optional<std::vector<DatasetLot>>> look_again(const OwnedDatasetRef& owned,
                                                            const std::string& packed);
  Result<std::optional<std::vector<DatasetLotFacts>>> refresh_dataset(
      const OwnedDatasetRef& owned, const std::optional<DatasetMemory>& former);

  const StatusSources& sources_;
  LotWindow window_;
  std::set<const model::ArcPlan*> count_members_;
  std::map<const model::BoundaryPlan*, std::unique_ptr<BoundaryFacts>> boundaries_;
  std::map<const model::ArcPlan*, std::unique_ptr<ArcFacts>> arcs_;
  std::map<std::pair<model::Placement, model::DatasetId>, std::unique_ptr<PublishedLots>> foreign_;
};

template <typename Memory>
std::optional<Memory> StatusFacts::recall(const std::string& subject) const {
  const auto bytes = sources_.notes->find(subject);
  return bytes ? Memory::unpack(*bytes) : std::nullopt;
}

}  // namespace cls::operate
