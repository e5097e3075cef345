// SPDX-License-Identifier: Apache-2.0
#include "flow/arc_flow.h"

#include <algorithm>

#include "base/error.h"
#include "base/format.h"
#include "base/memory.h"
#include "flow/publisher.h"
#include "record/manifest.h"

namespace cls::flow {

namespace {

bool finished(record::ClaimState state) {
  return state == record::ClaimState::committed || state == record::ClaimState::ended;
}

/// Whether a workload made more members than a usual segment has lines.
bool is_large(const RunOutcome& outcome, const Limits& limits) {
  const auto* completed = std::get_if<Completed>(&outcome);
  return completed != nullptr && std::ranges::any_of(completed->sinks, [&](const auto& output) {
           return output.members.size() > limits.segment_lines;
         });
}

}  // namespace

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

}  // namespace cls::flow
