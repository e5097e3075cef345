// SPDX-License-Identifier: Apache-2.0
// What the oracle says at rest.
#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "base/hash.h"
#include "flow/claim_store.h"
#include "flow/deploy.h"
#include "flow/left_out.h"
#include "flow/sources.h"
#include "record/manifest.h"
#include "sim/oracle.h"

namespace cls::sim {

namespace {

std::string version_key(const record::ObjectVersion& version) {
  return format("{} {}", version.size,
                version.mtime.value_or(version.versionId.value_or(version.etag.value_or(""))));
}

/// The time that the simulator's own keys carry: `…/t<epoch>-f….csv`.
std::optional<Instant> time_in(const std::string& key) {
  const auto at = key.rfind("/t");
  if (at == std::string::npos) return std::nullopt;
  std::int64_t seconds = 0;
  const char* begin = key.data() + at + 2;
  const auto [end, error] = std::from_chars(begin, key.data() + key.size(), seconds);
  // The last second of the year 2261.
  if (error != std::errc() || *end != '-' || seconds < 0 || seconds > 9214646399) {
    return std::nullopt;
  }
  return Instant(std::chrono::seconds(seconds));
}

/// A comment of a workload's own is in no other record: of a body that was spoiled all is made
/// again but that.
bool same_but_for_comment(const std::string& made, const std::string& former) {
  auto a = record::read_manifest(made);
  auto b = record::read_manifest(former);
  if (!a || !b) return false;
  a->comment.reset();
  b->comment.reset();
  return *a == *b;
}

}  // namespace

void Oracle::judge(store::ObjectStore& store, const flow::Deployment& deployment) {
  for (const auto& boundary : deployment.boundaries()) judge_ledger(store, boundary);
  judge_kept(deployment);
  for (const auto& arc : deployment.arcs()) judge_arc(store, deployment, arc);
}

bool Oracle::deleted_outside(const std::string& uri) const {
  const auto versions = versions_.find(uri);
  return versions != versions_.end() && !versions->second.back().present;
}

/// The lot that an object's own time says; empty where it says none.
std::string Oracle::own_lot(const model::BoundaryPlan& plan, const Uri& uri, Instant modified,
                            Instant first_seen) {
  std::optional<Instant> time = first_seen;
  if (plan.lot_source == model::LotSource::keyTimestampRegex) {
    time = time_in(uri.key);
  } else if (plan.lot_source != model::LotSource::arrivalTime) {
    time = modified;  // here that is the time of the event, too
  }
  const auto lot = time ? lot::LotId::at(plan.unit, *time) : fail(FailureCode::Invalid, "");
  return lot ? lot->to_string() : "";
}

bool Oracle::is_of(const Version& version, const record::ObjectVersion& object) {
  if (object.versionId) return *object.versionId == version_id(version.modified);
  if (version.size != object.size) return false;
  if (object.etag) return *object.etag == version.etag;
  return version.mtime == object.mtime && (!object.sha256 || version.sha256 == *object.sha256);
}

record::ObjectVersion Oracle::described(const Version& version) {
  return {.size = version.size,
          .mtime = version.mtime,
          .sha256 = version.sha256,
          .etag = version.etag,
          .versionId = version_id(version.modified)};
}

Oracle::Lines Oracle::lines_of(const Log& log) const {
  Lines lines;
  for (const auto& segment : log.segments) {
    for (const auto& packed : segment.lines) {
      const record::LedgerLine& line = lines.all.emplace_back(packed);
      // ADR 4: what has vanished is nothing that could be there.
      const bool vanished = line.decision == record::Decision::vanished;
      if (!vanished || !lines.last.contains(line.uri)) lines.last[line.uri] = &line;
      lines.by_uri[line.uri].push_back(&line);
      if (line.decision != record::Decision::member) continue;
      lines.lots[line.uri][version_key(line.object)].insert(line.lot);
    }
  }
  return lines;
}

void Oracle::judge_ledger(store::ObjectStore& store, const flow::BoundaryRef& boundary) {
  const Log& log = logs_[boundary.boundary->name];
  std::map<std::string, std::size_t> closed;  // lot → segment
  for (std::size_t i = 0; i < log.segments.size(); ++i) {
    for (const auto& lot : log.segments[i].head.closes) closed.emplace(lot, i);
  }
  for (std::size_t i = 0; i < log.segments.size(); ++i) {
    for (const auto& line : log.segments[i].lines) judge_line(boundary, line, i, closed);
  }
  const Lines lines = lines_of(log);
  std::map<std::pair<std::string, std::string>, record::ObjectVersion> objects;
  for (const auto& [uri, of_uri] : lines.by_uri) {
    for (const auto* line : of_uri) objects[{uri, version_key(line->object)}] = line->object;
  }
  for (const auto& [uri, versions] : lines.lots) {
    for (const auto& [version, lots] : versions) {
      // Bytes that came back have the ETag that they had.
      const auto appeared =
          static_cast<std::size_t>(std::ranges::count_if(versions_[uri], [&](const Version& one) {
            return is_of(one, objects.at({uri, version}));
          }));
      if (lots.size() <= std::max<std::size_t>(appeared, 1)) continue;
      violated(1, format("{} ({}) is a member of {} lots: {} and {}", uri, version, lots.size(),
                         *lots.begin(), *lots.rbegin()));
    }
  }
  judge_lots(boundary);
  judge_present(store, boundary, lines);
  judge_taken(boundary, lines);
}

/// Every line is about a version that there was, and its decision is right.
void Oracle::judge_line(const flow::BoundaryRef& boundary, const record::LedgerLine& line,
                        std::size_t segment, const std::map<std::string, std::size_t>& closed) {
  const auto& plan = *boundary.boundary;
  const Uri uri = Uri::parse(line.uri).value();
  const auto seen = parse_instant(line.firstSeen).value_or(Instant{});
  std::set<std::string> own;  // of each version that it may be about
  for (const auto& version : versions_[line.uri]) {
    if (is_of(version, line.object)) own.insert(own_lot(plan, uri, version.modified, seen));
  }
  if (own.empty()) {
    return violated(
        1, format("the ledger has {} ({}), which never was", line.uri, version_key(line.object)));
  }
  const bool left_out = flow::left_out(plan, plan.dataset.path().key, uri);
  if (left_out != (line.decision == record::Decision::filtered)) {
    return violated(1, format("{} is {}, and the filter {} it", line.uri,
                              json::name_of(line.decision), left_out ? "does not keep" : "keeps"));
  }
  if (left_out) return;
  if (!own.contains(line.ownLot)) {
    // Where the clock went back, when it was seen may have been moved on (Boundary::last_held).
    const bool moved =
        plan.lot_source == model::LotSource::arrivalTime && line.ownLot < *own.begin();
    if (!moved) {
      violated(1, format("{} has the own lot {}, not {}", line.uri, line.ownLot, *own.begin()));
    }
  }
  judge_place(plan, line, segment, closed);
}

/// The lot of a line is its own one, or there is a reason why it is not.
void Oracle::judge_place(const model::BoundaryPlan& plan, const record::LedgerLine& line,
                         std::size_t segment, const std::map<std::string, std::size_t>& closed) {
  if (line.ownLot.empty()) {
    if (line.decision != record::Decision::member) return;
    return violated(1, line.uri + " says no time, and is a member");
  }
  if (line.decision == record::Decision::rejected) {
    if (plan.lateness != model::Lateness::reject) {
      violated(1, line.uri + " was rejected, and late objects join the next lot");
    }
    return;
  }
  // What vanished after its lot was closed by another process is in no lot.
  const bool in_none = line.lot.empty() && line.decision == record::Decision::vanished;
  if (in_none || line.lot == line.ownLot) return;
  const auto own_closed = closed.find(line.ownLot);
  const bool late = own_closed != closed.end() && own_closed->second <= segment;
  const bool ahead = line.reason && *line.reason == "its time is too far ahead";
  if (!late && !ahead) {
    violated(1, format("{} joined lot {}, and its own lot {} was open", line.uri, line.lot,
                       line.ownLot));
  }
  if (plan.lateness == model::Lateness::reject) {
    violated(1, format("{} was late, and joined lot {}", line.uri, line.lot));
  }
}

/// Every member's line of a closed lot is in its manifest, unless that very version vanished.
void Oracle::judge_lots(const flow::BoundaryRef& boundary) {
  const Log& log = logs_[boundary.boundary->name];
  std::map<std::string, std::map<std::string, std::string>> lots;  // URI to version, by lot
  for (const auto& segment : log.segments) {
    for (const auto& line : segment.lines) {
      auto& members = lots[line.lot];
      const std::string version = version_key(line.object);
      if (line.decision == record::Decision::member) members[line.uri] = version;
      if (line.decision != record::Decision::vanished) continue;
      const auto member = members.find(line.uri);
      if (member != members.end() && member->second == version) members.erase(member);
    }
  }
  for (const auto& text : log.closed) {
    const auto lot = lot::LotId::parse(text).value();
    std::set<std::string> listed;
    const Uri uri = boundary.project->places.manifest(boundary.boundary->dataset.id(), lot,
                                                      record::ManifestState::complete);
    const Stored* body = ask_.find(uri);
    const auto manifest = record::read_manifest(body == nullptr ? "" : *body->bytes);
    const auto uris = manifest ? members_in(*manifest) : std::nullopt;
    if (uris) listed.insert(uris->begin(), uris->end());
    std::set<std::string> members;
    for (const auto& [member, version] : lots[text]) members.insert(member);
    if (listed == members) continue;
    violated(1, format("the manifest of {} {} lists {} objects, and {} are its members",
                       boundary.to_string(), text, listed.size(), members.size()));
  }
}

/// Everything that is there now is what the ledger says last of it.
void Oracle::judge_present(store::ObjectStore& store, const flow::BoundaryRef& boundary,
                           const Lines& lines) {
  const auto& plan = *boundary.boundary;
  const auto look = [&](const store::ObjectInfo& info) {
    const std::string uri = info.uri.to_string();
    if (flow::left_out(plan, plan.dataset.path().key, info.uri)) return;
    const Version& version = versions_[uri].back();
    const auto last = lines.last.find(uri);
    const record::ObjectVersion present = described(version);
    if (last == lines.last.end()) return violated(1, uri + " was never taken in");
    const bool vanished = last->second->decision == record::Decision::vanished;
    if (!vanished && record::same_version(last->second->object, present)) return;
    violated(1, format("{} is there as {}, and the ledger last has {}", uri, version_key(present),
                       version_key(last->second->object)));
  };
  static_cast<void>(store::for_each_object(store, plan.dataset.path(), look));
}

/// What a process took, and had not to forget, is in the ledger; or a later version that went to
/// the same lot is.
void Oracle::judge_taken(const flow::BoundaryRef& boundary, const Lines& lines) {
  const auto& plan = *boundary.boundary;
  const std::string path = plan.dataset.path().to_string();
  const auto lot_of = [&](const Taken& one) {
    return own_lot(plan, Uri::parse(one.uri).value(), one.modified, one.seen);
  };
  for (const auto& [number, arrivals] : taken_) {
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      const Taken& one = arrivals[i];
      if (!one.uri.starts_with(path)) continue;
      const auto found = lines.by_uri.find(one.uri);
      const bool listed =
          found != lines.by_uri.end() && std::ranges::any_of(found->second, [&](const auto* line) {
            return record::same_version(line->object, one.version);
          });
      const bool superseded = std::any_of(
          arrivals.begin() + static_cast<std::ptrdiff_t>(i) + 1, arrivals.end(),
          [&](const Taken& later) { return later.uri == one.uri && lot_of(later) == lot_of(one); });
      if (listed || superseded) continue;
      violated(1,
               format("{} ({}) was taken in and is in no lot", one.uri, version_key(one.version)));
    }
  }
}

