// SPDX-License-Identifier: Apache-2.0
#include "sim/outsider.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "base/format.h"
#include "base/hash.h"
#include "record/manifest.h"
#include "sim/call_tally.h"
#include "sim/family.h"
#include "sim/world.h"

namespace cls::sim {

namespace {

using namespace std::chrono_literals;

/// Kinds of records that are spoiled, by how their keys begin.
constexpr const char* metadata = "of a deployment";
constexpr const char* owners = "of a dataset";
constexpr std::array kinds{"arrivals/",      "claims/", "members/", "attempts/",  "datasets/",
                           "subscriptions/", metadata,  "",         "materials/", owners};
constexpr unsigned ways_to_spoil = 5;

/// What is put after a word.
using Misnaming = std::pair<std::string_view, std::string_view>;
constexpr std::array<Misnaming, 6> in_claims{{{R"("lot":")", "no"},
                                              {R"("manifest":")", "no "},
                                              {"/datasets/", "no/"},
                                              {"/state=", "no"},
                                              {".jso", "no"},
                                              {R"("version":)", "9"}}};
constexpr std::array<Misnaming, 3> in_segments{
    {{R"("lot":")", "no"}, {R"("ownLot":")", "no"}, {R"("closes":[")", "no"}}};
constexpr std::array<Misnaming, 1> in_subscriptions{{{R"("since":")", "no"}}};
/// As none of ours lists them: no URI, and what lies in another store.
constexpr std::array<Misnaming, 1> in_materials{
    {{"[", R"("no URI","gs://elsewhere/object","s3://elsewhere/object",)"}}};

/// A record one of whose names is none.
std::string misnamed(std::string bytes, unsigned way, std::span<const Misnaming> names) {
  const auto& [word, added] = names[way / ways_to_spoil % names.size()];
  const auto at = bytes.rfind(word);  // sinks come last in a claim
  if (at != std::string::npos) bytes.insert(at + word.size(), added);
  return bytes;
}

/// The same with other digits after a word; nothing where it has no such word.
std::string renumbered(std::string bytes, std::string_view word) {
  const auto at = bytes.find(word);
  if (at == std::string::npos) return "";
  return bytes.insert(at + word.size(), "9");
}

/// Not what is one of a kind by chance: no rest of a record is a record.
std::string spoiled(const Uri& uri, const std::string& bytes, unsigned way) {
  const unsigned how = way % ways_to_spoil;
  if (how < 3 && uri.key.starts_with("claims/")) return misnamed(bytes, way, in_claims);
  if (how < 3 && way % 2 == 1) {
    if (uri.key.starts_with("arrivals/")) return misnamed(bytes, way, in_segments);
    if (uri.key.starts_with("subscriptions/")) return misnamed(bytes, way, in_subscriptions);
    if (uri.key.starts_with("materials/")) return misnamed(bytes, way, in_materials);
  }
  if (how == 0) return "";
  if (how == 1) return "spoiled";
  // Of a later format; the number of another segment.
  if (how == 2) return renumbered(bytes, R"("version":)");
  if (how == 3) return uri.key.starts_with("arrivals/") ? renumbered(bytes, R"("number":)") : "{}";
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
  if (step.name == on_read) {
    const auto which = static_cast<unsigned>(step.which / kinds.size());
    return waiting_.push_back({step, which % 2 == 0 ? 0 : which / 2 % 24});
  }
  if (step.name == on_lost_answer) return waiting_for_loss_.push_back(step);
  world_.disk().for_each([&](const Uri& uri, const Stored&) {
    if (can_be_spoiled(uri, kind)) found.push_back(uri);
  });
  if (found.empty()) return;
  spoil(found[step.which / kinds.size() % found.size()], step);
}

/// A manifest that another tool made and a boundary of ours may replace: what was in it is kept
/// from no other record.
bool Outsider::is_irreplaceable(const Uri& uri) const {
  return uri.key.starts_with("datasets/name=in") && world_.oracle().is_older(uri.to_string());
}

bool Outsider::can_be_spoiled(const Uri& uri, std::string_view kind) const {
  const auto store = record::parse_store_name(uri.bucket);
  const bool is_of_kind = kind == owners     ? uri.key.ends_with("/dataset.json")
                          : kind == metadata ? store && store->kind == record::StoreKind::Metadata
                                             : uri.key.starts_with(kind);
  return uri.bucket != "data" && is_of_kind && !spoiled_.contains(uri) &&
         !uri.key.ends_with(".arc") && !is_irreplaceable(uri);
}

void Outsider::about_to_read(const Uri& uri) {
  const auto one = std::ranges::find_if(waiting_, [&](const Waiting& waiting) {
    return can_be_spoiled(uri, kinds.at(waiting.step.which % kinds.size()));
  });
  if (one == waiting_.end() || world_.disk().find(uri) == nullptr) return;
  if (one->reads > 0) {
    --one->reads;
    return;
  }
  spoil(uri, one->step);
  waiting_.erase(one);
}

void Outsider::answer_lost(const Uri& uri) {
  if (waiting_for_loss_.empty() || !can_be_spoiled(uri, "")) return;
  if (world_.disk().find(uri) == nullptr) return;
  spoil(uri, waiting_for_loss_.back());
  waiting_for_loss_.pop_back();
}

void Outsider::spoil(const Uri& uri, const Step& step) {
  const Stored original = *world_.disk().find(uri);
  const std::string bytes = spoiled(uri, *original.bytes, step.number);
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
  if ((present == nullptr ? "" : present->etag) != spoiled.etag) return;
  write(uri, *spoiled.original.bytes);
  world_.log("---", format("{} is put back", uri.to_string()));
  if (world_.oracle().is_older(uri.to_string())) tell_of_older(uri);
}

/// A tool that keeps a state by copying and deleting takes its manifest away for a while, or writes
/// one that names no objects.
void Outsider::change_older(const Uri& uri, const Step& step) {
  const Stored* present = world_.disk().find(uri);
  if (present == nullptr || world_.healed() || spoiled_.contains(uri)) return;
  if (step.number % 4 == 0 && away_.insert({uri, step}).second) return;  // between two calls
  const Stored original = *present;
  std::string etag;
  if (step.number % 2 == 0) {
    world_.disk().settle(world_.disk().apply(0, uri, std::nullopt, false));
  } else {
    std::string bytes = *original.bytes;
    const auto at = bytes.find("s3://data/");
    if (at == std::string::npos) return;
    bytes.erase(at, std::string_view("s3://").size());
    etag = md5_hex(bytes);
    write(uri, bytes);
  }
  spoiled_[uri] = {original, etag};
  world_.log("---", format("{} is {}", uri.to_string(), etag.empty() ? "away" : "changed"));
  world_.later(step.amount, [this, uri] { mend(uri); });
}

/// Takes it away just before somebody takes its lot.
void Outsider::about_to_write(const Uri& uri) {
  if (away_.empty() || !uri.key.starts_with("claims/")) return;
  const auto lot = keyed_lot(uri.key).lot;
  const auto found = std::ranges::find_if(
      away_, [&](const auto& one) { return keyed_lot(one.first.key).lot == lot; });
  if (found == away_.end()) return;
  const auto [manifest, step] = *found;
  change_older(manifest, step);
}

/// What a sweep cannot see, that a manifest of another tool is another one, its maker says; more
/// than once, as somebody may have been switched off just then.
void Outsider::tell_of_older(const Uri& uri) {
  const auto key = record::parse_manifest_key(uri.key);
  const auto lot = key ? lot::LotId::parse(key->lot) : fail(FailureCode::Invalid, "");
  if (!lot) return;
  for (const nanoseconds after : {nanoseconds(0), nanoseconds(1min), nanoseconds(3min)}) {
    world_.later(after, [this, dataset = key->dataset, lot = *lot] { world_.tell(dataset, lot); });
  }
}

void Outsider::mend_all() {
  waiting_.clear();
  waiting_for_loss_.clear();
  away_.clear();
  while (!spoiled_.empty()) mend(Uri(spoiled_.begin()->first));
}

/// What stands among a dataset's manifests and is of no lot, or of one of another unit.
void Outsider::leave_strays(const std::string& dataset) {
  for (const auto* lot : {"latest", "20230228PT15M090", "20230228PT5M275/and/so/on"}) {
    const Uri uri{
        "s3",
        record::store_name(world_.planned().projects().front()->plan.placement,
                           record::StoreKind::Manifest),
        format("datasets/name={}/version=1/lot={}/state=complete/manifest.json", dataset, lot)};
    if (world_.disk().find(uri) == nullptr) write(uri, "stray");
  }
}

/// A note that somebody put beside what says how a lot ended.
void Outsider::leave_note() {
  Uri projects =
      record::Places(world_.planned().projects().front()->plan.placement).projects_prefix();
  projects.key += "note.txt";
  if (world_.disk().find(projects) == nullptr) write(projects, "ours");
  std::optional<Uri> beside;
  world_.disk().for_each([&](const Uri& uri, const Stored&) {
    if (!beside && uri.key.ends_with(".arc")) beside = uri;
  });
  if (!beside) return;
  beside->key = beside->key.substr(0, beside->key.rfind('/') + 1) + "note.txt";
  if (world_.disk().find(*beside) == nullptr) write(*beside, "look at this one");
}

void Outsider::publish(const Step& step) {
  if (step.number % 4 == 1) leave_note();
  if (step.number % 4 == 0) leave_strays(step.name);
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
  if (step.name == older_dataset && step.number % 3 != 1) {
    world_.later(step.amount, [this, uri, step] { change_older(uri, step); });
  }
}

}  // namespace cls::sim
