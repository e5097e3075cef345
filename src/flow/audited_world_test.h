// SPDX-License-Identifier: Apache-2.0
// A small world for the tests of the checker: one boundary, one arc that copies, two lots done; and
// where wanted a second arc behind it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/format.h"
#include "base/hash.h"
#include "flow/arc_flow.h"
#include "flow/boundary.h"
#include "flow/checker.h"
#include "record/manifest.h"
#include "store/memory_store.h"

namespace cls::flow {

/// Copies every member to the path of each sink of the arc; may be told to overwrite, to miss a
/// source, to fail.
class CopyingWorkload final : public Workload {
 public:
  explicit CopyingWorkload(store::ObjectStore& store) : store_(store) {}

  std::string suffix;     ///< appended to the bytes, so that another run makes other ones
  std::string directory;  ///< below the sink's path; the lot's id if empty
  bool fails = false;
  bool makes_nothing = false;
  bool tells = true;  ///< what it superseded

  RunOutcome run(const WorkloadContext& context) override {
    if (fails) {
      return Failed{.code = "Copy",
                    .message = "no reason",
                    .partial = {},
                    .tolerated = false,
                    .retryable = false};
    }
    Completed completed;
    for (const auto& [role, sink] : context.arc.sinks) {
      SinkOutput output{.role = role, .state = {}, .members = {}, .comment = {}};
      for (const auto& member : context.sources.front().members) {
        if (makes_nothing) break;
        output.members.push_back(copied(context, member, role, sink));
      }
      completed.sinks.push_back(std::move(output));
    }
    return completed;
  }

 private:
  record::MemberLine copied(const WorkloadContext& context, const SourceMember& member,
                            const std::string& role, const model::SinkDataset& sink) {
    const std::string name = member.uri.key.substr(member.uri.key.rfind('/') + 1);
    const std::string where = directory.empty() ? context.lot.to_string() : directory;
    const Uri to{"s3", "data", format("{}{}/{}", sink.path().key, where, name)};
    record::MemberLine line;
    line.role = role;
    line.uri = to.to_string();
    line.source = member.uri.to_string();
    if (member.version) line.sourceVersion = record::version_text(*member.version);
    auto object = store_.get(member.uri);
    if (!object) {
      line.vanished = "absent";
      return line;
    }
    const std::string bytes = object->bytes + suffix;
    if (const auto there = store_.head(to); there && tells) line.superseded = there->etag;
    line.size = bytes.size();
    line.etag = need(store_.put(to, bytes));
    line.sha256 = sha256_hex(bytes);
    return line;
  }

