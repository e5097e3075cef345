// SPDX-License-Identifier: Apache-2.0
// A small world for the tests of this folder: a store in memory, a manual clock, one project with a
// boundary and arcs, and workloads that do what a test says.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "flow/arc_flow.h"
#include "flow/boundary.h"
#include "flow/sweep.h"
#include "record/manifest.h"
#include "store/memory_store.h"

namespace cls::flow::testing {

inline model::SourceDataset source(const std::string& name) {
  model::SourceDataset dataset;
  dataset.name = name;
  dataset.version = "1";
  return dataset;
}
inline model::SinkDataset sink(const std::string& name, const std::string& path) {
  model::SinkDataset dataset;
  dataset.name = name;
  dataset.version = "1";
  dataset.pathURI = path;
  return dataset;
}
inline Instant at(const std::string& text) {
  return parse_instant(text).value();
}
inline lot::LotId lot_id(const std::string& text) {
  return lot::LotId::parse(text).value();
}

/// Remembers what was published.
class RecordedEvents final : public LotEvents {
 public:
  void available(const model::Placement&, const model::DatasetId& dataset,
                 const lot::LotId& lot) override {
    seen.push_back(dataset.name + " " + lot.to_string());
  }
  std::vector<std::string> seen;
};

/// Says of every owner what the test wants.
class FixedProbe final : public OwnerProbe {
 public:
  Verdict probe(const record::Owner&, const std::string&) override { return verdict; }
  Verdict verdict = Verdict::Alive;
};

/// Runs the test's function; by default it "writes" one member per source member.
class ScriptedWorkload final : public Workload {
 public:
  RunOutcome run(const WorkloadContext& context) override {
    ++runs;
    return script ? script(context) : copy_all(context);
  }
  static RunOutcome copy_all(const WorkloadContext& context) {
    Completed done;
    for (const auto& [role, sink] : context.arc.sinks) {
      SinkOutput output{.role = role, .members = {}, .comment = std::nullopt};
      for (const auto& source : context.sources) {
        for (const auto& member : source.members) {
          const std::string key = member.uri.key.substr(member.uri.key.rfind('/') + 1);
          output.members.push_back({.role = role,
                                    .uri = sink.path().child(key).to_string(),
                                    .size = 1,
                                    .sha256 = sha256_hex(member.uri.to_string())});
        }
      }
      done.sinks.push_back(std::move(output));
    }
    return done;
  }
  std::function<RunOutcome(const WorkloadContext&)> script;
  int runs = 0;
};

struct World {
  explicit World(model::BoundaryPlan boundary_plan = default_boundary()) {
    model::ProjectPlan plan;
    plan.project = {"p", "1"};
    plan.placement = {.provider = "local", .stage = {}, .account = {}, .region = {}};
    plan.boundaries.push_back(std::move(boundary_plan));
    model::ArcPlan arc;
    arc.name = "a";
    arc.type = "core:copyArc";
    arc.sources = {{"main", source("in")}};
    arc.sinks = {{"main", sink("out", "s3://b/out/")}};
    arc.declaration = "d1";
    plan.arcs.push_back(arc);
    arc.name = "second";
    arc.sources = {{"main", source("out")}};
    arc.sinks = {{"main", sink("last", "s3://b/last/")}};
    plan.arcs.push_back(arc);
    make(std::move(plan));
  }

  static model::BoundaryPlan default_boundary() {
    model::BoundaryPlan plan;
    plan.name = "b";
    plan.dataset = sink("in", "s3://b/in/");
    plan.unit = lot::LotUnit::twelfths();
    plan.arrival = model::EventArrival::frequent;
    plan.lot_source = model::LotSource::objectModifiedTime;
    plan.settle = std::chrono::seconds(60);
    return plan;
  }

  void make(model::ProjectPlan plan) {
    std::vector<std::unique_ptr<const Deployed>> projects;
    projects.push_back(std::make_unique<const Deployed>(std::move(plan)));
    deployment = std::make_unique<Deployment>(std::move(projects));
    logs = std::make_unique<LedgerLogs>(store);
    sources = std::make_unique<SourceReader>(store, *deployment, *logs);
  }

  const Deployed& project() const { return *deployment->projects().front(); }
  LedgerLog& log() { return logs->of(deployment->boundaries().front()); }

  std::unique_ptr<Boundary> boundary() {
    auto made = std::make_unique<Boundary>(store, clock, log(), events, "test", out);
    if (!made->start()) throw std::runtime_error("start");
    return made;
  }

  Arrival arrival(const std::string& key, const std::string& modified,
                  const std::string& bytes = "x") {
    return {.uri = {"s3", "b", "in/" + key},
            .version = {.size = bytes.size(),
                        .mtime = format_instant(at(modified)),
                        .sha256 = sha256_hex(bytes),
                        .etag = {},
                        .versionId = {}},
            .modified = at(modified),
            .event = at(modified),
            .first_seen = clock.now()};
  }

  ArcFlow flow(std::size_t index = 0, SubscriptionView subscription = {}) {
    return {
        ArcServices{.store = store,
                    .clock = clock,
                    .ids = ids,
                    .events = events,
                    .owners = probe,
                    .held = held,
                    .leases = leases,
                    .sources = *sources,
                    .self = self,
                    .log = out,
                    .workload = [this](const model::ArcPlan&) -> Workload& { return workload; }},
        deployment->arcs().at(index), subscription};
  }

  std::optional<record::Manifest> manifest(const std::string& dataset, const std::string& lot,
                                           record::ManifestState state) {
    auto object = store.get(project().places.manifest({dataset, "1"}, lot_id(lot), state));
    if (!object) return std::nullopt;
    return record::read_manifest(object->bytes).value();
  }
  /// What it lists; one text that says so where it is absent.
  std::vector<std::string> uris(const std::string& dataset, const std::string& lot,
                                record::ManifestState state) {
    const auto found = manifest(dataset, lot, state);
    return found ? found->uris : std::vector<std::string>{"no manifest"};
  }
  std::optional<StoredClaim> claim(const std::string& lot, std::size_t arc = 0) {
    return read_claim(store, claim_uri(deployment->arcs().at(arc), lot_id(lot))).value();
  }

  ManualClock clock{at("2023-01-01T00:02:00Z")};
  store::MemoryStore store{clock};
  UlidSource ids{clock};
  RecordedEvents events;
  FixedProbe probe;
  HeldClaims held;
  LeaseWatch leases{clock};
  MemoryLog out;
  record::Owner self{
      .id = "me", .host = "h", .boot = "b", .pidNamespace = "n", .pid = 1, .startTime = 1};
  ScriptedWorkload workload;
  std::unique_ptr<Deployment> deployment;
  std::unique_ptr<LedgerLogs> logs;
  std::unique_ptr<SourceReader> sources;
};

}  // namespace cls::flow::testing