/// Every former body of a public manifest is kept.
void Oracle::judge_kept(const flow::Deployment& deployment) {
  const auto& places = deployment.projects().front()->places;
  auto attempts = attempts_;
  attempts.insert("0");  // what none of ours made
  for (const auto& [uri, bodies] : bodies_) {
    if (bodies.size() < 2) continue;
    const auto key = record::parse_manifest_key(uri.key);
    const auto lot = key ? lot::LotId::parse(key->lot) : fail(FailureCode::Invalid, "");
    if (!lot) continue;
    for (std::size_t i = 0; i + 1 < bodies.size(); ++i) {
      bool found = false;
      for (const auto& attempt : attempts) {
        const Stored* body =
            ask_.find(places.manifest(key->dataset, *lot, record::ManifestState::removed, attempt));
        if (body == nullptr) continue;
        found = found || *body->bytes == bodies[i] ||
                (spoiled_once_.contains(uri) && same_but_for_comment(*body->bytes, bodies[i]));
      }
      if (!found) {
        violated(2, format("revision {} of {} was not kept", i + 1, uri.to_string()));
      }
    }
  }
}

/// The lots that the first subscribed source may have.
std::set<std::string> Oracle::lots_of(const flow::Deployment& deployment,
                                      const flow::ArcRef& arc) const {
  std::set<std::string> lots;
  for (const auto& [role, source] : arc.arc->sources) {
    if (!source.subscribe) continue;
    const auto producer = deployment.producer_of(arc.project->plan.placement, source.id());
    // What an older tool published, or an arc that was taken out of the project.
    for (const auto& [uri, bodies] : bodies_) {
      const auto key = record::parse_manifest_key(uri.key);
      if (key && key->dataset == source.id()) lots.insert(key->lot);
    }
    if (const auto* boundary = std::get_if<flow::BoundaryRef>(&producer)) {
      const auto log = logs_.find(boundary->boundary->name);
      if (log != logs_.end()) lots = log->second.closed;
    } else if (const auto* sink = std::get_if<flow::ArcSinkRef>(&producer)) {
      for (const auto& [uri, seen] : claims_) {
        if (seen.claim.arc == sink->arc.arc->name) lots.insert(seen.claim.lot);
      }
    }
    break;
  }
  return lots;
}

