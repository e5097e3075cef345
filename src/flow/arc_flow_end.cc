// SPDX-License-Identifier: Apache-2.0
// ArcFlow: how an attempt ends: its commit and publication, or its failure.
#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "base/hash.h"
#include "flow/arc_flow.h"
#include "flow/conditional.h"
#include "flow/publisher.h"
#include "record/manifest.h"

namespace cls::flow {

namespace {

double dice_of(const std::string& ulid) {
  // The ULID's random part is dice enough, and keeps a simulated run repeatable.
  const std::string hex = sha256_hex(ulid).substr(0, 8);
  return static_cast<double>(std::stoul(hex, nullptr, 16)) / 4294967296.0;
}

bool has_members(const SinkOutput& output) {
  return std::ranges::any_of(output.members, [](const auto& line) { return !line.vanished; });
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
