// SPDX-License-Identifier: Apache-2.0
// LedgerCheck: promise 1 for one boundary: no object is lost, none is taken twice. docs/audit.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "flow/checker.h"
#include "flow/closed_lots.h"
#include "flow/ledger_log.h"
#include "flow/lot_time.h"
#include "record/claim.h"

namespace cls::flow {

/// Source versions that a commit found gone and recorded as vanished.
class VanishedSources {
 public:
  void add(const record::MemberLine& line);
  bool contains(const std::string& uri, std::size_t version) const;
  /// Stands for a record::version_text in little memory.
  static std::size_t fingerprint(const std::string& version_text);

 private:
  static constexpr std::size_t any_version = 0;
  std::unordered_map<std::string, std::set<std::size_t>> versions_;  ///< by URI
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
    CompactVersion version;
    std::size_t text = 0;  ///< VanishedSources::fingerprint of its version
    lot::LotId lot;
    record::Decision decision = record::Decision::member;
    bool in_lot = false;
    bool followed = false;  ///< by another version, which vanished
    bool seen = false;      ///< by the listing
  };
  struct Membership {
    CompactVersion version;
    lot::LotId lot;
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
  Result<> find_gap();
  void take(const record::Segment& segment);
  void take_line(const record::LedgerLine& line, std::uint64_t segment);
  void check_one_lot(const record::LedgerLine& line, const lot::LotId& lot, const Last* last);
  void take_closed(const ClosedLot& closed);
  void check_suspects();
  Result<> check_manifests_of_no_lot();
  Result<> look_at_objects();
  void look_at(const store::ObjectInfo& info);
  Match compare(const Last& last, const store::ObjectInfo& info, std::string& trouble);
  bool owed(const Last& last) const;
  void broken_member(const std::string& uri, const Last& last, const std::string& what);
  void look_for_unlisted();
  void not_taken_in(const store::ObjectInfo& info);
  bool should_be_in(const store::ObjectInfo& info) const;

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
  std::set<lot::LotId> closed_;
  std::optional<Instant> oldest_;  ///< `at` of the first segment
  std::optional<Instant> newest_;  ///< `at` of the last one
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::string, Last> last_;
  /// Memberships before the last line, only of URIs that came in several versions.
  std::unordered_map<std::string, std::vector<Membership>> earlier_;
  std::vector<Suspect> suspects_;
  std::uint64_t waiting_ = 0;
  std::string first_waiting_;
};

}  // namespace cls::flow
