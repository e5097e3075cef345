// SPDX-License-Identifier: Apache-2.0
#include "flow/lot_publication.h"

#include <string>
#include <string_view>
#include <utility>

#include "base/format.h"
#include "flow/conditional.h"
#include "record/manifest.h"

namespace cls::flow {

namespace {

/// Puts `bytes` at a public key; what stood there is kept at `kept` first.
Result<> publish_bytes(store::ObjectStore& store, const Uri& uri, const std::string& bytes,
                       const Uri& kept) {
  auto written = put_or_read(store, uri, bytes);
  if (!written) return pass(std::move(written));
  if (written->ours) return {};
  auto keep = put_or_read(store, kept, written->bytes);
  if (!keep) return pass(std::move(keep));
  if (!keep->ours) return cannot_keep(uri, kept);
  auto replaced = replace_or_read(store, uri, written->etag, bytes);
  if (!replaced) return pass(std::move(replaced));
  if (replaced->ours) return {};
  return fail(FailureCode::Conflict,
              format("{} is being changed by somebody else", uri.to_string()));
}

/// The objects that publish a closed lot, the manifest last; none for a lot that is skipped: one
/// closed, but all that came for it has vanished, is as if nothing had come.
std::vector<record::Stored> lot_objects(const BoundaryRef& ref, const lot::LotId& lot,
                                        const record::ManifestMembers& members) {
  const bool empty = members.count == 0;
  if (empty && ref.boundary->empty_lots == model::EmptyLots::skip) return {};
  const auto state = empty ? record::ManifestState::empty : record::ManifestState::complete;
  const Uri uri = ref.project->places.manifest(ref.boundary->dataset.id(), lot, state);
  return record::manifest_objects(uri,
                                  {.state = state,
                                   .comment = std::nullopt,
                                   .lotId = lot.to_string(),
                                   .uriType = record::UriType::identifier,
                                   .uris = {}},
                                  members, ref.project->limits.manifest_part);
}

/// What lot_objects() takes; `members` outlives it.
record::ManifestMembers listed(const LotMembers& members) {
  return {members.size(), [&members](std::size_t i) { return members.uri(i); }};
}

/// Publishes lots whose objects are `lots`: parts first, then what lists them.
Result<> publish_group(
    store::ObjectStore& store, LedgerLog& log,
    const std::vector<std::pair<lot::LotId, std::vector<record::Stored>>>& lots) {
  std::vector<store::WriteStep> steps(2);
  for (const auto& [lot, objects] : lots) {
    for (std::size_t i = 0; i < objects.size(); ++i) {
      const bool last = i + 1 == objects.size();
      steps[last ? 1 : 0].push_back({.uri = objects[i].uri, .bytes = objects[i].bytes});
    }
  }
  if (steps.front().empty()) steps.erase(steps.begin());
  const auto done = write_or_read(store, steps);
  if (done.failure) return tl::unexpected<Failure>(*done.failure);
  if (done.ours(steps.size() - 1)) return {};
  const auto& places = log.boundary().project->places;
  const auto dataset = log.boundary().boundary->dataset.id();
  for (const auto& [lot, objects] : lots) {
    // What stands there and is not the ledger's was made by no boundary of ours: number 0.
    const Uri kept = places.manifest(dataset, lot, record::ManifestState::removed, "0");
    for (const auto& stored : objects) {
      if (auto put = publish_bytes(store, stored.uri, stored.bytes, kept); !put) return put;
    }
  }
  return {};
}

}  // namespace

Result<> publish_boundary_lot(store::ObjectStore& store, LedgerLog& log, const lot::LotId& lot) {
  return publish_boundary_lots(store, log, {lot}, [](const lot::LotId&, bool) {});
}

Result<bool> is_published(store::ObjectStore& store, LedgerLog& log, const lot::LotId& lot) {
  auto members = log.members_of(lot);
  if (!members) return pass(std::move(members));
  const auto objects = lot_objects(log.boundary(), lot, listed(**members));
  if (objects.empty()) return true;
  auto present = get_if_present(store, objects.back().uri);
  if (!present) return pass(std::move(present));
  return *present && (*present)->bytes == objects.back().bytes;
}

Result<> publish_boundary_lots(store::ObjectStore& store, LedgerLog& log,
                               const std::vector<lot::LotId>& lots, const LotPublished& published) {
  std::vector<std::pair<lot::LotId, std::vector<record::Stored>>> group;
  const Limits& limits = log.boundary().project->limits;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < lots.size(); ++i) {
    auto members = log.members_of(lots[i]);
    if (!members) return pass(std::move(members));
    auto objects = lot_objects(log.boundary(), lots[i], listed(**members));
    for (const auto& object : objects) bytes += object.bytes.size();
    group.emplace_back(lots[i], std::move(objects));
    const bool full = group.size() >= limits.group_lots || bytes >= limits.group_bytes;
    if (!full && i + 1 < lots.size()) continue;
    if (auto done = publish_group(store, log, group); !done) return done;
    for (const auto& [lot, stored] : group) published(lot, !stored.empty());
    group.clear();
    bytes = 0;
  }
  return {};
}

LedgerLog::Follow follow_with_manifests(const BoundaryRef& boundary,
                                        std::vector<lot::LotId>& lots) {
  return [&boundary, &lots, bytes = std::size_t{0}](const lot::LotId& lot,
                                                    const LedgerLog::Members& members,
                                                    store::WriteStep& step) mutable {
    const Limits& limits = boundary.project->limits;
    if (lots.size() >= limits.group_lots || bytes >= limits.group_bytes) return;
    if (members.size() > limits.manifest_part) return;
    std::string text;
    const auto uri = [&](std::size_t i) -> std::string_view { return text = members.uri(i); };
    auto objects = lot_objects(boundary, lot, {members.size(), uri});
    if (objects.empty()) return;
    for (auto& object : objects) {
      bytes += object.bytes.size();
      step.push_back({.uri = std::move(object.uri), .bytes = std::move(object.bytes)});
    }
    lots.push_back(lot);
  };
}

}  // namespace cls::flow