  store::ObjectStore& store_;
};

class NoEvents final : public LotEvents {
 public:
  void available(const model::Placement&, const model::DatasetId&, const lot::LotId&) override {}
};

/// A plain member of a lot, as a boundary would list it.
inline record::LedgerLine member_line(const Arrival& arrival, const std::string& lot) {
  return {.uri = arrival.uri.to_string(),
          .object = arrival.version,
          .firstSeen = format_instant(arrival.first_seen),
          .ownLot = lot,
          .lot = lot,
          .decision = record::Decision::member,
          .reason = std::nullopt};
}

class NoOwners final : public OwnerProbe {
 public:
  Verdict probe(const record::Owner&, const std::string&) override { return Verdict::Unknown; }
};

enum class Arcs : std::uint8_t { One, Two };

/// The project of the tests: boundary `ingress` of dataset in/1 at s3://data/in/, arc `copy` from
/// it to out/1 at s3://data/out/; a second arc `again` from that to last/1 at s3://data/last/.
inline std::unique_ptr<const Deployed> copying_project(
    model::OnConflict on_conflict = model::OnConflict::beside, Arcs arcs = Arcs::One) {
  model::ProjectPlan plan;
  plan.project = {"orders", "1"};
  plan.placement.provider = "local";
  model::BoundaryPlan boundary;
  boundary.name = "ingress";
  boundary.dataset.name = "in";
  boundary.dataset.version = "1";
  boundary.dataset.pathURI = "s3://data/in/";
  plan.boundaries.push_back(boundary);
  model::ArcPlan arc;
  arc.name = "copy";
  arc.type = "core:copyArc";
  model::SourceDataset source;
  source.name = "in";
  source.version = "1";
  arc.sources.emplace_back("main", source);
  model::SinkDataset sink;
  sink.name = "out";
  sink.version = "1";
  sink.pathURI = "s3://data/out/";
  arc.sinks.emplace_back("main", sink);
  arc.declaration = "d1";
  arc.workload =
      model::CopyPlan{.filter = {}, .on_conflict = on_conflict, .rename = {}, .partition = {}};
  plan.arcs.push_back(arc);
  if (arcs == Arcs::Two) {
    arc.name = "again";
    arc.sources.front().second.name = "out";
    arc.sinks.front().second.name = "last";
    arc.sinks.front().second.pathURI = "s3://data/last/";
    plan.arcs.push_back(arc);
  }
  return std::make_unique<const Deployed>(std::move(plan));
}

inline Uri parsed(const std::string& text) {
  return need(Uri::parse(text));
}

/// Two objects of lot 20260101PT5M000 and one of 20260101PT5M001, taken in and copied.
class AuditedWorld {
 public:
  explicit AuditedWorld(model::OnConflict on_conflict = model::OnConflict::beside,
                        Arcs arcs = Arcs::One)
      : deployment(projects(on_conflict, arcs)) {
    take({put("s3://data/in/a", "aaa"), put("s3://data/in/b", "bbbb")});
    run_arc("20260101PT5M000");
    clock.advance(std::chrono::minutes(5));
    take({put("s3://data/in/c", "c")});
    run_arc("20260101PT5M001");
    clock.advance(std::chrono::minutes(10));
  }

  Arrival put(const std::string& uri, const std::string& bytes) {
    need(store.put(parsed(uri), bytes));
    return sighting(uri);
  }

  Arrival sighting(const std::string& uri) {
    const auto object = need(store.get(parsed(uri)));
    return {.uri = object.info.uri,
            .version = {.size = object.info.size,
                        .mtime = format_instant(object.info.modified),
                        .sha256 = sha256_hex(object.bytes),
                        .etag = std::nullopt,
                        .versionId = std::nullopt},
            .modified = object.info.modified,
            .event = object.info.modified,
            .first_seen = clock.now()};
  }

  void take(std::vector<Arrival> arrivals) {
    LedgerLog& log = logs.of(deployment.boundaries().front());
    Boundary boundary(store, clock, log, events, "test", out);
    need(boundary.start());
    need(boundary.take(std::move(arrivals)));
  }

  /// Every arc in turn; what the first one did.
  ArcOutcome run_arc(const std::string& lot) {
    const ArcOutcome outcome = run_arc(lot, 0);
    for (std::size_t i = 1; i < deployment.arcs().size(); ++i) run_arc(lot, i);
    return outcome;
  }

  ArcOutcome run_arc(const std::string& lot, std::size_t index) {
    const ArcServices services{
        .store = store,
        .clock = clock,
        .ids = ids_,
        .events = events,
        .owners = owners_,
        .held = held_,
        .leases = leases_,
        .sources = sources_,
        .self = {"test", "host", "boot", "pid:[1]", 1, 1},
        .log = out,
        .workload = [this](const model::ArcPlan&) -> Workload& { return workload; }};
    ArcFlow flow(services, deployment.arcs().at(index), {});
    return need(flow.run(need(lot::LotId::parse(lot))));
  }

