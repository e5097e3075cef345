// SPDX-License-Identifier: Apache-2.0
#include "operate/status_facts.h"

#include <algorithm>

#include "base/format.h"
#include "record/manifest.h"

namespace cls::operate {

namespace {

/// The members of a manifest, those of its parts included.
Result<std::uint64_t> members_of_manifest(store::ObjectStore& store, const Uri& uri) {
  auto object = store.get(uri);
  if (!object) return pass(std::move(object));
  auto manifest = record::read_manifest(object->bytes);
  if (!manifest) {
    return fail(FailureCode::Invalid, format("{}: {}", uri.to_string(), manifest.error().message));
  }
  if (manifest->uriType != record::UriType::manifest) return manifest->uris.size();
  std::uint64_t members = 0;
  for (const auto& text : manifest->uris) {
    auto part = Uri::parse(text);
    if (!part) return pass(std::move(part));
    auto object_of_part = store.get(*part);
    if (!object_of_part) return pass(std::move(object_of_part));
    auto listed = record::read_manifest(object_of_part->bytes);
    if (!listed) {
      return fail(FailureCode::Invalid, format("{}: {}", text, listed.error().message));
    }
    members += listed->uris.size();
  }
  return members;
}

}  // namespace

StatusProblem broken_record(const Uri& uri, const Failure& failure,
                            std::optional<std::string> lot) {
  return {.subject = uri.to_string(),
          .lot = std::move(lot),
          .message = failure.message,
          .hint = std::nullopt};
}

std::optional<Instant> PublishedLookup::at(lot::LotId lot) {
  if (next_ >= lots_.size() || lots_[next_].first != lot) {
    const auto found = std::ranges::lower_bound(lots_, lot, {}, &PublishedLots::value_type::first);
    if (found == lots_.end() || found->first != lot) return std::nullopt;
    next_ = static_cast<std::size_t>(found - lots_.begin());
  }
  return lots_[next_++].second;
}

StatusNotes* StatusFacts::notes() const {
  return window_.is_all() ? sources_.notes : nullptr;
}

Result<const PublishedLots*> StatusFacts::published(const flow::Deployed& consumer,
                                                    const model::DatasetId& dataset) {
  static const PublishedLots none;
  const auto& placement = consumer.plan.placement;
  const auto producer = sources_.deployment.producer_of(placement, dataset);
  if (const auto* from = std::get_if<flow::BoundaryRef>(&producer)) {
    auto facts = boundary(*from);
    if (!facts) return pass(std::move(facts));
    return &(*facts)->ledger.published;
  }
  if (const auto* sink = std::get_if<flow::ArcSinkRef>(&producer)) {
    auto facts = arc(sink->arc);
    if (!facts) return pass(std::move(facts));
    const auto found = (*facts)->published.find(sink->role);
    return found == (*facts)->published.end() ? &none : &found->second;
  }
  auto& kept = foreign_[{placement, dataset}];
  if (kept) return kept.get();
  auto lots = dataset_lots_of(sources_.store, consumer.places, dataset, window_);
  if (!lots) return pass(std::move(lots));
  auto published = std::make_unique<PublishedLots>();
  for (const auto& lot : *lots) {
    if (lot.state == record::ManifestState::complete || lot.state == record::ManifestState::empty) {
      published->emplace_back(lot.lot, lot.modified);
    }
  }
  std::ranges::sort(*published);
  kept = std::move(published);
  return kept.get();
}

Result<MemberCount> StatusFacts::manifest_members(const record::Places& places,
                                                  const model::DatasetId& dataset,
                                                  const std::vector<DatasetLot>& lots,
                                                  const PublishedLots& counted,
                                                  ProblemList& problems) {
  MemberCount count;
  PublishedLookup known(counted);
  for (const auto& lot : lots) {
    if (lot.state != record::ManifestState::complete || known.at(lot.lot)) continue;
    const Uri uri = places.manifest(dataset, lot.lot, lot.state);
    auto members = members_of_manifest(sources_.store, uri);
    if (members) {
      count.members += *members;
    } else if (is_of_record(members.error()) || members.error().code == FailureCode::NotFound) {
      problems.add_damaged(broken_record(uri, members.error(), lot.lot.to_string()));
    } else {
      return pass(std::move(members));
    }
  }
  return count;
}

}  // namespace cls::operate
