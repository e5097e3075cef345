// SPDX-License-Identifier: Apache-2.0
#include "flow/arc_flow.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/format.h"
#include "base/hash.h"
#include "base/memory.h"
#include "flow/conditional.h"
#include "flow/publisher.h"
#include "record/manifest.h"

namespace cls::flow {

namespace {

bool finished(record::ClaimState state) {
  return state == record::ClaimState::committed || state == record::ClaimState::ended;
}

double dice_of(const std::string& ulid) {
  // The ULID's random part is dice enough, and keeps a simulated run repeatable.
  const std::string hex = sha256_hex(ulid).substr(0, 8);
  return static_cast<double>(std::stoul(hex, nullptr, 16)) / 4294967296.0;
}

bool has_members(const SinkOutput& output) {
  return std::ranges::any_of(output.members, [](const auto& line) { return !line.vanished; });
}

/// Whether a workload made more members than a usual segment has lines.
bool is_large(const RunOutcome& outcome, const Limits& limits) {
  const auto* completed = std::get_if<Completed>(&outcome);
  return completed != nullptr && std::ranges::any_of(completed->sinks, [&](const auto& output) {
           return output.members.size() > limits.segment_lines;
         });
}

Result<> put_all(store::ObjectStore& store, const std::vector<record::Stored>& objects) {
  for (const auto& object : objects) {
    auto written = put_or_read(store, object.uri, object.bytes);
    if (!written) return pass(std::move(written));
    if (!written->ours) {
      return fail(FailureCode::Conflict,
                  format("{} is there already with other bytes", object.uri.to_string()));
    }
  }
  return {};
}

}  // namespace

std::chrono::seconds backoff(std::chrono::seconds base, std::uint64_t failures, double dice) {
  constexpr double most = 300;
  const double doubled =
      static_cast<double>(base.count()) *
      std::pow(2.0, static_cast<double>(std::min<std::uint64_t>(failures, 30)) - 1);
  const double jittered = std::min(doubled, most) * (0.75 + 0.5 * dice);
  return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(std::min(jittered, most))));
}

Result<bool> retry_lot(store::ObjectStore& store, const Uri& claim_uri) {
  auto stored = read_claim(store, claim_uri);
  if (!stored) return pass(std::move(stored));
  if (!*stored || (*stored)->claim.state != record::ClaimState::ended) return false;
  record::Claim claim = (*stored)->claim;
  claim.state = record::ClaimState::retrying;
  claim.result.reset();
  claim.attempts = 0;
  claim.lostAttempts = 0;
  ++claim.beat;
  auto written = write_claim(store, claim_uri, claim, (*stored)->etag);
  if (!written) return pass(std::move(written));
  return written->has_value();
}

Result<std::optional<ArcFlow::Ready>> ArcFlow::find_sources(const lot::LotId& lot) const {
  Ready ready;
  for (const auto& [role, source] : arc_.arc->sources) {
    auto found = services_.sources.find(*arc_.project, source.id(), lot);
    if (!found) return pass(std::move(found));
    if (!*found) {
      if (source.subscribe) return std::optional<Ready>();
      continue;
    }
    if (source.subscribe) ready.ready = std::max(ready.ready, (*found)->ready);
    ready.sources.emplace_back(role, std::move(**found));
  }
  return std::optional(std::move(ready));
}

std::map<std::string, record::ClaimSource> ArcFlow::named(const Ready& ready) const {
  std::map<std::string, record::ClaimSource> sources;
  for (const auto& [role, source] : ready.sources) {
    sources[role] = {source.manifest.to_string(), source.revision};
  }
  return sources;
}

/// What a claim that is there says: an outcome where nothing is to be done; nullopt to go on.
Result<std::optional<ArcOutcome>> ArcFlow::judge_present(const StoredClaim& present,
                                                         const Ready& ready,
                                                         bool& owner_lost) const {
  const record::Claim& claim = present.claim;
  if (finished(claim.state)) {
    // A duplicate only if the claim names every source's current revision.
    if (claim.sources != named(ready)) return std::optional<ArcOutcome>();
    // A commit whose publication failed, or whose owner died before it, is published by whoever
    // finds it.
    if (is_behind(claim)) {
      auto datasets = publish_claim(services_.store, arc_, present.uri);
      if (!datasets) return pass(std::move(datasets));
      announce(*datasets, lot::LotId::parse(claim.lot).value());
    }
    return std::optional<ArcOutcome>(Idle::UpToDate);
  }
  if (claim.state != record::ClaimState::running) return std::optional<ArcOutcome>();
  const std::chrono::seconds lease(claim.leaseSec);
  const std::chrono::seconds look = std::max(std::chrono::seconds(1), lease / 6);
  if (services_.held.holds(present.uri)) return std::optional<ArcOutcome>(Busy{look});
  const record::Owner owner = claim.owner.value_or(record::Owner{});
  const bool own = owner.id == services_.self.id;
  const auto verdict =
      own ? OwnerProbe::Verdict::Dead : services_.owners.probe(owner, claim.attempt);
  if (verdict != OwnerProbe::Verdict::Dead && !services_.leases.expired(present)) {
    return std::optional<ArcOutcome>(Busy{look});
  }
  // What this very process let go of after a failure is taken up again; nobody died.
  owner_lost = !own;
  return std::optional<ArcOutcome>();
}

