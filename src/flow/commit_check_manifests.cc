// SPDX-License-Identifier: Apache-2.0
// Promise 5: the published manifests against the claims that name them.
#include <algorithm>

#include "base/format.h"
#include "base/hash.h"
#include "flow/commit_check.h"
#include "record/manifest.h"

namespace cls::flow {

namespace {

/// The URIs that a manifest lists, those of its parts included.
Result<std::vector<std::string>> listed_uris(store::ObjectStore& store,
                                             const record::Manifest& manifest) {
  if (manifest.uriType != record::UriType::manifest) return manifest.uris;
  std::vector<std::string> uris;
  for (const auto& text : manifest.uris) {
    auto uri = Uri::parse(text);
    if (!uri) return pass(std::move(uri));
    auto object = store.get(*uri);
    if (!object) return pass(std::move(object));
    auto part = record::read_manifest(object->bytes);
    if (!part) return fail(part.error().code, format("{}: {}", text, part.error().message));
    if (part->state != manifest.state || part->lotId != manifest.lotId ||
        part->uriType == record::UriType::manifest) {
      return fail(FailureCode::Invalid, format("{} is no part of it: it is of lot {}, {}", text,
                                               part->lotId, json::name_of(part->state)));
    }
    std::ranges::move(part->uris, std::back_inserter(uris));
  }
  return uris;
}

/// Says how two lists of URIs differ; both may be long.
std::string difference_of(const std::vector<std::string>& listed,
                          const std::vector<std::string>& members) {
  std::vector<std::string> sorted = listed;
  std::ranges::sort(sorted);
  const auto& other = members;
  std::vector<std::string> extra;
  std::vector<std::string> absent;
  std::ranges::set_difference(sorted, other, std::back_inserter(extra));
  std::ranges::set_difference(other, sorted, std::back_inserter(absent));
  if (!extra.empty()) {
    return format("the manifest lists {} URIs that the members file does not, the first is {}",
                  extra.size(), extra.front());
  }
  if (!absent.empty()) {
    return format("the manifest does not list {} URIs of the members file, the first is {}",
                  absent.size(), absent.front());
  }
  return "the manifest does not list its members sorted by URI";
}

}  // namespace

void CommitCheck::check_manifest(const ArcRef& arc, const StoredClaim& stored,
                                 const std::string& role,
                                 const std::optional<std::vector<std::string>>& members,
                                 Look& look) {
  const record::ClaimSink& sink = stored.claim.sinks.at(role);
  const auto uri = Uri::parse(sink.manifest);
  const auto key = uri ? record::parse_manifest_key(uri->key)
                       : Result<record::ManifestKey>(fail(FailureCode::Invalid, ""));
  look.visible.checked = true;
  if (!uri || !key || key->state != sink.state || key->lot != stored.claim.lot) {
    look.violations.push_back(
        found(5, arc, stored, sink.manifest,
              format("the claim names a manifest of state {}, and its key says "
                     "another lot or state",
                     json::name_of(sink.state))));
    return;
  }
  if (!sink.published) {
    ++look.unpublished;
    look.repairs.push_back(
        publication(arc, stored, sink.manifest, "is committed and not published yet"));
    return;
  }
  auto object = store_.get(*uri);
  if (!object) {
    const bool absent = object.error().code == FailureCode::NotFound;
    look.violations.push_back(
        found(5, arc, stored, sink.manifest,
              absent ? "the manifest that the claim says is published is missing; " +
                           how_to_mend(arc, stored, sink, "is missing", look)
                     : format("the manifest cannot be read: {}", object.error().message)));
    look.violations.back().dataset = key->dataset.to_string();
    return;
  }
  const std::size_t before = look.violations.size();
  check_body(arc, stored, sink, *object, members, look);
  check_former(arc, stored, role, *key, look);
  for (std::size_t i = before; i < look.violations.size(); ++i) {
    look.violations[i].dataset = key->dataset.to_string();
  }
}

void CommitCheck::check_body(const ArcRef& arc, const StoredClaim& stored,
                             const record::ClaimSink& sink, const store::Object& object,
                             const std::optional<std::vector<std::string>>& members, Look& look) {
  ++look.visible.lots;
  look.visible.bytes += object.bytes.size();
  ++look.one_claim.members;
  look.one_claim.bytes += object.bytes.size();
  const auto violation = [&](std::string message) {
    look.violations.push_back(found(5, arc, stored, sink.manifest, std::move(message)));
  };
  const std::string sha256 = sha256_hex(object.bytes);
  if (sha256 != sink.sha256) {
    look.violations.push_back(found(
        3, arc, stored, sink.manifest,
        format(
            "the manifest is not the one that the claim names: SHA-256 {}, not {}; {}", sha256,
            sink.sha256,
            how_to_mend(arc, stored, sink, "its bytes are not those that the claim names", look))));
    return;
  }
  auto manifest = record::read_manifest(object.bytes);
  if (!manifest) {
    violation(format("the manifest cannot be read: {}", manifest.error().message));
    return;
  }
  if (manifest->state != sink.state || manifest->lotId != stored.claim.lot) {
    violation(format("the manifest says that it is of lot {}, {}; its key says {}, {}",
                     manifest->lotId, json::name_of(manifest->state), stored.claim.lot,
                     json::name_of(sink.state)));
  }
  const auto uris = listed_uris(store_, *manifest);
  if (!uris) {
    violation(format("a part of the manifest cannot be read: {}", uris.error().message));
    return;
  }
  look.visible.members += uris->size();
  if (members && *uris != *members) violation(difference_of(*uris, *members));
}

void CommitCheck::check_former(const ArcRef& arc, const StoredClaim& stored,
                               const std::string& role, const record::ManifestKey& key,
                               Look& look) {
  const record::ClaimSink& sink = stored.claim.sinks.at(role);
  if (sink.number < 2) return;
  const auto lot = lot::LotId::parse(stored.claim.lot).value();
  const Uri kept = arc.project->places.manifest(key.dataset, lot, record::ManifestState::removed,
                                                sink.former.value_or("0"));
  const auto head = store_.head(kept);
  if (head) return;
  const bool absent = head.error().code == FailureCode::NotFound;
  if (absent && stands_elsewhere(arc, lot, sink.former.value_or("0"), {role, key.dataset})) {
    auto& counts = findings_.promise(2);
    ++counts.lots;
    counts.checked = true;
    return;
  }
  look.violations.push_back(found(
      2, arc, stored, kept.to_string(),
      absent
          ? format("revision {} replaced another one, whose manifest was not kept; restore it from "
                   "a copy",
                   sink.number)
          : format("the former revision's manifest cannot be read: {}", head.error().message)));
}

Result<> CommitCheck::check_dataset(const ArcRef& arc, const model::DatasetId& dataset) {
  std::uint64_t foreign = 0;
  auto listed = store::for_each_object(store_, arc.project->places.manifests_prefix(dataset),
                                       [&](const store::ObjectInfo& info) {
                                         if (!info.uri.key.ends_with("/manifest.json")) return;
                                         const auto key = record::parse_manifest_key(info.uri.key);
                                         if (key) check_listed(arc, info.uri, *key, foreign);
                                       });
  if (!listed && listed.error().code != FailureCode::NotFound) return listed;
  if (foreign > 0) {
    findings_.note(
        format("{}: {} manifests of {} are of lots without a claim, by an older tool; they "
               "are taken as they are",
               arc.to_string(), foreign, dataset.to_string()));
  }
  return {};
}

bool CommitCheck::is_named(const record::ManifestKey& key, const lot::LotId& lot) const {
  const auto lots = named_.find(key.dataset);
  if (lots == named_.end()) return false;
  const NamedLots& named = lots->second;
  if (key.state == record::ManifestState::complete) return named.complete.contains(lot);
  return named.empty.contains(lot) || (named.complete.contains(lot) && named.revised.contains(lot));
}

void CommitCheck::check_listed(const ArcRef& arc, const Uri& uri, const record::ManifestKey& key,
                               std::uint64_t& foreign) {
  const auto lot = lot::LotId::parse(key.lot);
  if (lot && !options_.covers(*lot)) return;
  if (key.state == record::ManifestState::removed && key.attempt && *key.attempt != "0" && lot) {
    former_commits_.push_back(
        arc.project->places.members(arc.project->plan.project, arc.arc->name, *lot, *key.attempt));
    check_kept(arc, uri, key, *lot);
  }
  if (key.state != record::ManifestState::complete && key.state != record::ManifestState::empty) {
    return;
  }
  findings_.promise(5).checked = true;
  if (broken_.contains(key.lot)) return;  // its claim was named already
  if (lot && is_named(key, *lot)) return;
  AuditViolation violation{.promise = 5,
                           .dataset = key.dataset.to_string(),
                           .arc = arc.to_string(),
                           .lot = key.lot,
                           .uri = uri.to_string(),
                           .message = "nobody committed this manifest: the lot has no claim"};
  if (lot) {
    auto claim = read_claim(store_, claim_uri(arc, *lot));
    if (claim && *claim) {
      remember(**claim);  // it may have been committed since the claims were read
      if (is_named(key, *lot)) return;
      if (is_of_former_dataset(arc, uri, key, (*claim)->claim)) return;
      const bool ended = (*claim)->claim.state == record::ClaimState::ended;
      violation.promise = ended ? 4 : 5;
      violation.message =
          ended ? "nobody committed this manifest: the lot ended without it"
                : format("nobody committed this manifest: the lot's claim is {} and names another",
                         json::name_of((*claim)->claim.state));
    } else if (older_tool_made(arc, *lot) || former_owner_made(arc, uri, *lot)) {
      ++foreign;
      return;
    }
  }
  findings_.add(std::move(violation));
}

/// True for a manifest that an arc made that owned the dataset before, unchanged.
bool CommitCheck::former_owner_made(const ArcRef& arc, const Uri& manifest, const lot::LotId& lot) {
  Uri claims = arc.project->places.claims_prefix(arc.project->plan.project, arc.arc->name);
  const std::string own = claims.key;
  claims.key.resize(claims.key.find('/') + 1);
  const auto [known, fresh] = former_owners_.try_emplace(claims.bucket);
  auto& named = known->second;
  if (fresh) {
    const auto take = [&](const store::ObjectInfo& info) {
      if (info.uri.key.starts_with(own)) return;
      // One that cannot be read names nothing; what it made is then reported.
      auto claim = read_claim(store_, info.uri);
      if (!claim || !*claim) return;
      for (const auto& [role, sink] : (*claim)->claim.sinks) named[sink.manifest] = sink.sha256;
    };
    // Without the listing nothing is known of former owners: the manifest is reported.
    if (!store::for_each_object(store_, claims, take)) return false;
  }
  const auto found = named.find(manifest.to_string());
  const auto object = store_.get(manifest);
  if (!object) return false;
  if (found != named.end()) return sha256_hex(object->bytes) == found->second;
  // The lot may have been made again since, for the dataset that its arc has now.
  return other_arc_made(arc, *object, lot);
}

/// True for a lot without a claim that has an arc state, and no members file of ours.
bool CommitCheck::older_tool_made(const ArcRef& arc, const lot::LotId& lot) {
  const auto& places = arc.project->places;
  const auto& project = arc.project->plan.project;
  const auto any = [&](const Uri& prefix) {
    auto page = store_.list({.prefix = prefix, .delimiter = {}, .start_after = {}, .limit = 1});
    return page && !page->objects.empty();
  };
  return any(places.arc_state_path(project, arc.arc->name, lot)) &&
         !any(places.members_prefix(project, arc.arc->name, lot));
}

}  // namespace cls::flow
