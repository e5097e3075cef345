// SPDX-License-Identifier: Apache-2.0
#include "sim/outsider.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/format.h"
#include "base/hash.h"
#include "record/manifest.h"
#include "sim/family.h"
#include "sim/world.h"

namespace cls::sim {

namespace {

/// Kinds of records that are spoiled, by how their keys begin.
constexpr std::array kinds{"arrivals/", "claims/", "members/", "datasets/", "subscriptions/", ""};

/// Not what is one of a kind by chance: no rest of a record is a record.
std::string spoiled(const std::string& bytes, unsigned how) {
  if (how == 0) return "";
  if (how == 1) return "spoiled";
  std::string half = bytes.substr(0, bytes.size() / 2);
  while (!half.empty() && (half.back() == '\n' || half.back() == '}')) half.pop_back();
  return half;
}

}  // namespace

void Outsider::write(const Uri& uri, const std::string& bytes, nanoseconds shift) {
  Stored next{.bytes = std::make_shared<const std::string>(bytes),
              .modified = world_.stamp() + shift,
              .etag = md5_hex(bytes)};
  next.version_id = version_id(next.modified);
  Disk& disk = world_.disk();
  disk.settle(disk.apply(0, uri, std::move(next), false));
}

void Outsider::put(const Step& step) {
  const auto& boundary = *world_.planned().boundaries().at(step.which).boundary;
  const Uri uri = boundary.dataset.path().child(step.name);
  if (step.kind == StepKind::Delete) {
    Disk& disk = world_.disk();
    if (disk.find(uri) != nullptr) disk.settle(disk.apply(0, uri, std::nullopt, false));
    return;
  }
  write(uri, step.bytes, step.amount);
  world_.told(step.which, step.name);
}

void Outsider::damage(const Step& step) {
  const std::string_view kind = kinds.at(step.which % kinds.size());
  std::vector<Uri> found;
  world_.disk().for_each([&](const Uri& uri, const Stored&) {
    const bool record = uri.bucket != "data" && uri.key.starts_with(kind);
    if (record && !spoiled_.contains(uri) && !uri.key.ends_with(".arc")) found.push_back(uri);
  });
  if (found.empty()) return;
  const Uri& uri = found[step.which / kinds.size() % found.size()];
  const Stored original = *world_.disk().find(uri);
  const std::string bytes = spoiled(*original.bytes, step.number % 3);
  if (bytes == *original.bytes) return;
  spoiled_[uri] = {original, md5_hex(bytes)};
  write(uri, bytes);
  world_.log("---", format("{} is spoiled", uri.to_string()));
  world_.later(step.amount, [this, uri] { mend(uri); });
}

/// Somebody else may have put something right there, or deleted it.
void Outsider::mend(const Uri& uri) {
  const auto found = spoiled_.find(uri);
  if (found == spoiled_.end()) return;
  const Spoiled spoiled = std::move(found->second);
  spoiled_.erase(found);
  const Stored* present = world_.disk().find(uri);
  if (present == nullptr || present->etag != spoiled.etag) return;
  write(uri, *spoiled.original.bytes);
  world_.log("---", format("{} is put back", uri.to_string()));
}

void Outsider::mend_all() {
  while (!spoiled_.empty()) mend(Uri(spoiled_.begin()->first));
}

void Outsider::publish(const Step& step) {
  const auto& plan = world_.planned().projects().front()->plan;
  const auto first = lot::LotId::at(plan.boundaries.front().unit, world_.settings().start).value();
  const auto lot = lot::LotId::from_index(first.unit(), first.index() + step.which);
  const bool empty = step.number % 5 == 0;
  const auto state = empty ? record::ManifestState::empty : record::ManifestState::complete;
  const record::Places places(plan.placement);
  const Uri uri = places.manifest({step.name, "1"}, lot, state);
  for (const auto other : {record::ManifestState::complete, record::ManifestState::empty}) {
    if (world_.disk().find(places.manifest({step.name, "1"}, lot, other)) != nullptr) return;
  }
  record::Manifest manifest{.state = state,
                            .comment = std::nullopt,
                            .lotId = lot.to_string(),
                            .uriType = record::UriType::identifier,
                            .uris = {}};
  for (unsigned i = 0; i < 3 && !empty; ++i) {
    const Uri member{"s3", "data", format("older/{}/{}/{}.txt", step.name, lot.to_string(), i)};
    write(member, format("of {} {}", lot.to_string(), i));
    manifest.uris.push_back(member.to_string());
  }
  // Parts have the keys that a boundary gives them; where there is one, no older tool knew of any.
  const bool parts = step.name == older_dataset && step.number % 3 == 0;
  const std::size_t part_limit = parts ? 2 : record::manifest_part_limit;
  for (const auto& stored : record::manifest_objects(uri, manifest, part_limit)) {
    write(stored.uri, stored.bytes);
  }
}

}  // namespace cls::sim