/// Liveness: of every lot that is ready, the latest revision is worked off.
void Oracle::judge_arc(store::ObjectStore& store, const flow::Deployment& deployment,
                       const flow::ArcRef& arc) {
  flow::LedgerLogs logs(store);
  flow::SourceReader sources(store, deployment, logs);
  const auto subscription = flow::read_subscription(
      store, arc.project->places.arc_subscription(arc.project->plan.project, arc.arc->name));
  if (!subscription || !*subscription) {
    return violated(6, arc.to_string() + " has no subscription that can be read");
  }
  for (const auto& text : lots_of(deployment, arc)) {
    const auto lot = lot::LotId::parse(text).value();
    std::map<std::string, record::ClaimSource> current;
    Instant ready{};
    bool is_ready = true;
    for (const auto& [role, source] : arc.arc->sources) {
      const auto found = sources.find(*arc.project, source.id(), lot);
      if (!found) violated(5, format("{} {}: {}", arc.to_string(), text, found.error().message));
      if (!found || !*found) {
        is_ready = is_ready && !source.subscribe;
        continue;
      }
      if (source.subscribe) ready = std::max(ready, (*found)->ready);
      current[role] = {(*found)->manifest.to_string(), (*found)->revision};
    }
    if (!is_ready) continue;
    const record::Claim* held = claim(flow::claim_uri(arc, lot));
    const auto since = (*subscription)->since;
    if (held == nullptr && since && ready < *since) continue;
    if (held == nullptr) {
      violated(5, format("{} never took lot {}", arc.to_string(), text));
    } else {
      judge_claim(arc, text, *held, current);
    }
  }
}

