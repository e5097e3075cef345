// SPDX-License-Identifier: Apache-2.0
// Promises 2 and 3 for the arcs: revisions that were replaced are kept, and a claim's history adds
// up; and the `.arc` objects, which follow from the claims.
#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "flow/commit_check.h"
#include "flow/publisher.h"
#include "record/manifest.h"

namespace cls::flow {

namespace {

/// The greatest number of the claim's revisions.
std::uint64_t revisions_of(const record::Claim& claim) {
  std::uint64_t greatest = 0;
  for (const auto& [role, sink] : claim.sinks) greatest = std::max(greatest, sink.number);
  return greatest;
}

/// The claim's own members, each against the rules of docs/formats/claim.md; what is wrong.
std::vector<std::string> contradictions_of(const record::Claim& claim) {
  const bool running = claim.state == record::ClaimState::running;
  const bool committed = claim.state == record::ClaimState::committed;
  const std::uint64_t revisions = revisions_of(claim);
  const std::uint64_t failed = claim.attempts + claim.lostAttempts;
  // The present epoch is one more than those that failed, unless it is the last of them; it has
  // committed only in the state committed.
  const std::uint64_t epochs = failed + (running || committed ? 1 : 0);
  const std::uint64_t committing = revisions + (committed || revisions == 0 ? 0 : 1);
  // A first claim has beat 0; each later claim, each commit and each end of an attempt is a write.
  const std::uint64_t writes =
      std::max(claim.epoch - std::min<std::uint64_t>(claim.epoch, 1) + revisions,
               claim.epoch - (running && claim.epoch > 0 ? 1 : 0));
  std::vector<std::string> wrong;
  if (claim.epoch < 1) wrong.emplace_back("its epoch is 0; the first is 1");
  if (claim.epoch < epochs) {
    wrong.push_back(format("its epoch is {}, but it counts {} attempts: an epoch came twice",
                           claim.epoch, epochs));
  }
  if (claim.epoch < committing) {
    wrong.push_back(format("its epoch is {}, but it is at revision {}: an epoch came twice",
                           claim.epoch, revisions));
  }
  if (claim.beat < writes) {
    wrong.push_back(
        format("its beat is {}, but {} writes are behind it: an older claim was put "
               "back",
               claim.beat, writes));
  }
  if (running != claim.owner.has_value()) {
    wrong.push_back(format("it is {} {} an owner", json::name_of(claim.state),
                           claim.owner ? "with" : "without"));
  }
  for (const auto& [role, sink] : claim.sinks) {
    const auto attempt = record::attempt_of_members_key(sink.members);
    if (sink.number < 1 || (sink.number == 1) == sink.former.has_value()) {
      wrong.push_back(format("the sink '{}' has revision {}, which replaced {}", role, sink.number,
                             sink.former.value_or("none")));
    }
    if (attempt && !committed && *attempt == claim.attempt) {
      wrong.push_back(
          format("the sink '{}' is of the present attempt, which has not committed", role));
    }
    if (attempt && sink.former == *attempt) {
      wrong.push_back(format("the sink '{}' replaced a revision of its own attempt", role));
    }
  }
  return wrong;
}

}  // namespace

void CommitCheck::check_epoch(const ArcRef& arc, const StoredClaim& stored, Look& look) {
  ++look.one_claim.lots;
  look.one_claim.checked = true;
  auto wrong = contradictions_of(stored.claim);
  if (auto repeated = attempts_against_epoch(arc, stored.claim)) {
    wrong.push_back(std::move(*repeated));
  }
  for (const auto& what : wrong) {
    look.violations.push_back(
        found(3, arc, stored, stored.uri.to_string(),
              format("the claim contradicts itself or what was written under it: {}; restore it "
                     "from a copy",
                     what)));
  }
}

/// Each attempt has an epoch of its own; those that came to a commit have left a members file.
std::optional<std::string> CommitCheck::attempts_against_epoch(const ArcRef& arc,
                                                               const record::Claim& claim) {
  const auto lot = lot::LotId::parse(claim.lot).value();
  if (!attempted_.contains(lot)) return std::nullopt;
  const auto several = attempts_.find(packed(lot));
  std::uint64_t attempts = several == attempts_.end() ? 1 : several->second;
  const auto made_last = [&](const auto& sink) {
    const auto attempt = record::attempt_of_members_key(sink.second.members);
    return attempt && *attempt == claim.attempt;
  };
  if (attempts == claim.epoch && std::ranges::none_of(claim.sinks, made_last)) {
    const Uri own =
        arc.project->places.members(arc.project->plan.project, arc.arc->name, lot, claim.attempt);
    if (!store_.head(own)) ++attempts;
  }
  if (attempts <= claim.epoch) return std::nullopt;
  return format("its epoch is {}, but there are {} attempts: an epoch came twice", claim.epoch,
                attempts);
}

/// Lists the lot's `.arc` objects once more.
CommitCheck::ArcStates CommitCheck::arc_states_of(const ArcRef& arc, const lot::LotId& lot,
                                                  record::ArcState wanted) {
  ArcStates found;
  const auto& places = arc.project->places;
  auto listed = store::for_each_object(
      store_, places.arc_state_path(arc.project->plan.project, arc.arc->name, lot),
      [&](const store::ObjectInfo& info) {
        if (!info.uri.key.ends_with(".arc")) return;
        const auto key = record::parse_arc_state_key(info.uri.key);
        const bool same = key && key->state == wanted;
        found.wanted = found.wanted || same;
        found.other = found.other || !same;
      });
  if (!listed && listed.error().code != FailureCode::NotFound) found.wanted = true;  // not known
  return found;
}

/// `.arc` objects decide nothing, but older readers go by them. They are published before a commit
/// is marked published; after an end they may be owed, and an older tool's may stand beside them.
void CommitCheck::check_arc_state(const ArcRef& arc, const StoredClaim& stored, Look& look) {
  const auto state = published_state(stored.claim);
  if (!state || is_behind(stored.claim)) return;
  // A commit that is not complete is named by promise 4; nothing follows from it.
  const bool committed = stored.claim.state == record::ClaimState::committed;
  if (committed && *state != record::ArcState::complete) return;
  const auto lot = lot::LotId::parse(stored.claim.lot).value();
  bool right = true;
  for (std::size_t i = 0; i < arc_states_.size(); ++i) {
    const bool wanted = i == static_cast<std::size_t>(*state);
    right = right && arc_states_.at(i).contains(lot) == wanted;
  }
  if (right) return;
  const ArcStates present = arc_states_of(arc, lot, *state);
  if (present.wanted && !present.other) return;
  const std::string uri =
      arc.project->places.arc_state(arc.project->plan.project, arc.arc->name, lot, *state)
          .to_string();
  look.repairs.push_back(
      publication(arc, stored, uri, present.wanted ? "stands beside another state" : "is missing"));
  if (!committed || present.wanted) {
    ++look.unmarked;
    return;
  }
  look.violations.push_back(
      found(6, arc, stored, uri,
            "the claim says that the lot is published, and its .arc object is missing; cls audit "
            "--repair writes it"));
}

AuditRepair CommitCheck::publication(const ArcRef& arc, const StoredClaim& stored, std::string uri,
                                     std::string why) {
  return {.action = RepairAction::publishCommit,
          .boundary = std::nullopt,
          .arc = arc.to_string(),
          .lot = stored.claim.lot,
          .uri = std::move(uri),
          .why = std::move(why)};
}

/// Says what to do about a manifest; plans it where the records give its bytes.
std::string CommitCheck::how_to_mend(const ArcRef& arc, const StoredClaim& stored,
                                     const record::ClaimSink& sink, const std::string& why,
                                     Look& look) {
  const auto role = std::ranges::find_if(stored.claim.sinks,
                                         [&](const auto& one) { return &one.second == &sink; });
  if (!committed_manifest(store_, arc, stored.claim, role->first)) {
    return "its members file does not give it: restore it from a copy";
  }
  look.repairs.push_back(publication(arc, stored, sink.manifest, why));
  return "cls audit --repair publishes it again";
}

/// A manifest that was replaced, against the members file of the attempt that made it.
void CommitCheck::check_kept(const ArcRef& arc, const Uri& uri, const record::ManifestKey& key,
                             const lot::LotId& lot) {
  const auto named = named_.find(key.dataset);
  if (named != named_.end()) {
    const auto revisions = named->second.revisions.find(packed(lot));
    if (revisions != named->second.revisions.end()) ++revisions->second.kept;
  }
  auto& counts = findings_.promise(2);
  ++counts.lots;
  counts.checked = true;
  const auto object = store_.get(uri);
  std::optional<std::string> wrong;
  if (object) {
    counts.bytes += object->bytes.size();
    wrong = difference_of_kept(arc, *object, key, lot);
  } else {
    wrong = format("cannot be read: {}", object.error().message);
  }
  if (!wrong) return;
  findings_.add({.promise = 2,
                 .dataset = key.dataset.to_string(),
                 .arc = arc.to_string(),
                 .lot = key.lot,
                 .uri = uri.to_string(),
                 .message = format("the manifest of a former revision {}", *wrong)});
}

std::optional<std::string> CommitCheck::difference_of_kept(const ArcRef& arc,
                                                           const store::Object& kept,
                                                           const record::ManifestKey& key,
                                                           const lot::LotId& lot) {
  const auto manifest = record::read_manifest(kept.bytes);
  if (!manifest) return format("cannot be read: {}; restore it", manifest.error().message);
  if (manifest->lotId != key.lot) {
    return format("says that it is of lot {}; its key says {}", manifest->lotId, key.lot);
  }
  const Uri place =
      arc.project->places.members(arc.project->plan.project, arc.arc->name, lot, *key.attempt);
  const auto object = store_.get(place);
  if (!object && object.error().code == FailureCode::NotFound) {
    if (is_attempt_of_another(arc, *key.attempt)) return std::nullopt;
    return format("is kept, but its members file {} is missing; restore it from a copy",
                  place.to_string());
  }
  const auto file =
      object ? record::read_members(object->bytes)
             : Result<record::MembersFile>(fail(object.error().code, object.error().message));
  if (!file) {
    return format("is kept, but its members file {} cannot be read: {}", place.to_string(),
                  file.error().message);
  }
  std::set<std::string> roles;
  for (const auto& [role, sink] : arc.arc->sinks) roles.insert(role);
  for (const auto& line : file->lines) roles.insert(line.role);
  for (const auto& role : roles) {
    if (is_made_by(arc, kept, *manifest, *file, role, key, lot)) return std::nullopt;
  }
  return std::string(
      "is not what its members file gives: its bytes, or those of a part, were changed or are "
      "gone; restore it from a copy");
}

/// True for an attempt of an arc that owned the dataset before.
bool CommitCheck::is_attempt_of_another(const ArcRef& arc, const std::string& attempt) {
  Uri all = members_prefix(arc);
  const std::string own = all.key;
  all.key.resize(all.key.find('/') + 1);
  if (!other_attempts_) {
    other_attempts_.emplace();
    auto listed = store::for_each_object(store_, all, [&](const store::ObjectInfo& info) {
      if (info.uri.key.starts_with(own)) return;
      if (auto of_key = record::attempt_of_members_key(info.uri.key)) {
        other_attempts_->insert(std::hash<std::string>()(*of_key));
      }
    });
    if (!listed) return true;  // then nothing is known of it
  }
  return other_attempts_->contains(std::hash<std::string>()(attempt));
}

/// True if the members file gives these very bytes, those of the parts included. A comment of the
/// workload's own is in no other record: it is taken as it is.
bool CommitCheck::is_made_by(const ArcRef& arc, const store::Object& kept,
                             const record::Manifest& manifest, const record::MembersFile& file,
                             const std::string& role, const record::ManifestKey& key,
                             const lot::LotId& lot) {
  record::Manifest made = manifest_of_members(file, role, lot, manifest.state, 1);
  made.comment = manifest.comment;
  const std::size_t members = made.uris.size();
  const Uri place = arc.project->places.private_manifest(
      arc.project->plan.project, arc.arc->name, *key.attempt, key.dataset, lot, manifest.state);
  auto objects = record::manifest_objects(place, made, arc.project->limits.manifest_part);
  if (objects.back().bytes != kept.bytes) return false;
  objects.pop_back();
  for (const auto& part : objects) {
    const auto object = store_.get(part.uri);
    if (!object || object->bytes != part.bytes) return false;
    findings_.promise(2).bytes += part.bytes.size();
  }
  findings_.promise(2).members += members;
  return true;
}

/// A lot at revision n has kept n - 1 others. That the last of them is gone was told with its URI.
void CommitCheck::check_revisions(const ArcRef& arc) {
  for (const auto& [dataset, named] : named_) {
    for (const auto& [number, revisions] : named.revisions) {
      const auto lot = unpacked(number);
      if (revisions.kept + 1 >= revisions.number) continue;
      const auto claim = read_claim(store_, claim_uri(arc, lot));
      if (!claim || !*claim) continue;
      for (const auto& [role, sink] : (*claim)->claim.sinks) {
        const auto key = record::parse_manifest_key(sink.manifest);
        if (!key || key->dataset != dataset || sink.number != revisions.number) continue;
        check_revisions_of(arc, lot, sink, {role, dataset}, revisions.kept);
      }
    }
  }
}

void CommitCheck::check_revisions_of(const ArcRef& arc, const lot::LotId& lot,
                                     const record::ClaimSink& sink, const Place& place,
                                     std::uint64_t kept) {
  const std::uint64_t all = kept + revisions_elsewhere(arc, lot, place);
  const std::string former = sink.former.value_or("0");
  const Uri last =
      arc.project->places.manifest(place.dataset, lot, record::ManifestState::removed, former);
  const bool there = store_.head(last) || stands_elsewhere(arc, lot, former, place);
  const std::uint64_t told = there ? 0 : 1;
  if (all + told + 1 >= sink.number) return;
  findings_.add({.promise = 2,
                 .dataset = place.dataset.to_string(),
                 .arc = arc.to_string(),
                 .lot = lot.to_string(),
                 .uri = sink.manifest,
                 .message = format("the lot is at revision {}, and of the {} before it only "
                                   "{} are kept; restore the manifests at state=removed",
                                   sink.number, sink.number - 1, all)});
}

}  // namespace cls::flow
