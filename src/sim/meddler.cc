// SPDX-License-Identifier: Apache-2.0
#include "sim/meddler.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/format.h"
#include "flow/arc_flow.h"
#include "flow/publisher.h"
#include "sim/call_tally.h"
#include "sim/operator.h"
#include "sim/world.h"

namespace cls::sim {

namespace {

constexpr std::string_view dataset_label = "datasets/name=";
const model::ProjectId other_project{"z", "1"};
constexpr std::chrono::seconds again_after{10};

}  // namespace

void replay_claim(store::ObjectStore& store, flow::StoredClaim committed) {
  committed.claim.state = record::ClaimState::retrying;
  committed.claim.result.reset();
  committed.claim.attempts = 0;
  committed.claim.lostAttempts = 0;
  ++committed.claim.beat;
  static_cast<void>(flow::write_claim(store, committed.uri, committed.claim, committed.etag));
}

Meddler::Meddler(World& world, int writer)
    : world_(world),
      store_(world.disk(), writer, [&world] { return world.stamp(); }),
      writer_(writer) {}

void Meddler::wait(const Step& step) {
  if (step.kind == StepKind::Rival) {
    rivals_.push_back({step, step.which % 24});
  } else {
    waiting_.push_back({step, step.which / 4 % 12});
  }
}

/// Before a call of the operator; all of it, as by another cls that is faster.
void Meddler::be_rival() {
  if (rivals_.empty()) return;
  auto& first = rivals_.front();
  if (first.calls > 0) {
    --first.calls;
    return;
  }
  const Step step = first.step;
  rivals_.erase(rivals_.begin());
  const auto& settings = world_.settings();
  const auto last = static_cast<unsigned>(settings.projects.size()) - 1;
  const unsigned number = std::min(world_.deployed() + step.number / 3 % 2, last);
  const auto& plan = settings.projects[number];
  world_.log("rvl",
             format("{} deployment {}", step.number % 3 == 0 ? "destroys" : "makes", number));
  // Where it fails, because a record is spoiled, it leaves half of it, as a cls does.
  if (step.number % 3 == 0) {
    static_cast<void>(flow::remove_project(store_, record::Places(plan.placement), plan.project));
  } else {
    static_cast<void>(flow::store_project(store_, world_.current().clock, records_of(plan, number),
                                          {.all = true, .at = {}}, "rival"));
  }
  world_.disk().settle(std::numeric_limits<std::uint64_t>::max());
}

/// One after another, each before a call that it can do something before.
void Meddler::about_to_call(const Uri& uri, bool writes) {
  if (rivals_allowed_ && world_.current().number() == writer_) be_rival();
  if (waiting_.empty() || world_.closed()) return;
  auto& first = waiting_.front();
  if ((first.step.which % 2 == 1) != writes) return;
  if (first.calls > 0) {
    --first.calls;
    return;
  }
  const Step step = first.step;
  if (!act(uri, writes, step)) return;
  world_.disk().settle(std::numeric_limits<std::uint64_t>::max());
  waiting_.erase(waiting_.begin());
}

bool Meddler::act(const Uri& uri, bool writes, const Step& step) {
  const auto store = record::parse_store_name(uri.bucket);
  if (!store) return false;
  return store->kind == record::StoreKind::Metadata ? meddle_with_metadata(uri, writes, step)
                                                    : meddle_with_lot(uri, step);
}

/// The arc, or the one that makes the dataset, as keyed_lot() names them.
std::optional<flow::ArcRef> Meddler::arc_of(const std::string& owner) const {
  for (const auto& arc : world_.deployment().arcs()) {
    if (arc.to_string() == owner) return arc;
    for (const auto& [role, sink] : arc.arc->sinks) {
      if (sink.id().to_string() == owner) return arc;
    }
  }
  return std::nullopt;
}

/// Publishes it, or has it worked off once more.
bool Meddler::meddle_with_lot(const Uri& uri, const Step& step) {
  const auto keyed = keyed_lot(uri.key);
  const auto lot = lot::LotId::parse(keyed.lot);
  const auto arc = arc_of(keyed.owner);
  if (!lot || !arc) return false;
  auto stored = flow::read_claim(store_, flow::claim_uri(*arc, *lot));
  if (!stored || !*stored) return false;
  const auto state = (*stored)->claim.state;
  if (step.number % 2 == 0 && state == record::ClaimState::ended) {
    static_cast<void>(flow::retry_lot(store_, (*stored)->uri));
  } else if (step.number % 2 == 0 && state == record::ClaimState::committed) {
    replay_claim(store_, std::move(**stored));
  } else {
    const auto published = flow::publish_claim(store_, *arc, (*stored)->uri);
    if (!published) return false;
    for (const auto& dataset : *published) {
      world_.announce(arc->project->plan.placement, dataset, *lot);
    }
  }
  world_.log("mdl", "meddles with " + uri.to_string());
  world_.ring();
  return true;
}

/// Another operator switches something on or off; the same project is being deployed by another
/// cls, which writes the same in other bytes; or another project comes first.
bool Meddler::meddle_with_metadata(const Uri& uri, bool writes, const Step& step) {
  const Stored* present = world_.disk().find(uri);
  if (present == nullptr) return take_dataset(uri, step);
  if (uri.key.starts_with("subscriptions/")) {
    const auto view = flow::read_subscription(store_, uri);
    if (!view || !*view) return false;
    if (step.number % 2 == 0) {
      static_cast<void>(
          flow::set_enabled(store_, world_.current().clock, uri, !(*view)->enabled, "another"));
      world_.ring();
    }
  } else if (uri.key.starts_with(dataset_label) && writes) {
    static_cast<void>(store_.put(uri, *present->bytes + "\n"));
  } else {
    return false;
  }
  world_.log("mdl", "meddles with " + uri.to_string());
  return true;
}

/// For a while.
bool Meddler::take_dataset(const Uri& uri, const Step& step) {
  if (!uri.key.starts_with(dataset_label) || deployed_) return false;
  const auto& plan = world_.settings().projects.front();
  model::SinkDataset wanted;
  wanted.name = uri.key.substr(dataset_label.size());
  wanted.name.resize(std::min(wanted.name.size(), wanted.name.find('/')));
  wanted.version = "1";
  wanted.pathURI = "s3://data/another/";
  flow::ProjectRecords records;
  records.placement = plan.placement;
  records.project = other_project;
  records.project_json = "{}";
  records.datasets = {wanted};
  const auto stored = flow::store_project(store_, world_.current().clock, records,
                                          {.all = true, .at = {}}, "another");
  if (!stored) return false;
  deployed_ = true;
  world_.log("mdl", "another project takes " + wanted.name);
  world_.later(step.amount, [this] { give_back(); });
  return true;
}

void Meddler::give_back() {
  if (!deployed_) return;
  const auto gone = flow::remove_project(
      store_, record::Places(world_.settings().projects.front().placement), other_project);
  world_.disk().settle(std::numeric_limits<std::uint64_t>::max());
  if (gone) {
    deployed_ = false;
  } else {
    world_.later(again_after, [this] { give_back(); });  // one of its records is spoiled
  }
}

void Meddler::end() {
  waiting_.clear();
  rivals_.clear();
  give_back();
}

}  // namespace cls::sim
