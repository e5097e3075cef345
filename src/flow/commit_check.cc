// SPDX-License-Identifier: Apache-2.0
#include "flow/commit_check.h"

#include <algorithm>

#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"
#include "flow/publisher.h"

namespace cls::flow {

namespace {

/// Looks at a claim that is being changed while it is audited.
constexpr int looks = 3;

std::string arc_state_bucket(const ArcRef& arc) {
  return record::store_name(arc.project->plan.placement, record::StoreKind::ArcState);
}

/// The lot in `…/lot=<lot>.json`; nullopt for a key of another shape.
std::optional<std::string> lot_of_claim_key(std::string_view key) {
  constexpr std::string_view label = "/lot=";
  constexpr std::string_view suffix = ".json";
  const auto at = key.rfind(label);
  if (at == std::string_view::npos || !key.ends_with(suffix)) return std::nullopt;
  key.remove_prefix(at + label.size());
  key.remove_suffix(suffix.size());
  return std::string(key);
}

}  // namespace

AuditViolation CommitCheck::found(unsigned promise, const ArcRef& arc, const StoredClaim& claim,
                                  std::string uri, std::string message) {
  return {.promise = promise,
          .dataset = std::nullopt,
          .arc = arc.to_string(),
          .lot = claim.claim.lot,
          .uri = std::move(uri),
          .message = std::move(message)};
}

Result<> CommitCheck::check(const ArcRef& arc) {
  named_.clear();
  broken_.clear();
  unpublished_ = unmarked_ = 0;
  claimed_ = attempted_ = {};
  attempts_.clear();
  arc_states_ = {};
  other_attempts_.reset();
  other_members_.reset();
  arcs_.push_back(arc);
  // What claims are compared with is listed before them: what comes meanwhile is no contradiction.
  if (auto listed = list_attempts(arc); !listed) return listed;
  if (auto listed = list_arc_states(arc); !listed) return listed;
  if (auto begun = subscribers_.begin(arc); !begun) return begun;
  if (auto walked = walk_claims(arc); !walked) return walked;
  subscribers_.end();
  check_lots_without_claim(arc);
  std::set<model::DatasetId> datasets;
  for (const auto& [role, sink] : arc.arc->sinks) datasets.insert(sink.id());
  for (const auto& [dataset, lots] : named_) datasets.insert(dataset);
  for (const auto& dataset : datasets) {
    if (auto done = check_dataset(arc, dataset); !done) return done;
  }
  check_revisions(arc);
  if (unpublished_ > 0) {
    findings_.note(
        format("{}: {} manifests are committed and not published yet; cls run or cls up "
               "publishes them",
               arc.to_string(), unpublished_));
  }
  if (unmarked_ > 0) {
    findings_.note(
        format("{}: the .arc objects of {} are not what the claims say; cls audit "
               "--repair puts them right",
               arc.to_string(), counted(unmarked_, "lot")));
  }
  return {};
}

Result<> CommitCheck::walk_claims(const ArcRef& arc) {
  const auto take = [&](const store::ObjectInfo& info) {
    const auto in_key = lot_of_claim_key(info.uri.key);
    const auto lot = lot::LotId::parse(in_key.value_or(""));
    if (lot && !options_.covers(*lot)) return findings_.leave_out(1);
    auto stored = read_claim(store_, info.uri);
    if (stored && *stored) return check_claim(arc, std::move(**stored));
    if (stored) return;
    if (in_key) broken_.insert(*in_key);
    findings_.add({.promise = 4,
                   .dataset = std::nullopt,
                   .arc = arc.to_string(),
                   .lot = in_key,
                   .uri = info.uri.to_string(),
                   .message = format("the claim cannot be read, so nothing is known of the lot: "
                                     "{}; restore it from a copy",
                                     stored.error().message)});
  };
  auto listed = store::for_each_object(
      store_, arc.project->places.claims_prefix(arc.project->plan.project, arc.arc->name), take);
  if (!listed && listed.error().code != FailureCode::NotFound) return listed;
  return {};
}

Result<> CommitCheck::list_arc_states(const ArcRef& arc) {
  auto listed = store::for_each_object(
      store_,
      arc.project->places.arc_state_path(arc.project->plan.project, arc.arc->name, std::nullopt),
      [&](const store::ObjectInfo& info) {
        if (!info.uri.key.ends_with(".arc")) return;
        const auto key = record::parse_arc_state_key(info.uri.key);
        const auto lot = lot::LotId::parse(key ? key->lot : "");
        if (lot && key->state && options_.covers(*lot)) {
          arc_states_.at(static_cast<std::size_t>(*key->state)).insert(*lot);
        }
      });
  if (!listed && listed.error().code != FailureCode::NotFound) return listed;
  return {};
}

/// Members files are written under a claim, and no claim is ever deleted.
void CommitCheck::check_lots_without_claim(const ArcRef& arc) {
  attempted_.for_each([&](const lot::LotId& lot) {
    if (claimed_.contains(lot) || broken_.contains(lot.to_string())) return;
    const Uri uri = claim_uri(arc, lot);
    const auto claim = read_claim(store_, uri);
    if (!claim || *claim) return;
    findings_.add({.promise = 3,
                   .dataset = std::nullopt,
                   .arc = arc.to_string(),
                   .lot = lot.to_string(),
                   .uri = uri.to_string(),
                   .message = "the lot has a members file and no claim: the claim was deleted; "
                              "restore it from a copy, or the lot is run as a new one"});
  });
}

void CommitCheck::check_claim(const ArcRef& arc, StoredClaim stored) {
  Look look = look_at(arc, stored);
  for (int n = 1; n < looks && !look.clean(); ++n) {
    auto again = read_claim(store_, stored.uri);
    if (!again || !*again || (*again)->etag == stored.etag) break;
    stored = std::move(**again);
    look = look_at(arc, stored);
  }
  remember(stored);
  subscribers_.take(stored);
  merge(std::move(look));
}

void CommitCheck::merge(Look look) {
  const auto add = [](PromiseCheck& to, const PromiseCheck& from) {
    to.lots += from.lots;
    to.members += from.members;
    to.bytes += from.bytes;
    to.checked = to.checked || from.checked;
  };
  add(findings_.promise(3), look.one_claim);
  add(findings_.promise(4), look.complete);
  add(findings_.promise(5), look.visible);
  unpublished_ += look.unpublished;
  unmarked_ += look.unmarked;
  for (auto& repair : look.repairs) findings_.can_mend(std::move(repair));
  for (auto& violation : look.violations) findings_.add(std::move(violation));
  std::ranges::move(look.overwritten, std::back_inserter(overwritten_));
}

void CommitCheck::remember(const StoredClaim& stored) {
  const auto lot = lot::LotId::parse(stored.claim.lot);
  if (!lot) return;
  claimed_.insert(*lot);
  for (const auto& [role, sink] : stored.claim.sinks) {
    const auto key = record::parse_manifest_key(sink.manifest);
    if (!key) continue;
    NamedLots& named = named_[key->dataset];
    if (sink.state == record::ManifestState::complete) named.complete.insert(*lot);
    if (sink.state == record::ManifestState::empty) named.empty.insert(*lot);
    if (sink.number < 2) continue;
    named.revised.insert(*lot);
    if (sink.published) named.revisions[packed(*lot)].number = sink.number;
  }
}

CommitCheck::Look CommitCheck::look_at(const ArcRef& arc, const StoredClaim& stored) {
  Look look;
  const record::Claim& claim = stored.claim;
  const auto in_key = lot_of_claim_key(stored.uri.key);
  const auto& project = arc.project->plan.project;
  if (!lot::LotId::parse(claim.lot) || claim.lot != in_key || claim.arc != arc.arc->name ||
      claim.project != project.name || claim.projectVersion != project.version) {
    look.violations.push_back(
        found(3, arc, stored, stored.uri.to_string(),
              format("the claim says it is of {}/{} {} {}; its key says {} {}", claim.project,
                     claim.projectVersion, claim.arc, claim.lot, arc.to_string(),
                     in_key.value_or("no lot"))));
    return look;
  }
  const bool committed = claim.state == record::ClaimState::committed;
  check_epoch(arc, stored, look);
  check_arc_state(arc, stored, look);
  if (committed) check_commit(arc, stored, look);
  MembersFiles files;
  for (const auto& [role, sink] : claim.sinks) check_sink(arc, stored, role, files, look);
  // An ended lot without any commit was looked at too: it must have published nothing.
  if (committed || !claim.sinks.empty() || claim.state == record::ClaimState::ended) {
    ++look.complete.lots;
    look.complete.checked = true;
  }
  return look;
}

void CommitCheck::check_commit(const ArcRef& arc, const StoredClaim& stored, Look& look) {
  const record::Claim& claim = stored.claim;
  if (claim.result != record::ClaimResult::complete) {
    look.violations.push_back(
        found(4, arc, stored, stored.uri.to_string(),
              format("the claim is committed with the result {}; a commit is complete",
                     claim.result ? json::name_of(*claim.result) : "null")));
  }
  // A claim keeps the declaration it started with; of another one the sinks are not known here.
  if (claim.declaration == arc.arc->declaration) {
    for (const auto& [role, sink] : arc.arc->sinks) {
      if (claim.sinks.contains(role)) continue;
      look.violations.push_back(found(4, arc, stored, stored.uri.to_string(),
                                      format("the commit says nothing of the sink '{}'", role)));
    }
  }
  check_sources(arc, stored, look);
}

void CommitCheck::check_sources(const ArcRef& arc, const StoredClaim& stored, Look& look) {
  for (const auto& [role, source] : stored.claim.sources) {
    const auto uri = Uri::parse(source.manifest);
    auto head = uri ? store_.head(*uri)
                    : Result<store::ObjectInfo>(fail(FailureCode::Invalid, uri.error().message));
    if (head) continue;
    const std::string what =
        head.error().code == FailureCode::NotFound
            ? format(
                  "the manifest of the source '{}' is not there, so it was never published or was "
                  "deleted",
                  role)
            : format("the manifest of the source '{}' cannot be read: {}", role,
                     head.error().message);
    look.violations.push_back(found(4, arc, stored, source.manifest, what));
  }
}

void CommitCheck::check_sink(const ArcRef& arc, const StoredClaim& stored, const std::string& role,
                             MembersFiles& files, Look& look) {
  const record::ClaimSink& sink = stored.claim.sinks.at(role);
  const auto& file = members_of(arc, stored, sink, files, look);
  std::optional<std::vector<std::string>> uris;
  if (file) {
    for (const auto& line : file->lines) {
      if (line.role == role && !line.vanished) check_member(arc, stored, sink, line, look);
    }
    uris = listed_members(file->lines, role);
  }
  check_manifest(arc, stored, role, uris, look);
}

const std::optional<record::MembersFile>& CommitCheck::members_of(const ArcRef& arc,
                                                                  const StoredClaim& stored,
                                                                  const record::ClaimSink& sink,
                                                                  MembersFiles& files, Look& look) {
  const auto [place, first] = files.try_emplace(sink.members);
  if (!first) return place->second;
  const Uri uri{"s3", arc_state_bucket(arc), sink.members};
  auto object = store_.get(uri);
  if (!object) {
    const bool absent = object.error().code == FailureCode::NotFound;
    look.violations.push_back(
        found(4, arc, stored, uri.to_string(),
              absent ? "the members file that the commit names is missing; restore it from a copy"
                     : format("the members file cannot be read: {}", object.error().message)));
    return place->second;
  }
  auto file = record::read_members(object->bytes);
  if (!file) {
    look.violations.push_back(
        found(4, arc, stored, uri.to_string(),
              format("the members file cannot be read: {}", file.error().message)));
    return place->second;
  }
  take_superseded(*file);
  note_replacing(arc, *file);
  place->second = std::move(*file);
  return place->second;
}

void CommitCheck::check_member(const ArcRef& arc, const StoredClaim& stored,
                               const record::ClaimSink& sink, const record::MemberLine& line,
                               Look& look) {
  ++look.complete.members;
  look.complete.bytes += line.size;
  const auto key = record::parse_manifest_key(sink.manifest);
  const auto violation = [&](std::string message) {
    auto one = found(4, arc, stored, line.uri, std::move(message));
    if (key) one.dataset = key->dataset.to_string();
    return one;
  };
  const auto uri = Uri::parse(line.uri);
  if (!uri) {
    look.violations.push_back(violation(format("the member is no URI: {}", uri.error().message)));
    return;
  }
  auto head = store_.head(*uri);
  if (!head) {
    look.violations.push_back(
        violation(head.error().code == FailureCode::NotFound
                      ? "the object is gone, and the lot's manifest lists it; restore it"
                      : format("the object cannot be read: {}", head.error().message)));
    return;
  }
  auto other = difference(line, *uri, *head);
  if (!other) return;
  look.overwritten.push_back({.violation = violation(std::move(*other)),
                              .uri = line.uri,
                              .etag = line.etag,
                              .present = head->etag});
}

/// What is wrong with a member that is there; nullopt where it is the one recorded.
std::optional<std::string> CommitCheck::difference(const record::MemberLine& line, const Uri& uri,
                                                   const store::ObjectInfo& info) {
  if (info.size != line.size) {
    return format("the object has other bytes than were committed: {} of them, not {}", info.size,
                  line.size);
  }
  const bool other_etag = line.etag && !info.etag.empty() && *line.etag != info.etag;
  // The ETag of a large object is no proof of content: the SHA-256 decides where there is one.
  if (!line.sha256 || !(options_.deep || other_etag)) {
    return other_etag ? std::optional(format("the object has other bytes than were committed: ETag "
                                             "{}, not {}",
                                             info.etag, *line.etag))
                      : std::nullopt;
  }
  Digest digest = Digest::sha256();
  auto read = store_.get_pieces(uri, [&](std::string_view piece) { digest.update(piece); });
  if (!read) return format("the object cannot be read: {}", read.error().message);
  const std::string sha256 = digest.hex();
  if (sha256 == *line.sha256) return std::nullopt;
  return format("the object has other bytes than were committed: SHA-256 {}, not {}", sha256,
                *line.sha256);
}

}  // namespace cls::flow