  /// The project changed, under the same version; what was there goes on being pointed at.
  void redeploy(const std::function<void(model::ProjectPlan&)>& change) {
    model::ProjectPlan plan = deployment.projects().front()->plan;
    change(plan);
    former_.push_back(std::move(deployment));
    std::vector<std::unique_ptr<const Deployed>> projects;
    projects.push_back(std::make_unique<const Deployed>(std::move(plan)));
    deployment = Deployment(std::move(projects));
  }
  /// The first arc writes another dataset.
  void redeploy_with_sink(const std::string& dataset) {
    redeploy([&](model::ProjectPlan& plan) {
      plan.arcs.front().sinks.front().second.name = dataset;
      plan.arcs.front().sinks.front().second.pathURI = "s3://data/" + dataset + "/";
      plan.arcs.front().declaration = "of " + dataset;
    });
  }

  /// Runs the lot again as a replay does: the claim is made to name no source's revision.
  void replay(const std::string& lot) {
    edit_claim(lot, [](record::Claim& claim) { claim.sources["main"].revision = "other"; });
    run_arc(lot);
  }

  record::Claim claim(const std::string& lot, std::size_t arc = 0) {
    return need(read_claim(store, claim_place(lot, arc))).value().claim;
  }

  template <class Change>
  void edit_claim(const std::string& lot, Change change, std::size_t arc = 0) {
    record::Claim edited = claim(lot, arc);
    change(edited);
    need(store.put(claim_place(lot, arc), json::write_record(edited)));
  }

  Uri claim_place(const std::string& lot, std::size_t arc = 0) {
    return claim_uri(deployment.arcs().at(arc), need(lot::LotId::parse(lot)));
  }

  /// Where the members of the lot's present revision are.
  Uri members_place(const std::string& lot) {
    return {"s3", record::store_name(places.placement(), record::StoreKind::ArcState),
            claim(lot).sinks.at("main").members};
  }

  Uri manifest(const std::string& dataset, const std::string& lot, record::ManifestState state) {
    return places.manifest({dataset, "1"}, need(lot::LotId::parse(lot)), state);
  }

  Uri segment(std::uint64_t number) { return places.segment({"orders", "1"}, "ingress", number); }

  /// Appends a segment as no boundary would.
  void plant_segment(std::vector<record::LedgerLine> lines, std::vector<std::string> closes) {
    record::Segment planted;
    planted.head.at = format_instant(clock.now());
    planted.head.by = "test";
    planted.head.closes = std::move(closes);
    planted.head.dataset = deployment.boundaries().front().boundary->dataset;
    planted.head.number = 1;
    while (store.head(segment(planted.head.number))) ++planted.head.number;
    for (const auto& line : lines) planted.lines.push_back(line);
    record::sort_lines(planted.lines);
    need(store.put_if_absent(segment(planted.head.number), record::write_segment(planted)));
  }

  AuditReport audit(bool deep = false) { return audit_as({.now = clock.now(), .deep = deep}); }

  AuditReport audit_as(const AuditOptions& options) {
    Checker checker(store, deployment, options);
    return need(checker.run());
  }

  ManualClock clock{need(parse_instant("2026-01-01T00:01:00Z"))};
  store::MemoryStore store{clock};
  Deployment deployment;
  record::Places places{model::Placement{"local", {}, {}, {}}};
  LedgerLogs logs{store};
  CopyingWorkload workload{store};
  NoEvents events;
  MemoryLog out;

 private:
  static std::vector<std::unique_ptr<const Deployed>> projects(model::OnConflict on_conflict,
                                                               Arcs arcs) {
    std::vector<std::unique_ptr<const Deployed>> all;
    all.push_back(copying_project(on_conflict, arcs));
    return all;
  }

  std::vector<Deployment> former_;
  UlidSource ids_{clock, [](std::array<std::uint8_t, 10>& bytes) { bytes.fill(7); }};
  NoOwners owners_;
  HeldClaims held_;
  LeaseWatch leases_{clock};
  SourceReader sources_{store, deployment, logs};
};

}  // namespace cls::flow
