// SPDX-License-Identifier: Apache-2.0
#include "flow/sources.h"

#include "base/format.h"
#include "base/hash.h"
#include "flow/conditional.h"
#include "flow/lot_publication.h"
#include "flow/publisher.h"
#include "record/manifest.h"
#include "record/members.h"
#include "record/subscription.h"

namespace cls::flow {

namespace {

constexpr char foreign = 'e';
/// Of the revisions of ours: so many hex digits.
constexpr std::size_t revision_digits = 16;

}  // namespace

bool is_foreign_revision(const std::string& revision) {
  return revision.starts_with(foreign) && revision.size() != revision_digits;
}

Result<std::optional<SourceLot>> SourceReader::find(const Deployed& consumer,
                                                    const model::DatasetId& dataset,
                                                    const lot::LotId& lot) {
  const Producer producer = deployment_.producer_of(consumer.plan.placement, dataset);
  if (const auto* boundary = std::get_if<BoundaryRef>(&producer))
    return find_boundary(*boundary, lot);
  if (const auto* sink = std::get_if<ArcSinkRef>(&producer)) return find_arc(*sink, lot);
  return find_foreign(consumer, dataset, lot);
}

Result<std::optional<SourceLot>> SourceReader::find_boundary(const BoundaryRef& boundary,
                                                             const lot::LotId& lot) {
  LedgerLog& log = logs_.of(boundary);
  if (!log.is_closed(lot)) {
    if (auto read = log.refresh(); !read) return pass(std::move(read));
    if (!log.is_closed(lot)) return std::optional<SourceLot>();
  }
  auto summary = log.summary_of(lot);
  if (!summary) return pass(std::move(summary));
  const bool empty = summary->size == 0;
  const auto state = empty ? record::ManifestState::empty : record::ManifestState::complete;
  const Uri manifest =
      boundary.project->places.manifest(boundary.boundary->dataset.id(), lot, state);
  auto head = store_.head(manifest);
  if (!head && head.error().code != FailureCode::NotFound) return pass(std::move(head));
  if (!head) {
    const bool skipped = boundary.boundary->empty_lots == model::EmptyLots::skip;
    if (empty && skipped) return std::optional<SourceLot>();
    if (auto done = publish_boundary_lot(store_, log, lot); !done) return pass(std::move(done));
  }
  return std::optional(SourceLot{.dataset = boundary.boundary->dataset,
                                 .manifest = manifest,
                                 .state = state,
                                 .revision = std::move(summary->revision),
                                 .ready = log.closed_at(lot).value_or(Instant{}),
                                 .overwrites = boundary.boundary->overwrites,
                                 .producer = boundary,
                                 .members_key = {},
                                 .lot = lot,
                                 .members = std::move(summary->members)});
}

Result<std::optional<SourceLot>> SourceReader::find_arc(const ArcSinkRef& sink,
                                                        const lot::LotId& lot) {
  model::SinkDataset dataset;
  for (const auto& [role, declared] : sink.arc.arc->sinks) {
    if (role == sink.role) dataset = declared;
  }
  for (int attempt = 0; attempt < sink.arc.project->limits.publish_tries; ++attempt) {
    auto stored = read_claim(store_, claim_uri(sink.arc, lot));
    if (!stored) return pass(std::move(stored));
    // A lot without a claim may be one of an older tool's, from before the arc was deployed here.
    if (!*stored) return find_foreign(*sink.arc.project, dataset.id(), lot);
    const auto& claim = (*stored)->claim;
    const auto found = claim.sinks.find(sink.role);
    if (found == claim.sinks.end()) return std::optional<SourceLot>();
    const record::ClaimSink& committed = found->second;
    const Uri manifest = Uri::parse(committed.manifest).value();
    // The arc may have been deployed with another sink since this lot was committed.
    const auto key = record::parse_manifest_key(manifest.key).value();
    if (key.dataset != dataset.id()) return std::optional<SourceLot>();
    auto published = get_if_present(store_, manifest);
    if (!published) return pass(std::move(published));
    if (*published && sha256_hex((*published)->bytes) == committed.sha256) {
      return std::optional(
          SourceLot{.dataset = std::move(dataset),
                    .manifest = manifest,
                    .state = committed.state,
                    .revision = committed.revision,
                    .ready = parse_instant(claim.committedAt.value_or("")).value_or(Instant{}),
                    .overwrites = model::Overwrites::accept,
                    .producer = sink,
                    .members_key = committed.members,
                    .lot = lot,
                    .members = {}});
    }
    // The claim may name another commit afterwards: the caller's own rules compare revisions.
    auto done = publish_claim(store_, sink.arc, (*stored)->uri);
    if (!done) return pass(std::move(done));
  }
  return fail(FailureCode::Unavailable, format("{} {} is being published all the time",
                                               sink.arc.to_string(), lot.to_string()));
}

Result<std::optional<SourceLot>> SourceReader::find_foreign(const Deployed& consumer,
                                                            const model::DatasetId& dataset,
                                                            const lot::LotId& lot) {
  for (const auto state : {record::ManifestState::complete, record::ManifestState::empty}) {
    const Uri manifest = consumer.places.manifest(dataset, lot, state);
    auto head = store_.head(manifest);
    if (!head && head.error().code == FailureCode::NotFound) continue;
    if (!head) return pass(std::move(head));
    auto owned = get_if_present(store_, consumer.places.dataset(dataset));
    if (!owned) return pass(std::move(owned));
    model::SinkDataset declared{.name = dataset.name,
                                .version = dataset.version,
                                .pathURI = {},
                                .labels = {},
                                .extras = {}};
    if (*owned) {
      auto record = json::read_record<record::OwnedDataset>((*owned)->bytes);
      if (!record) {
        return fail(
            FailureCode::Invalid,
            format("{}: {}", consumer.places.dataset(dataset).to_string(), record.error().message));
      }
      declared = record->dataset;
    }
    return std::optional(SourceLot{.dataset = std::move(declared),
                                   .manifest = manifest,
                                   .state = state,
                                   .revision = foreign + head->etag,
                                   .ready = head->modified,
                                   .overwrites = model::Overwrites::accept,
                                   .producer = ForeignProducer{},
                                   .members_key = {},
                                   .lot = lot,
                                   .members = {}});
  }
  return std::optional<SourceLot>();
}

Result<> SourceReader::add_manifest_members(const Uri& manifest, SourceMembers& members) {
  auto object = store_.get(manifest);
  if (!object) return pass(std::move(object));
  auto read = record::read_manifest(object->bytes);
  if (!read) {
    return fail(FailureCode::Invalid, format("{}: {}", manifest.to_string(), read.error().message));
  }
  for (const auto& text : read->uris) {
    auto uri = Uri::parse(text);
    if (!uri)
      return fail(FailureCode::Invalid,
                  format("{}: {}", manifest.to_string(), uri.error().message));
    if (read->uriType == record::UriType::manifest) {
      if (auto part = add_manifest_members(*uri, members); !part) return part;
    } else {
      members.push_back({std::move(*uri), std::nullopt});
    }
  }
  return {};
}

Result<SourceMembers> SourceReader::members(const Deployed& consumer, const SourceLot& source) {
  if (source.members) return SourceMembers::of(source.members);
  if (const auto* boundary = std::get_if<BoundaryRef>(&source.producer)) {
    auto members = logs_.of(*boundary).members_of(source.lot);
    if (!members) return pass(std::move(members));
    return SourceMembers::of(std::move(*members));
  }
  SourceMembers members;
  const auto* sink = std::get_if<ArcSinkRef>(&source.producer);
  if (sink == nullptr) {
    if (auto added = add_manifest_members(source.manifest, members); !added) {
      return pass(std::move(added));
    }
    return members;
  }
  const Uri arc_state{"s3",
                      record::store_name(consumer.plan.placement, record::StoreKind::ArcState),
                      source.members_key};
  auto object = store_.get(arc_state);
  if (!object) return pass(std::move(object));
  Result<> added;
  auto read = record::for_each_member(object->bytes, [&](record::MemberLine line) {
    if (line.role != sink->role || line.vanished || !added) return;
    auto uri = Uri::parse(line.uri);
    if (!uri) {
      added = pass(std::move(uri));
      return;
    }
    members.push_back({std::move(*uri), record::ObjectVersion{.size = line.size,
                                                              .mtime = std::nullopt,
                                                              .sha256 = std::move(line.sha256),
                                                              .etag = std::move(line.etag),
                                                              .versionId = std::nullopt}});
  });
  if (!read) {
    return fail(FailureCode::Invalid,
                format("{}: {}", arc_state.to_string(), read.error().message));
  }
  if (!added) return pass(std::move(added));
  return members;
}

}  // namespace cls::flow
