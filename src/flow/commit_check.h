// SPDX-License-Identifier: Apache-2.0
// CommitCheck: promises 2 to 5 for the arcs: former revisions are kept, one claim per lot, complete
// means complete, nothing half-done is visible. docs/audit.md.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "flow/checker.h"
#include "flow/claim_store.h"
#include "flow/ledger_check.h"
#include "flow/lot_sets.h"
#include "flow/subscriber_check.h"
#include "record/members.h"
#include "record/overwrites.h"

namespace cls::flow {

/// Used once: check() for every arc in the order of `subscribers`, then settle(), then vanished().
class CommitCheck {
 public:
  CommitCheck(store::ObjectStore& store, const AuditOptions& options, SubscriberCheck& subscribers,
              AuditFindings& findings)
      : store_(store), options_(options), subscribers_(subscribers), findings_(findings) {}

  /// Looks at all claims of an arc, and at all manifests of the datasets it owns.
  Result<> check(const ArcRef& arc);

  /// Decides about members that were overwritten: right where another commit says that it did, or
  /// an attempt had it on record.
  void settle();

  const VanishedSources& vanished() const { return vanished_; }

 private:
  /// A member with other bytes: a violation unless some commit recorded to have overwritten it.
  struct Overwritten {
    AuditViolation violation;
    std::string uri;
    std::optional<std::string> etag;  ///< as the claim's members file says
    std::string present;              ///< ETag of what is there
  };
  /// What one look at one claim found; dropped when the claim changed meanwhile.
  struct Look {
    PromiseCheck one_claim;
    PromiseCheck complete;
    PromiseCheck visible;
    std::vector<AuditViolation> violations;
    std::vector<Overwritten> overwritten;
    std::vector<AuditRepair> repairs;
    std::uint64_t unpublished = 0;
    std::uint64_t unmarked = 0;  ///< lots whose `.arc` object is owed, or not the only one

    bool clean() const { return violations.empty() && overwritten.empty() && repairs.empty(); }
  };
  /// Which `.arc` objects a lot has: the one that its claim says, and others.
  struct ArcStates {
    bool wanted = false;
    bool other = false;
  };
  /// Which manifests the claims name for one dataset.
  struct NamedLots {
    LotSets complete;
    LotSets empty;
    LotSets revised;  ///< number 2 or more: an older state may stand beside it
    /// By packed lot, of those that are published: how many revisions it has and has kept.
    struct Revisions {
      std::uint64_t number = 0;
      std::uint64_t kept = 0;
    };
    std::map<std::int64_t, Revisions> revisions;
  };
  /// A dataset that the sink `role` has, or had; `dataset` is the one that its claim names.
  struct Place {
    std::string role;
    model::DatasetId dataset;
  };
  using MembersFiles = std::map<std::string, std::optional<record::MembersFile>>;  ///< by key

