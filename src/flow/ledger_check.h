// SPDX-License-Identifier: Apache-2.0
// LedgerCheck: promise 1 for one boundary: no object is lost, none is taken twice. docs/audit.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/seeded_hash.h"
#include "flow/checker.h"
#include "flow/closed_lots.h"
#include "flow/flat_table.h"
#include "flow/ledger_log.h"
#include "flow/lot_sets.h"
#include "flow/lot_time.h"
#include "record/claim.h"
#include "record/members.h"

namespace cls::flow {

/// Source versions that a commit found gone and recorded as vanished.
class VanishedSources {
 public:
  void add(const record::MemberLine& line);
  /// `version` as CompactVersion::shortened().
  bool contains(const std::string& uri, const CompactVersion& version) const;

 private:
  struct Versions {
    bool any = false;  ///< a commit did not say which
    std::vector<CompactVersion> known;
  };
  std::unordered_map<std::string, Versions> versions_;  ///< by URI
};

/// Used once. Reads the log, then lists what lies below the boundary's path.
class LedgerCheck {
 public:
  LedgerCheck(store::ObjectStore& store, BoundaryRef boundary, const AuditOptions& options,
              const VanishedSources& vanished, AuditFindings& findings);

  Result<> run();

 private:
  /// What the last line of a URI says, but for vanished ones after others.
  struct Last {
    CompactVersion version;  ///< shortened
    lot::LotId lot;
    record::Decision decision = record::Decision::member;
    bool in_lot = false;
    bool followed = false;  ///< by another version, which vanished
    bool seen = false;      ///< by the listing
  };
  /// The same in 48 bytes, the URI included: by 128 bits of its hash (docs/adr/0011).
  struct Slot {
    Hash128 uri;  ///< never 0 where there is one
    std::uint64_t size = 0;
    std::int64_t mtime = 0;
    std::uint64_t content = 0;
    std::int64_t lot =
        0;  ///< packed; behind it in eight bits: hash kind, followed, decision, in a lot, seen

    static constexpr std::int64_t seen = 1;
    static constexpr std::int64_t in_lot = 2;
    static constexpr std::int64_t followed = 32;

    bool is_seen() const { return (lot & seen) != 0; }
    void set_seen(bool is) { lot = is ? lot | seen : lot & ~seen; }
    bool is_empty() const { return uri == Hash128{}; }
    std::uint64_t hash() const { return uri.high; }
    void set(const Last& last);
    Last get() const;
  };
  static_assert(sizeof(Slot) == 48);
  struct Membership {
    CompactVersion version;
    lot::LotId lot;
    Instant replaced;  ///< when the version that took its place was first seen
  };
  /// A manifest that is not what the log says, looked at again at the end: it may just be
  /// published.
  struct Suspect {
    std::string lot;
    Uri uri;
    std::string sha256;
    std::uint64_t segment = 0;
  };
  enum class Match : std::uint8_t { Same, Other, Gone, Unreadable };

  void violation(std::optional<std::string> lot, std::optional<std::string> uri,
                 std::string message);
  Result<> read_log();
  Result<> read_on();
  Result<> find_gap();
  void take(const record::Segment& segment);
  Hash128 key(const std::string& uri) const;
  Slot* find(const Hash128& uri);
  void remember_earlier(const Hash128& uri, const Last& before, const CompactVersion& next,
                        Instant first_seen);
  void take_line(const record::LedgerLine& line, std::uint64_t segment);
  void check_one_lot(const record::LedgerLine& line, const lot::LotId& lot, const Hash128& uri,
                     const std::optional<Last>& last);
  void take_closed(const ClosedLot& closed);
  void check_suspects();
  Result<> check_manifests_of_no_lot();
  Result<> look_at_objects();
  void look_at(const store::ObjectInfo& info);
  Match compare(const Last& last, const store::ObjectInfo& info, std::string& trouble);
  bool owed(const Last& last) const;
  void broken_member(const std::string& uri, const Last& last, const std::string& what);
  void look_for_unlisted();
  void look_for(const std::string& uri, const Last& last);
  void not_taken_in(const store::ObjectInfo& info);
  std::optional<lot::LotId> own_lot(const store::ObjectInfo& info) const;
  bool should_be_in(const store::ObjectInfo& info, const lot::LotId& own) const;

  store::ObjectStore& store_;
  BoundaryRef boundary_;
  const AuditOptions& options_;
  const VanishedSources& vanished_;
  AuditFindings& findings_;
  LedgerLog log_;
  LotTimes times_;
  std::string dataset_;
  std::string path_key_;
  ClosedLots open_;
  LotSets closed_;
  std::optional<Instant> oldest_;  ///< `at` of the first segment
  std::optional<Instant> newest_;  ///< `at` of the last one
  std::uint64_t last_number_ = 0;
  SeededHash hash_;
  FlatTable<Slot> last_;
  /// Memberships before the last line, only of URIs that came in several versions; by their hash.
  std::unordered_map<std::uint64_t, std::vector<Membership>> earlier_;
  std::vector<Suspect> suspects_;
  std::uint64_t waiting_ = 0;
  std::string first_waiting_;
};

}  // namespace cls::flow
