// SPDX-License-Identifier: Apache-2.0
// Oracle: knows everything that ever happened in a simulated world, and says what of it breaks a
// promise. What exactly it demands: docs/simulator.md.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flow/arrivals.h"
#include "flow/deployment.h"
#include "record/claim.h"
#include "record/ledger.h"
#include "record/manifest.h"
#include "record/places.h"
#include "sim/disk.h"
#include "sim/process.h"
#include "sim/script.h"
#include "store/object_store.h"

namespace cls::sim {

/// The text of a key between `label` and the next `/` or the end; empty where there is none.
std::string text_after(const std::string& key, std::string_view label);

/// Dataset and lot that a manifest is of, whatever its state.
std::string lot_of_manifest(const std::string& uri);

/// Sees every change of the disk at once, so it knows the order of all of them.
class Oracle {
 public:
  /// What the oracle asks the world.
  struct Questions {
    std::function<bool(const std::string& owner)> lives;
    std::function<std::string(int writer)> owner_of;  ///< empty for who is no owner
    std::function<const Stored*(const Uri&)> find;
  };

  /// One that does not judge knows of claims alone, and of what it is told is violated.
  Oracle(const WorldTime& time, bool judges, Questions questions)
      : time_(time), judges_(judges), ask_(std::move(questions)) {}

  void changed(const Change& change);
  /// `by_power`: by a power failure, which may do that to what was not durable.
  void undone(const Change& change, bool by_power);

  /// A boundary of a process, which is given this number, is about to take these.
  void taken(unsigned boundary, const flow::Arrival& arrival);
  /// That boundary is left, and what it held is not all stored.
  void forgotten(unsigned boundary);
  /// Subscribers of a dataset are told of a lot.
  void announced(const record::Places& places, const model::DatasetId& dataset,
                 const lot::LotId& lot);
  /// How an attempt of a workload failed.
  void attempt_failed(const std::string& attempt, bool retryable);
  void violated(unsigned promise, std::string what);

  /// The operator deletes the records of a project from now on, or no more.
  void deletes(bool so);

  /// At rest, when nobody writes any more. `store` is to be written by nobody.
  void judge(store::ObjectStore& store, const flow::Deployment& deployment);

  /// True for what an audit rightly says of a file that the outside deleted after it was taken in.
  bool deleted_outside(const std::string& uri) const;

  /// True for a manifest of an older tool that still stands.
  bool is_older(const std::string& uri) const;

  /// A claim's bytes as they are written, read once for all who ask one after another.
  const Result<record::Claim>& read(std::string_view bytes);
  /// The claim that stands there, as far as it can be read.
  const record::Claim* claim(const Uri& uri) const;
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  /// A version of a file of the outside, from its first moment on.
  struct Version {
    std::uint64_t size = 0;
    std::string mtime;
    std::string sha256;
    std::string etag;
    Instant modified;
    bool present = true;
  };
  struct Taken {
    std::string uri;
    record::ObjectVersion version;
    Instant modified;
    Instant seen;
  };
  struct SeenClaim {
    record::Claim claim;
    std::chrono::nanoseconds written{};
  };
  /// What an arc's lot was committed to, from the change of this number on.
  struct Revision {
    std::uint64_t change = 0;
    std::string what;  ///< manifest and content revision
  };
  struct Log {
    std::vector<record::Segment> segments;
    std::set<std::string> closed;
  };
  /// The lines of one ledger, sorted out.
  struct Lines {
    std::deque<record::LedgerLine> all;
    std::map<std::string, const record::LedgerLine*> last;
    std::map<std::string, std::map<std::string, std::set<std::string>>> lots;  // uri, version
    std::map<std::string, std::vector<const record::LedgerLine*>> by_uri;
  };