  static AuditViolation found(unsigned promise, const ArcRef& arc, const StoredClaim& claim,
                              std::string uri, std::string message);
  void check_claim(const ArcRef& arc, StoredClaim stored);
  Look look_at(const ArcRef& arc, const StoredClaim& stored);
  void check_commit(const ArcRef& arc, const StoredClaim& stored, Look& look);
  void check_sources(const ArcRef& arc, const StoredClaim& stored, Look& look);
  void check_sink(const ArcRef& arc, const StoredClaim& stored, const std::string& role,
                  MembersFiles& files, Look& look);
  const std::optional<record::MembersFile>& members_of(const ArcRef& arc, const StoredClaim& stored,
                                                       const record::ClaimSink& sink,
                                                       MembersFiles& files, Look& look);
  void check_member(const ArcRef& arc, const StoredClaim& stored, const record::ClaimSink& sink,
                    const record::MemberLine& line, Look& look);
  std::optional<std::string> difference(const record::MemberLine& line, const Uri& uri,
                                        const store::ObjectInfo& info);
  void check_manifest(const ArcRef& arc, const StoredClaim& stored, const std::string& role,
                      const std::optional<std::vector<std::string>>& members, Look& look);
  void check_body(const ArcRef& arc, const StoredClaim& stored, const record::ClaimSink& sink,
                  const store::Object& object,
                  const std::optional<std::vector<std::string>>& members, Look& look);
  void check_former(const ArcRef& arc, const StoredClaim& stored, const std::string& role,
                    const record::ManifestKey& key, Look& look);
  void check_epoch(const ArcRef& arc, const StoredClaim& stored, Look& look);
  std::optional<std::string> attempts_against_epoch(const ArcRef& arc, const record::Claim& claim);
  void check_arc_state(const ArcRef& arc, const StoredClaim& stored, Look& look);
  ArcStates arc_states_of(const ArcRef& arc, const lot::LotId& lot, record::ArcState wanted);
  std::string how_to_mend(const ArcRef& arc, const StoredClaim& stored,
                          const record::ClaimSink& sink, const std::string& why, Look& look);
  static AuditRepair publication(const ArcRef& arc, const StoredClaim& stored, std::string uri,
                                 std::string why);
  void remember(const StoredClaim& stored);
  void merge(Look look);
  Result<> walk_claims(const ArcRef& arc);
  static Uri members_prefix(const ArcRef& arc);
  static std::optional<lot::LotId> lot_of_members_key(std::string_view key);
  Result<> list_attempts(const ArcRef& arc);
  Result<> list_arc_states(const ArcRef& arc);
  void check_lots_without_claim(const ArcRef& arc);
  void check_kept(const ArcRef& arc, const Uri& uri, const record::ManifestKey& key,
                  const lot::LotId& lot);
  std::optional<std::string> difference_of_kept(const ArcRef& arc, const store::Object& kept,
                                                const record::ManifestKey& key,
                                                const lot::LotId& lot);
  bool is_made_by(const ArcRef& arc, const store::Object& kept, const record::Manifest& manifest,
                  const record::MembersFile& file, const std::string& role,
                  const record::ManifestKey& key, const lot::LotId& lot);
  bool is_attempt_of_another(const ArcRef& arc, const std::string& attempt);
  void check_revisions(const ArcRef& arc);
  void check_revisions_of(const ArcRef& arc, const lot::LotId& lot, const record::ClaimSink& sink,
                          const Place& place, std::uint64_t kept);
  const std::vector<model::DatasetId>& all_datasets(const ArcRef& arc);
  bool stands_elsewhere(const ArcRef& arc, const lot::LotId& lot, const std::string& attempt,
                        const Place& place);
  std::uint64_t revisions_elsewhere(const ArcRef& arc, const lot::LotId& lot, const Place& place);
  Result<> read_left_out_commits(const ArcRef& arc);
  Result<> check_dataset(const ArcRef& arc, const model::DatasetId& dataset);
  void check_listed(const ArcRef& arc, const Uri& uri, const record::ManifestKey& key,
                    std::uint64_t& foreign);
  bool older_tool_made(const ArcRef& arc, const lot::LotId& lot);
  bool former_owner_made(const ArcRef& arc, const Uri& manifest, const lot::LotId& lot);
  bool is_of_former_dataset(const ArcRef& arc, const Uri& manifest, const record::ManifestKey& key,
                            const record::Claim& claim);
  bool any_gives(const ArcRef& arc, const std::vector<Uri>& members_files, const lot::LotId& lot,
                 const record::Manifest& manifest, std::string_view bytes);
  bool other_arc_made(const ArcRef& arc, const store::Object& object, const lot::LotId& lot);
  bool is_named(const record::ManifestKey& key, const lot::LotId& lot) const;
  void read_former_commits();
  void take_superseded(const record::MembersFile& file);
  void note_replacing(const ArcRef& arc, const record::MembersFile& file);
  bool is_told(const Overwritten& one) const;
  void read_overwrites();
  void take_overwrites(const Uri& record, const std::set<std::string>& asked);
  const record::OverwritesHead* overwriter_of(const Overwritten& one) const;

  store::ObjectStore& store_;
  const AuditOptions& options_;
  SubscriberCheck& subscribers_;
  AuditFindings& findings_;
  VanishedSources vanished_;
  std::map<model::DatasetId, NamedLots> named_;  ///< of the arc being checked
  std::uint64_t unpublished_ = 0;                ///< of the arc being checked
  std::uint64_t unmarked_ = 0;                   ///< of the arc being checked
  LotSets claimed_;                              ///< of the arc being checked
  /// Lots with members files of the arc being checked; where there are several, how many.
  LotSets attempted_;
  std::map<std::int64_t, std::uint64_t> attempts_;
  std::array<LotSets, 4> arc_states_;  ///< by record::ArcState, of the arc being checked
  std::vector<ArcRef> arcs_;           ///< that were checked
  /// Of the attempts of other arcs than the one being checked, hashed. Read when first asked for.
  std::optional<std::unordered_set<std::size_t>> other_attempts_;
  /// Members files of other arcs than the one being checked, by packed lot. Read when first asked
  /// for.
  std::optional<std::map<std::int64_t, std::vector<Uri>>> other_members_;
  /// By manifest bucket: every dataset that has a manifest. Read when first asked for.
  std::map<std::string, std::vector<model::DatasetId>> datasets_;
  std::set<std::string> broken_;  ///< keys of claims that cannot be read
  std::vector<Overwritten> overwritten_;
  std::set<std::pair<std::string, std::string>> superseded_;  ///< URI and ETag of what was there
  std::set<std::string> superseded_uris_;
  /// By arc-state bucket: the manifests that claims of other arcs than the deployed ones name, with
  /// their SHA-256. Read when first asked for.
  std::map<std::string, std::map<std::string, std::string>> former_owners_;
  /// Of URI and ETag of every member of an arc that replaces, hashed: what such an arc committed
  /// may have overwritten another lot's member, though the attempt that did so died before it could
  /// say.
  std::unordered_set<std::size_t> replacing_;
  std::vector<Uri> former_commits_;  ///< members files of former revisions
  /// By URI and ETag of what was there: whose record says so, of the objects that no commit tells.
  std::map<std::pair<std::string, std::string>, record::OverwritesHead> overwriters_;
};

}  // namespace cls::flow