void Oracle::judge_claim(const flow::ArcRef& arc, const std::string& lot,
                         const record::Claim& claim,
                         std::map<std::string, record::ClaimSource> current) {
  const std::string what = format("{} {}", arc.to_string(), lot);
  if (claim.state != record::ClaimState::committed && claim.state != record::ClaimState::ended) {
    return violated(5, format("{} rests {}", what, json::name_of(claim.state)));
  }
  // A source that is not subscribed to is read where it is there, and waited for by nobody.
  auto named = claim.sources;
  for (const auto& [role, source] : arc.arc->sources) {
    if (source.subscribe) continue;
    named.erase(role);
    current.erase(role);
  }
  // A claim keeps the declaration it started with: of sources that it has no more it is at rest.
  if (claim.declaration != arc.arc->declaration) {
    const auto other = [&](const auto& source) {
      const auto now = current.find(source.first);
      return now == current.end() ||
             lot_of_manifest(now->second.manifest) != lot_of_manifest(source.second.manifest);
    };
    std::erase_if(named, other);
    std::erase_if(current, [&](const auto& source) { return !named.contains(source.first); });
  }
  // What was taken while its arc made it is not taken once more where none does.
  std::erase_if(current, [&](const auto& source) {
    const auto claimed = named.find(source.first);
    const bool outlasted = claimed != named.end() &&
                           claimed->second.manifest == source.second.manifest &&
                           flow::is_foreign_revision(source.second.revision) &&
                           !flow::is_foreign_revision(claimed->second.revision);
    if (outlasted) named.erase(claimed);
    return outlasted;
  });
  if (named != current) {
    violated(5, format("{} rests on a former revision of its sources", what));
  }
  for (const auto& [role, sink] : claim.sinks) {
    if (!sink.published) violated(5, format("{}: the sink '{}' is not published", what, role));
  }
  if (claim.state == record::ClaimState::committed) return;
  const auto attempt = claim.error ? claim.error->attempt : "";
  const auto failed = failed_attempts_.find(attempt);
  const bool final = failed != failed_attempts_.end() && !failed->second;
  const bool used_up = claim.attempts >= 2 && claim.error;  // no arc has fewer attempts
  const bool died = claim.error && claim.error->code == "LostAttempts" &&
                    claim.lostAttempts >= arc.project->limits.lost_attempts;
  if (!final && !used_up && !died) {
    violated(5, format("{} ended after {} attempts without a reason to", what, claim.attempts));
  }
}

}  // namespace cls::sim