record::Claim ArcFlow::next_claim(const lot::LotId& lot, const std::optional<StoredClaim>& present,
                                  const Ready& ready, bool owner_lost) const {
  const auto& project = arc_.project->plan.project;
  record::Claim claim;
  if (present) {
    claim = present->claim;
    // A new revision of a source starts its counts anew.
    if (finished(claim.state)) claim.attempts = claim.lostAttempts = 0;
    if (owner_lost) ++claim.lostAttempts;
    ++claim.epoch;
    ++claim.beat;
  } else {
    claim.project = project.name;
    claim.projectVersion = project.version;
    claim.arc = arc_.arc->name;
    claim.lot = lot.to_string();
  }
  claim.state = record::ClaimState::running;
  claim.result.reset();
  claim.owner = services_.self;
  claim.leaseSec = static_cast<std::uint64_t>(arc_.arc->lease.count());
  claim.nonce = services_.ids.next();
  claim.attempt = services_.ids.next();
  claim.declaration = arc_.arc->declaration;
  claim.sources = named(ready);
  claim.startedAt = format_instant(services_.clock.now());
  return claim;
}

Result<ArcFlow::Preparation> ArcFlow::take_claim(const lot::LotId& lot, Ready& ready) {
  const Uri uri = claim_uri(arc_, lot);
  // The claim is read before the sources: a claim that changed since makes the write fail.
  auto present = read_claim(services_.store, uri);
  if (!present) return pass(std::move(present));
  auto found = find_sources(lot);
  if (!found) return pass(std::move(found));
  if (!*found) return Preparation(ArcOutcome(Idle::NotReady));
  ready = std::move(**found);
  bool owner_lost = false;
  if (*present) {
    auto judged = judge_present(**present, ready, owner_lost);
    if (!judged) return pass(std::move(judged));
    if (*judged) return Preparation(**judged);
  } else if (since_ && ready.ready < *since_) {
    return Preparation(ArcOutcome(Idle::NotOwn));
  }
  const record::Claim claim = next_claim(lot, *present, ready, owner_lost);
  auto written =
      write_claim(services_.store, uri, claim,
                  *present ? std::optional((*present)->etag) : std::nullopt, store::Durable::Later);
  if (!written) return pass(std::move(written));
  if (!*written) return Preparation(ArcOutcome(LookAgain{}));
  services_.leases.forget(uri);
  return Preparation(services_.held.hold(services_.store, services_.clock, std::move(**written)));
}

/// After the claim stands the sources are read again: another revision, another claim.
Result<bool> ArcFlow::settle_sources(HeldClaim& held, const lot::LotId& lot, Ready& ready) const {
  for (int attempt = 0; attempt < arc_.project->limits.source_tries; ++attempt) {
    auto again = find_sources(lot);
    if (!again) return pass(std::move(again));
    if (!*again) return fail(FailureCode::NotFound, "a source that was published is gone");
    const auto sources = named(**again);
    ready = std::move(**again);
    if (sources == held.claim().sources) return true;
    auto renamed = held.update([&](record::Claim& claim) { claim.sources = sources; });
    if (!renamed || !*renamed) return renamed;
  }
  return fail(FailureCode::Unavailable, "the sources are being published all the time");
}

Result<ArcOutcome> ArcFlow::run(const lot::LotId& lot) {
  if (!enabled_) return ArcOutcome(Idle::Disabled);
  Ready ready;
  auto prepared = take_claim(lot, ready);
  if (!prepared) return pass(std::move(prepared));
  if (const auto* outcome = std::get_if<ArcOutcome>(&*prepared)) return *outcome;
  const auto held = std::get<std::shared_ptr<HeldClaim>>(*prepared);
  auto outcome = run_claimed(held, lot, ready);
  services_.held.release(held);
  return outcome;
}

