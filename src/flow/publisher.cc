// SPDX-License-Identifier: Apache-2.0
#include "flow/publisher.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/hash.h"
#include "base/text_blocks.h"
#include "flow/conditional.h"
#include "flow/former_body.h"
#include "record/manifest.h"

namespace cls::flow {

namespace {

/// What stands at the manifest key of a sink, read before the claim.
struct Present {
  std::optional<store::Object> object;  ///< at the sink's own key
  std::optional<store::Object> empty;   ///< at state=empty, where the sink is `complete`
};
using PresentSinks = std::map<std::string, Present>;

Result<PresentSinks> read_present(store::ObjectStore& store, const ArcRef& arc,
                                  const lot::LotId& lot, const record::Claim& claim) {
  PresentSinks present;
  for (const auto& [role, sink] : claim.sinks) {
    auto object = get_if_present(store, manifest_of(sink));
    if (!object) return pass(std::move(object));
    Present found{std::move(*object), std::nullopt};
    if (!found.object && sink.state == record::ManifestState::complete && sink.number > 1) {
      auto empty = get_if_present(
          store, arc.project->places.manifest(dataset_of(sink), lot, record::ManifestState::empty));
      if (!empty) return pass(std::move(empty));
      found.empty = std::move(*empty);
    }
    present.emplace(role, std::move(found));
  }
  return present;
}

/// The committed manifest, made from its members file. NotFound where that does not give the bytes
/// the claim names.
Result<std::string> rebuilt_bytes(store::ObjectStore& store, const CommittedSink& committed,
                                  const std::string& attempt, const Uri& private_uri) {
  const auto& [arc, lot, role, sink] = committed;
  auto object = store.get(
      arc.project->places.members(arc.project->plan.project, arc.arc->name, lot, attempt));
  if (!object) return pass(std::move(object));
  auto file = record::read_members(object->bytes);
  if (!file) return pass(std::move(file));
  const auto body = manifest_of_members(*file, role, lot, sink.state, sink.number);
  std::string bytes =
      record::manifest_objects(private_uri, body, arc.project->limits.manifest_part).back().bytes;
  if (sha256_hex(bytes) == sink.sha256) return bytes;
  return fail(FailureCode::NotFound, format("{} is gone", private_uri.to_string()));
}

/// The bytes that the claim names: from the attempt's private key, or from its members file;
/// checked by their hash.
Result<std::string> committed_bytes(store::ObjectStore& store, const CommittedSink& committed) {
  const auto& [arc, lot, role, sink] = committed;
  const std::string attempt = attempt_of(sink);
  const Uri uri = arc.project->places.private_manifest(arc.project->plan.project, arc.arc->name,
                                                       attempt, dataset_of(sink), lot, sink.state);
  auto object = store.get(uri);
  if (!object && object.error().code == FailureCode::NotFound) {
    return rebuilt_bytes(store, committed, attempt, uri);
  }
  if (!object) return pass(std::move(object));
  if (sha256_hex(object->bytes) != sink.sha256) {
    return fail(FailureCode::Invalid, format("{} is not the manifest that the claim of {} {} names",
                                             uri.to_string(), arc.to_string(), lot.to_string()));
  }
  return std::move(object->bytes);
}

enum class SinkDone : std::uint8_t { Current, Changed };

/// One sink: keep what will go, then put or replace what was read first.
Result<SinkDone> publish_sink(store::ObjectStore& store, const CommittedSink& committed,
                              const Present& present) {
  const auto& [arc, lot, role, sink] = committed;
  const Uri uri = manifest_of(sink);
  if (present.object && sha256_hex(present.object->bytes) == sink.sha256) return SinkDone::Current;
  auto bytes = committed_bytes(store, committed);
  if (!bytes && bytes.error().code == FailureCode::NotFound) {
    // Whoever finished publishing took the private manifest away: look again.
    if (!sink.published) return SinkDone::Changed;
    // He may have done so after the public key was read and before the claim was.
    auto now = get_if_present(store, uri);
    if (!now) return pass(std::move(now));
    if (*now && sha256_hex((*now)->bytes) == sink.sha256) return SinkDone::Current;
    return fail(
        FailureCode::Invalid,
        format("{} is not the manifest that the claim of {} {} names, and that one cannot be "
               "made again from its members file; restore it from a copy",
               uri.to_string(), arc.to_string(), lot.to_string()));
  }
  if (!bytes) return pass(std::move(bytes));
  const auto& going = present.object ? present.object : present.empty;
  if (going) {
    if (auto kept = keep_former(store, committed, *going); !kept) return pass(std::move(kept));
  }
  auto written = present.object ? replace_or_read(store, uri, present.object->info.etag, *bytes)
                                : put_or_read(store, uri, *bytes);
  if (!written) return pass(std::move(written));
  return written->ours ? SinkDone::Current : SinkDone::Changed;
}

/// Removes the private manifests of a commit that is published; nothing lists them.
void remove_private(store::ObjectStore& store, const ArcRef& arc, const lot::LotId& lot,
                    const record::Claim& claim) {
  for (const auto& [role, sink] : claim.sinks) {
    // What stays is found again by nobody and harms nobody: the removal is no part of a promise.
    static_cast<void>(store.remove(
        arc.project->places.private_manifest(arc.project->plan.project, arc.arc->name,
                                             attempt_of(sink), dataset_of(sink), lot, sink.state),
        store::Durable::Later));
  }
}

record::ArcState arc_state_of(const record::Claim& claim) {
  switch (claim.result.value_or(record::ClaimResult::complete)) {
    case record::ClaimResult::partial:
      return record::ArcState::partial;
    case record::ClaimResult::missing:
      return record::ArcState::missing;
    default:
      return record::ArcState::complete;
  }
}

void mark_published(record::Claim& claim) {
  for (auto& [role, sink] : claim.sinks) sink.published = true;
}

bool same_decision(record::Claim a, record::Claim b) {
  mark_published(a);
  mark_published(b);
  return a.sinks == b.sinks;
}

/// Publishes every sink of `claim` given what was read before it; false: start over.
Result<bool> publish_sinks(store::ObjectStore& store, const ArcRef& arc, const lot::LotId& lot,
                           const record::Claim& claim, const PresentSinks& present,
                           std::vector<model::DatasetId>& datasets) {
  for (const auto& [role, sink] : claim.sinks) {
    auto done = publish_sink(store, {arc, lot, role, sink}, present.at(role));
    if (!done) return pass(std::move(done));
    if (*done == SinkDone::Changed) return false;
    if (!sink.published) datasets.push_back(dataset_of(sink));
  }
  return true;
}

/// Which lines a manifest lists, in its order.
std::vector<std::uint32_t> listed_rows(const record::MemberLines& lines, const std::string& role) {
  TextOrder uris;
  std::vector<std::uint32_t> rows;
  bool ascending = true;
  std::string last;
  std::uint32_t row = 0;
  for (const auto& line : lines) {
    if (line.role == role && !line.vanished) {
      ascending = ascending && (rows.empty() || last < line.uri);
      rows.push_back(row);
      last = line.uri;
    }
    ++row;
  }
  if (ascending) return rows;
  for (const std::uint32_t of : rows) uris.add(lines[of].uri);
  uris.sort();
  std::vector<std::uint32_t> sorted;
  for (std::size_t i = 0; i < uris.size(); ++i) {
    if (i == 0 || uris.text(i) != uris.text(i - 1)) sorted.push_back(rows[uris.number(i)]);
  }
  return sorted;
}

}  // namespace

std::vector<std::string> listed_members(const record::MemberLines& lines, const std::string& role) {
  std::vector<std::string> uris;
  for (const std::uint32_t row : listed_rows(lines, role)) uris.push_back(lines[row].uri);
  return uris;
}

std::vector<record::Stored> manifest_of_listed(const Uri& uri, const record::Manifest& manifest,
                                               const record::MemberLines& lines,
                                               const std::string& role, std::size_t part_limit) {
  const auto rows = listed_rows(lines, role);
  record::MemberLine line;
  const auto uri_of = [&](std::size_t i) -> std::string_view {
    lines.get(rows[i], line);
    return line.uri;
  };
  return record::manifest_objects(uri, manifest, {rows.size(), uri_of}, part_limit);
}

record::Manifest manifest_of_members(const record::MembersFile& file, const std::string& role,
                                     const lot::LotId& lot, record::ManifestState state,
                                     std::uint64_t number) {
  return {.state = state,
          .comment = number > 1 ? std::optional(format("revision {}", number)) : std::nullopt,
          .lotId = lot.to_string(),
          .uriType = record::UriType::identifier,
          .uris = listed_members(file.lines, role)};
}

bool is_given_by(const record::MembersFile& file, const lot::LotId& lot,
                 const record::Manifest& manifest, std::string_view bytes, const Limits& limits) {
  Uri place;
  if (manifest.uriType == record::UriType::manifest && !manifest.uris.empty()) {
    const auto part = Uri::parse(manifest.uris.front());
    if (!part) return false;
    place = *part;
    place.key.resize(std::min(place.key.size(), place.key.rfind("parts/")));
    place.key += "manifest.json";
  }
  std::set<std::string> roles;
  for (const auto& line : file.lines) roles.insert(line.role);
  if (roles.empty()) roles.insert("");
  return std::ranges::any_of(roles, [&](const std::string& role) {
    record::Manifest made = manifest_of_members(file, role, lot, manifest.state, 1);
    made.comment = manifest.comment;
    return record::manifest_objects(place, made, limits.manifest_part).back().bytes == bytes;
  });
}

Result<std::string> committed_manifest(store::ObjectStore& store, const ArcRef& arc,
                                       const record::Claim& claim, const std::string& role) {
  const auto lot = lot::LotId::parse(claim.lot).value();
  return committed_bytes(store, {arc, lot, role, claim.sinks.at(role)});
}

std::optional<record::ArcState> published_state(const record::Claim& claim) {
  const bool over =
      claim.state == record::ClaimState::committed || claim.state == record::ClaimState::ended;
  return over ? std::optional(arc_state_of(claim)) : std::nullopt;
}

bool is_behind(const record::Claim& claim) {
  return std::ranges::any_of(claim.sinks, [](const auto& sink) { return !sink.second.published; });
}

Result<> publish_arc_state(store::ObjectStore& store, const ArcRef& arc, const lot::LotId& lot,
                           record::ArcState state, bool first) {
  const auto& places = arc.project->places;
  const Uri uri = places.arc_state(arc.project->plan.project, arc.arc->name, lot, state);
  auto written = store.put_if_absent(uri, "");
  if (!written && written.error().code != FailureCode::Conflict) return pass(std::move(written));
  if (first) return {};
  std::vector<Uri> others;
  auto listed = store::for_each_object(
      store, places.arc_state_path(arc.project->plan.project, arc.arc->name, lot),
      [&](const store::ObjectInfo& info) {
        if (info.uri != uri && info.uri.key.ends_with(".arc")) others.push_back(info.uri);
      });
  if (!listed) return listed;
  for (const auto& other : others) {
    if (auto removed = store.remove(other); !removed) return removed;
  }
  return {};
}

Result<std::vector<model::DatasetId>> publish_claim(store::ObjectStore& store, const ArcRef& arc,
                                                    const Uri& claim_uri) {
  for (int attempt = 0; attempt < arc.project->limits.publish_tries; ++attempt) {
    auto before = read_claim(store, claim_uri);
    if (!before) return pass(std::move(before));
    if (!*before) return fail(FailureCode::NotFound, format("no claim {}", claim_uri.to_string()));
    const auto lot = lot::LotId::parse((*before)->claim.lot).value();
    // The published keys first, then the claim: what the write is conditioned on is read first.
    auto present = read_present(store, arc, lot, (*before)->claim);
    if (!present) return pass(std::move(present));
    auto stored = read_claim(store, claim_uri);
    if (!stored) return pass(std::move(stored));
    if (!*stored || !same_decision((*before)->claim, (*stored)->claim)) continue;
    std::vector<model::DatasetId> datasets;
    auto done = publish_sinks(store, arc, lot, (*stored)->claim, *present, datasets);
    if (!done) return pass(std::move(done));
    if (!*done) continue;
    const bool ended = (*stored)->claim.state == record::ClaimState::committed ||
                       (*stored)->claim.state == record::ClaimState::ended;
    if (ended) {
      auto state = publish_arc_state(store, arc, lot, arc_state_of((*stored)->claim), false);
      if (!state) return pass(std::move(state));
    }
    if (!is_behind((*stored)->claim)) return datasets;
    record::Claim marked = (*stored)->claim;
    mark_published(marked);
    ++marked.beat;
    auto written = write_claim(store, claim_uri, marked, (*stored)->etag);
    if (!written) return pass(std::move(written));
    if (!*written) continue;
    remove_private(store, arc, lot, marked);
    return datasets;
  }
  return fail(FailureCode::Conflict,
              format("the claim {} is being changed all the time", claim_uri.to_string()));
}

store::WriteStep first_publication(const ArcRef& arc, const lot::LotId& lot,
                                   std::vector<record::Stored> manifests) {
  store::WriteStep step;
  for (auto& manifest : manifests)
    step.push_back({.uri = std::move(manifest.uri), .bytes = std::move(manifest.bytes)});
  const auto& places = arc.project->places;
  step.push_back({.uri = places.arc_state(arc.project->plan.project, arc.arc->name, lot,
                                          record::ArcState::complete),
                  .bytes = ""});
  return step;
}

Result<HeldPublication> publish_held(store::ObjectStore& store, const ArcRef& arc, HeldClaim& held,
                                     bool written) {
  const auto by_anybody = [&]() -> Result<HeldPublication> {
    auto datasets = publish_claim(store, arc, held.uri());
    if (!datasets) return pass(std::move(datasets));
    return HeldPublication{std::move(*datasets), true};
  };
  const record::Claim claim = held.claim();
  const auto lot = lot::LotId::parse(claim.lot).value();
  HeldPublication publication;
  if (written) {
    for (const auto& [role, sink] : claim.sinks) {
      if (!sink.published) publication.datasets.push_back(dataset_of(sink));
    }
    return publication;
  }
  const bool first =
      std::ranges::all_of(claim.sinks, [](const auto& sink) { return sink.second.number == 1; });
  // A first revision is put where nothing may be, so nothing has to be read before. Any other is
  // conditioned on what stands there, which must be read before the claim is.
  if (!first) return by_anybody();
  PresentSinks present;
  for (const auto& [role, sink] : claim.sinks) present.emplace(role, Present{});
  auto done = publish_sinks(store, arc, lot, claim, present, publication.datasets);
  if (!done) return pass(std::move(done));
  return *done ? publication : by_anybody();
}

Result<> finish_publication(store::ObjectStore& store, const ArcRef& arc, HeldClaim& held) {
  const record::Claim claim = held.claim();
  const auto lot = lot::LotId::parse(claim.lot).value();
  auto state = publish_arc_state(store, arc, lot, arc_state_of(claim), claim.epoch == 1);
  if (!state) return state;
  auto marked = held.update(mark_published);
  if (!marked) return pass(std::move(marked));
  if (*marked) remove_private(store, arc, lot, claim);
  return {};
}

}  // namespace cls::flow
