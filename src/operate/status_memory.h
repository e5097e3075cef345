// SPDX-License-Identifier: Apache-2.0
// What is remembered of an arc, a dataset and a boundary for the next status, as StatusNotes keep
// it: facts of single lots, and the stamps that prove that the records are still the same.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operate/lot_states.h"

namespace cls::operate {

/// Stamps see no file that somebody rewrites in its place: what is older is looked at again.
inline constexpr std::chrono::hours longest_trust{2};

/// Published lots, each with its first publication; ascending by lot.
using PublishedLots = std::vector<std::pair<lot::LotId, Instant>>;

/// Members of current revisions.
struct MemberCount {
  std::uint64_t members = 0;
  std::uint64_t bytes = 0;
  std::uint64_t beside = 0;  ///< written beside the key they wanted
};

/// Which version of a claim's file it was.
struct ClaimVersion {
  std::uint64_t size = 0;
  Instant modified{};
  bool operator==(const ClaimVersion&) const = default;
};

/// What a status has to know of a lot of an arc.
struct ArcLotFacts {
  struct Sink {
    std::string role;
    MemberCount count;
  };
  lot::LotId lot;
  bool is_claimed = true;
  std::optional<ClaimVersion> claim;  ///< nullopt: not to be remembered
  std::optional<ArcLotState> state;   ///< nullopt: its claim cannot be read
  bool settled = false;               ///< ended and published: nobody writes its manifests
  std::optional<std::string> started;
  Instant committed{};
  std::optional<std::string> error;  ///< of a lot that ended partial or missing
  std::vector<Sink> sinks;
};

/// When it was looked at, and the stamps of then; a missing stamp proves nothing.
struct Proof {
  Instant looked{};
  std::vector<std::optional<std::string>> stamps;

  /// True if it is recent and all stamps are there and the same.
  bool holds(const Proof& now) const;
  bool is_recent(Instant now) const;
};

struct ArcMemory {
  Proof proof;  ///< of the directories of claims and of arc states
  std::vector<ArcLotFacts> lots;

  std::string pack() const;
  static std::optional<ArcMemory> unpack(const std::string& bytes);
  /// The proof alone.
  static std::optional<Proof> proof_of(const std::string& bytes);
  /// Hands over one lot after the other, in the order in which they were packed, each valid during
  /// the call; false where not all can be read.
  static bool for_each_lot(const std::string& bytes,
                           const std::function<void(const ArcLotFacts&)>& take);
};

struct DatasetLotFacts {
  lot::LotId lot;
  record::ManifestState state = record::ManifestState::complete;
  bool settled = false;
  std::optional<ClaimVersion> claim;  ///< of the producer's claim then
};

struct DatasetMemory {
  Proof proof;  ///< of the directory of manifests, and of the producer's records
  std::vector<DatasetLotFacts> lots;

  std::string pack() const;
  static std::optional<DatasetMemory> unpack(const std::string& bytes);
  /// As for arcs.
  static std::optional<Proof> proof_of(const std::string& bytes);
  static bool for_each_lot(const std::string& bytes,
                           const std::function<void(const DatasetLotFacts&)>& take);
};

/// What a ledger says, and how many objects are in none.
struct LedgerFacts {
  std::optional<std::string> last_arrival;
  std::optional<std::string> last_lot;
  std::uint64_t open_lots = 0;
  std::uint64_t rejected = 0;
  std::uint64_t late = 0;
  PublishedLots published;
  MemberCount count;  ///< of these
  std::uint64_t unread = 0;
};

struct BoundaryMemory {
  Proof proof;             ///< of the ledger's directory, and what is left out below the path
  std::string objects;     ///< tree stamp of what is below the path; else a hash of its listing
  bool is_listed = false;  ///< which of the two
  LedgerFacts facts;

  std::string pack() const;
  static std::optional<BoundaryMemory> unpack(const std::string& bytes);
};

}  // namespace cls::operate