Result<ArcOutcome> ArcFlow::run_claimed(const std::shared_ptr<HeldClaim>& held,
                                        const lot::LotId& lot, Ready& ready) {
  auto settled = settle_sources(*held, lot, ready);
  if (!settled) return pass(std::move(settled));
  if (!*settled) return ArcOutcome(Lost{});
  if (held->claim().lostAttempts >= arc_.project->limits.lost_attempts) {
    return fail_attempt(
        *held, lot,
        Failed{
            .code = "LostAttempts",
            .message = format("{} attempts died with their process; look at their "
                              "logs, then: cls retry {} {}",
                              arc_.project->limits.lost_attempts, arc_.arc->name, lot.to_string()),
            .partial = {},
            .tolerated = false,
            .retryable = false});
  }
  // Before a new commit the last one is published, so that a published body is always the last
  // revision or the one before it.
  if (is_behind(held->claim())) {
    auto published = publish_claim(services_.store, arc_, held->uri());
    if (!published) return pass(std::move(published));
    return ArcOutcome(LookAgain{});
  }
  auto outcome = run_workload(*held, lot, ready);
  ready.sources.clear();  // a lot may have a million members
  if (outcome && is_large(*outcome, arc_.project->limits)) give_back_memory();
  if (!outcome) {
    return fail_attempt(*held, lot,
                        Failed{.code = "Store",
                               .message = outcome.error().message,
                               .partial = {},
                               .tolerated = false,
                               .retryable = true});
  }
  if (held->lost()) return ArcOutcome(Lost{});
  if (auto* completed = std::get_if<Completed>(&*outcome)) {
    return commit(*held, lot, std::move(*completed));
  }
  if (const auto* failed = std::get_if<Failed>(&*outcome)) return fail_attempt(*held, lot, *failed);
  return release(*held);
}

Result<RunOutcome> ArcFlow::run_workload(const HeldClaim& held, const lot::LotId& lot,
                                         const Ready& ready) {
  bool all_empty = true;
  bool any_subscribed = false;
  WorkloadContext context{.project = arc_.project->plan,
                          .arc = *arc_.arc,
                          .places = arc_.project->places,
                          .lot = lot,
                          .attempt = held.claim().attempt,
                          .sources = {},
                          .stop = held.stop_token()};
  for (const auto& [role, source] : ready.sources) {
    const auto declared = std::ranges::find(arc_.arc->sources, role,
                                            &std::pair<std::string, model::SourceDataset>::first);
    auto members = services_.sources.members(*arc_.project, source);
    if (!members) return pass(std::move(members));
    const bool subscribed = declared->second.subscribe;
    any_subscribed = any_subscribed || subscribed;
    if (subscribed && source.state != record::ManifestState::empty) all_empty = false;
    context.sources.push_back({.role = role,
                               .dataset = source.dataset,
                               .subscribed = subscribed,
                               .manifest = source.manifest,
                               .state = source.state,
                               .members = std::move(*members),
                               .overwrites = source.overwrites});
  }
  if (any_subscribed && all_empty) {
    Completed empty;
    for (const auto& [role, sink] : arc_.arc->sinks) {
      empty.sinks.push_back({role, record::ManifestState::empty, {}, std::nullopt});
    }
    return RunOutcome(std::move(empty));
  }
  services_.log.debug(
      format("{} {}: attempt {} starts", arc_.to_string(), lot.to_string(), context.attempt),
      arc_.log_fields(lot.to_string(), context.attempt));
  try {
    return services_.workload(*arc_.arc).run(context);
  } catch (const Error& error) {  // the workload supervisor: one attempt ends, not the process
    return RunOutcome(Failed{.code = "Error",
                             .message = error.what(),
                             .partial = {},
                             .tolerated = false,
                             .retryable = true});
  }
}

