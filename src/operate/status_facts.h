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

#include "operate/lot_states.h"
#include "operate/problem_list.h"
#include "operate/status.h"

namespace cls::operate {

/// Published lots, each with its first publication; ascending by lot.
using PublishedLots = std::vector<std::pair<lot::LotId, Instant>>;
/// When the lot was published; nullopt where it is not in there.
std::optional<Instant> published_at(const PublishedLots& lots, lot::LotId lot);

/// Members of current revisions.
struct MemberCount {
  std::uint64_t members = 0;
  std::uint64_t bytes = 0;
  std::uint64_t beside = 0;  ///< written beside the key they wanted
};

struct BoundaryFacts {
  std::optional<std::string> last_arrival;
  PublishedLots published;  ///< of the window
  MemberCount count;        ///< of these
  std::uint64_t unread = 0;
  ProblemList problems;
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
  std::uint64_t of(ArcLotState state) const { return counts.at(static_cast<std::size_t>(state)); }
};

/// Reads lazily and keeps what it read. What is wrong with a record is a problem among the facts; a
/// store that does not answer is a failure. Not thread-safe.
class StatusFacts {
 public:
  /// `count_members` names the arcs whose members files are wanted.
  StatusFacts(const StatusSources& sources, LotWindow window,
              std::set<const model::ArcPlan*> count_members)
      : sources_(sources), window_(window), count_members_(std::move(count_members)) {}

  Result<const BoundaryFacts*> boundary(const flow::BoundaryRef& boundary);
  Result<const ArcFacts*> arc(const flow::ArcRef& arc);
  /// The lots of a dataset as its consumers see them, whoever produces it.
  Result<const PublishedLots*> published(const flow::Deployed& consumer,
                                         const model::DatasetId& dataset);
  /// Members of lots that no ledger and no claim tells of, from their manifests (their bytes are
  /// in no record and are not counted).
  Result<MemberCount> manifest_members(const record::Places& places,
                                       const model::DatasetId& dataset,
                                       const std::vector<DatasetLot>& lots,
                                       const PublishedLots& counted, ProblemList& problems);

  const LotWindow& window() const { return window_; }

 private:
  Result<> read_ledger(flow::LedgerLog& log, BoundaryFacts& facts);
  Result<> take_lot(const flow::ArcRef& arc, const ArcLot& lot, ArcFacts& facts);
  Result<> count_sinks(const flow::ArcRef& arc, const record::Claim& claim, ArcFacts& facts);

  const StatusSources& sources_;
  LotWindow window_;
  std::set<const model::ArcPlan*> count_members_;
  std::map<const model::BoundaryPlan*, std::unique_ptr<BoundaryFacts>> boundaries_;
  std::map<const model::ArcPlan*, std::unique_ptr<ArcFacts>> arcs_;
  std::map<std::pair<model::Placement, model::DatasetId>, std::unique_ptr<PublishedLots>> foreign_;
};

}  // namespace cls::operate