  const Stored* whole(const Uri& uri) const;
  void record_changed(const Change& change);
  void outside_changed(const Change& change);
  void deleted(const Change& change);
  void older_published(const Change& change);
  void source_changed(const Change& change);
  void claim_seen(const Change& change);
  void segment_changed(const Change& change);
  void claim_changed(const Change& change);
  void check_next(const Change& change, const SeenClaim& former, const record::Claim& next);
  void check_takeover(const Change& change, const SeenClaim& former, const record::Claim& next);
  void check_same_epoch(const Change& change, const record::Claim& former,
                        const record::Claim& next);
  void check_sinks(const Uri& uri, const record::Claim* former, const record::Claim& next);
  void check_commit(const Uri& uri, const record::Claim& next);
  void note_revisions(const record::Claim& next);
  void forget_revisions(const record::Claim& undone, const record::Claim* former);
  void check_sources(const Uri& uri, const record::Claim& next);
  void manifest_changed(const Change& change);
  void part_changed(const Change& change);
  std::optional<std::vector<std::string>> members_in(const record::Manifest& manifest) const;
  void public_manifest_changed(const Change& change, bool of_boundary);
  void overwrites_changed(const Change& change);
  void data_changed(const Change& change);

  void judge_ledger(store::ObjectStore& store, const flow::BoundaryRef& boundary);
  Lines lines_of(const Log& log) const;
  void judge_line(const flow::BoundaryRef& boundary, const record::LedgerLine& line,
                  std::size_t segment, const std::map<std::string, std::size_t>& closed);
  void judge_present(store::ObjectStore& store, const flow::BoundaryRef& boundary,
                     const Lines& lines);
  void judge_lots(const flow::BoundaryRef& boundary);
  void judge_taken(const flow::BoundaryRef& boundary, const Lines& lines);
  void judge_kept(const flow::Deployment& deployment);
  void judge_arc(store::ObjectStore& store, const flow::Deployment& deployment,
                 const flow::ArcRef& arc);
  std::set<std::string> lots_of(const flow::Deployment& deployment, const flow::ArcRef& arc) const;
  void judge_claim(const flow::ArcRef& arc, const std::string& lot, const record::Claim& claim,
                   std::map<std::string, record::ClaimSource> current);
  static bool is_of(const Version& version, const record::ObjectVersion& object);
  static record::ObjectVersion described(const Version& version);
  static std::string own_lot(const model::BoundaryPlan& plan, const Uri& uri, Instant modified,
                             Instant first_seen);
  void judge_place(const model::BoundaryPlan& plan, const record::LedgerLine& line,
                   std::size_t segment, const std::map<std::string, std::size_t>& closed);

  const WorldTime& time_;
  bool judges_;
  Questions ask_;
  std::string read_bytes_;
  Result<record::Claim> read_claim_;
  std::vector<std::string> violations_;
  std::map<std::string, std::vector<Version>> versions_;  // by URI
  std::map<unsigned, std::vector<Taken>> taken_;          // by boundary of a process
  std::map<std::string, Log> logs_;                       // by boundary
  std::map<Uri, SeenClaim> claims_;
  std::map<Uri, std::map<std::uint64_t, std::string>> epochs_;  // to the nonce
  std::map<std::string, std::set<std::string>> committed_;      // manifest → SHA-256
  std::map<Uri, std::vector<std::string>> bodies_;              // of public manifests, in order
  bool deletes_ = false;
  std::map<Uri, Stored> spoiled_;  // what stood there before
  std::set<Uri> spoiled_once_;     // whatever became of them
  std::set<Uri> older_;            // manifests of an older tool
  std::uint64_t changes_ = 0;
  std::map<std::string, std::vector<Revision>> revisions_;  // by dataset and lot
  std::map<std::string, std::uint64_t> taken_at_;           // by attempt: the change
  std::set<std::pair<std::string, std::string>> recorded_;  // URI and ETag to be overwritten
  std::map<std::string, bool> failed_attempts_;             // whether it may be tried again
  std::set<std::string> attempts_;                          // all there ever were
};

}  // namespace cls::sim