Result<ArcFlow::Decision> ArcFlow::decide(const record::Claim& claim, const lot::LotId& lot,
                                          Completed completed) const {
  const auto& project = arc_.project->plan.project;
  const auto& places = arc_.project->places;
  const Uri members_uri = places.members(project, arc_.arc->name, lot, claim.attempt);
  Decision decision;
  auto& sinks = decision.sinks;
  std::vector<record::Stored> objects;
  std::vector<record::Stored> manifests;
  bool first = true;
  record::MembersFile file;
  file.report = std::move(completed.report);
  for (auto& output : completed.sinks) {
    const auto declared = std::ranges::find(arc_.arc->sinks, output.role,
                                            &std::pair<std::string, model::SinkDataset>::first);
    if (declared == arc_.arc->sinks.end()) {
      return fail(FailureCode::Invalid,
                  format("the workload wrote an unknown sink '{}'", output.role));
    }
    const auto former = claim.sinks.find(output.role);
    const bool had = former != claim.sinks.end();
    auto state =
        has_members(output) ? record::ManifestState::complete : record::ManifestState::empty;
    // A lot that was once complete stays so, with no member if nothing is left.
    if (had && former->second.state == record::ManifestState::complete) {
      state = record::ManifestState::complete;
    }
    const std::string revision = record::content_revision(output.members);
    file.lines.append(std::move(output.members));
    const Uri manifest = places.manifest(declared->second.id(), lot, state);
    if (had && former->second.revision == revision &&
        former->second.manifest == manifest.to_string()) {
      sinks[output.role] = former->second;  // the same content is the same revision
      first = first && former->second.published;
      continue;
    }
    const std::uint64_t number = had ? former->second.number + 1 : 1;
    first = first && number == 1;
    const Uri private_uri = places.private_manifest(project, arc_.arc->name, claim.attempt,
                                                    declared->second.id(), lot, state);
    const bool from_members = number > 1 || !output.comment;
    auto body = manifest_of_members({}, output.role, lot, state, number);
    if (!from_members) body.comment = output.comment;
    auto stored = manifest_of_listed(private_uri, body, file.lines, output.role,
                                     arc_.project->limits.manifest_part);
    std::optional<std::string> former_attempt;
    if (had) former_attempt = record::attempt_of_members_key(former->second.members).value();
    sinks[output.role] = {.manifest = manifest.to_string(),
                          .state = state,
                          .sha256 = sha256_hex(stored.back().bytes),
                          .members = members_uri.key,
                          .revision = revision,
                          .number = number,
                          .published = false,
                          .former = std::move(former_attempt)};
    std::string bytes = std::move(stored.back().bytes);
    // A manifest that its members file gives is stored once, at its public key.
    if (from_members) {
      stored.pop_back();
    } else {
      stored.back().bytes = bytes;
    }
    manifests.push_back({manifest, std::move(bytes)});
    std::ranges::move(stored, std::back_inserter(objects));
  }
  // Where all is published already there is the state of the arc to be published: whoever finds
  // this commit after its owner died sees that by a sink.
  const auto published = [](const auto& sink) { return sink.second.published; };
  if (!sinks.empty() && std::ranges::all_of(sinks, published)) {
    sinks.begin()->second.published = false;
    decision.revised = false;
  }
  // A role that is declared no more stays at its revision: should it be declared again, its next
  // one follows that.
  for (const auto& [role, sink] : claim.sinks) {
    const auto is_it = [&](const auto& declared) { return declared.first == role; };
    if (std::ranges::none_of(arc_.arc->sinks, is_it)) sinks.emplace(role, sink);
  }
  // Data before members before commit.
  decision.before.push_back({.uri = members_uri, .bytes = record::write_members(file)});
  for (auto& object : objects) {
    decision.before.push_back({.uri = std::move(object.uri), .bytes = std::move(object.bytes)});
  }
  if (first) decision.after = first_publication(arc_, lot, std::move(manifests));
  return decision;
}

Result<ArcOutcome> ArcFlow::commit(HeldClaim& held, const lot::LotId& lot, Completed completed) {
  const auto failed = [&](const Failure& failure) {
    return fail_attempt(held, lot,
                        Failed{.code = "Commit",
                               .message = failure.message,
                               .partial = {},
                               .tolerated = false,
                               .retryable = true});
  };
  auto decision = decide(held.claim(), lot, std::move(completed));
  if (!decision) return failed(decision.error());
  const bool follows = !decision->after.empty();
  const std::string now = format_instant(services_.clock.now());
  auto done = held.commit(
      std::move(decision->before),
      [&](record::Claim& claim) {
        claim.state = record::ClaimState::committed;
        claim.result = record::ClaimResult::complete;
        claim.sinks = decision->sinks;
        claim.owner.reset();
        claim.error.reset();
        if (!claim.committedAt) claim.committedAt = now;
      },
      std::move(decision->after));
  if (done.lost) return ArcOutcome(Lost{});
  if (!done.prepared) return failed(*done.failure);
  if (!done.committed) return tl::unexpected<Failure>(std::move(*done.failure));
  return publish(held, lot, follows && done.followed, decision->revised);
}

/// After a commit: `written` says that its first publication is stored already, `revised` that
/// there is something to tell of.
Result<ArcOutcome> ArcFlow::publish(HeldClaim& held, const lot::LotId& lot, bool written,
                                    bool revised) {
  auto published = publish_held(services_.store, arc_, held, written);
  if (!published) return pass(std::move(published));
  if (revised) announce(published->datasets, lot);
  if (!published->marked) {
    if (auto marked = finish_publication(services_.store, arc_, held); !marked) {
      return pass(std::move(marked));
    }
  }
  auto changed = changed_meanwhile(held, lot);
  if (!changed) return pass(std::move(changed));
  if (*changed) return ArcOutcome(LookAgain{});
  return ArcOutcome(Ended{record::ClaimResult::complete});
}

/// Tells the subscribers of what was published; the claim may name another dataset than the arc has
/// now.
void ArcFlow::announce(const std::vector<model::DatasetId>& datasets, const lot::LotId& lot) const {
  for (const auto& dataset : datasets) {
    services_.events.available(arc_.project->plan.placement, dataset, lot);
  }
}

Result<bool> ArcFlow::changed_meanwhile(const HeldClaim& held, const lot::LotId& lot) const {
  auto again = find_sources(lot);
  if (!again) return pass(std::move(again));
  return *again && named(**again) != held.claim().sources;
}

Result<> ArcFlow::store_partial(const std::string& attempt, const lot::LotId& lot,
                                const Failed& failed) const {
  for (const auto& output : failed.partial) {
    const auto declared = std::ranges::find(arc_.arc->sinks, output.role,
                                            &std::pair<std::string, model::SinkDataset>::first);
    if (declared == arc_.arc->sinks.end() || !has_members(output)) continue;
    const Uri uri = arc_.project->places.manifest(declared->second.id(), lot,
                                                  record::ManifestState::partial, attempt);
    const record::Manifest body{
        .state = record::ManifestState::partial,
        .comment = output.comment ? output.comment : std::optional(failed.message),
        .lotId = lot.to_string(),
        .uriType = record::UriType::identifier,
        .uris = {}};
    auto done = put_all(services_.store, manifest_of_listed(uri, body, output.members, output.role,
                                                            arc_.project->limits.manifest_part));
    if (!done) return done;
  }
  return {};
}

Result<ArcOutcome> ArcFlow::fail_attempt(HeldClaim& held, const lot::LotId& lot,
                                         const Failed& failed) {
  const record::Claim claim = held.claim();
  const std::uint64_t failures = claim.attempts + 1;
  const bool again = failed.retryable && failures < arc_.arc->attempts;
  services_.log.warning(format("{} {}: attempt {} failed ({}): {}", arc_.to_string(),
                               lot.to_string(), claim.attempt, failed.code, failed.message),
                        arc_.log_fields(lot.to_string(), claim.attempt));
  if (auto stored = store_partial(claim.attempt, lot, failed); !stored)
    return pass(std::move(stored));
  const auto result =
      failed.tolerated ? record::ClaimResult::partial : record::ClaimResult::missing;
  auto written = held.update([&](record::Claim& next) {
    next.attempts = failures;
    next.owner.reset();
    next.error = record::ClaimError{failed.code, failed.message, claim.attempt};
    next.state = again ? record::ClaimState::retrying : record::ClaimState::ended;
    if (!again) next.result = result;
  });
  if (!written) return pass(std::move(written));
  if (!*written) return ArcOutcome(Lost{});
  if (again) {
    return ArcOutcome(RetryLater{backoff(arc_.arc->backoff, failures, dice_of(claim.attempt))});
  }
  const auto state = failed.tolerated ? record::ArcState::partial : record::ArcState::missing;
  auto marked = publish_arc_state(services_.store, arc_, lot, state, claim.epoch == 1);
  if (!marked) return pass(std::move(marked));
  return ArcOutcome(Ended{result});
}

/// The process ends in good order: the lot is free at once, and no attempt is counted.
Result<ArcOutcome> ArcFlow::release(HeldClaim& held) {
  auto written = held.update([](record::Claim& claim) {
    claim.state = record::ClaimState::retrying;
    claim.owner.reset();
  });
  if (!written) return pass(std::move(written));
  return ArcOutcome(Idle::Stopped);
}

}  // namespace cls::flow
