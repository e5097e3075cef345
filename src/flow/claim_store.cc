// SPDX-License-Identifier: Apache-2.0
#include "flow/claim_store.h"

#include "base/format.h"
#include "flow/conditional.h"

namespace cls::flow {

namespace {

Failure other_bytes(const Uri& uri) {
  return {FailureCode::Conflict, format("{} is there already with other bytes", uri.to_string())};
}

/// What is wrong with a name in the claim; nullopt where all can be read, so that nobody who has a
/// claim need ask.
std::optional<std::string> wrong_name(const record::Claim& claim) {
  if (auto lot = lot::LotId::parse(claim.lot); !lot) return std::move(lot).error().message;
  for (const auto& [role, sink] : claim.sinks) {
    const auto uri = Uri::parse(sink.manifest);
    if (!uri) return uri.error().message;
    const auto key = record::parse_manifest_key(uri->key);
    if (!key) return key.error().message;
    if (!key->state) return "no manifest: " + sink.manifest;
    const auto attempt = record::attempt_of_members_key(sink.members);
    if (!attempt) return attempt.error().message;
  }
  return std::nullopt;
}

}  // namespace

Uri claim_uri(const ArcRef& arc, const lot::LotId& lot) {
  return arc.project->places.claim(arc.project->plan.project, arc.arc->name, lot);
}

Result<std::optional<StoredClaim>> read_claim(store::ObjectStore& store, const Uri& uri) {
  auto object = get_if_present(store, uri);
  if (!object) return pass(std::move(object));
  if (!*object) return std::optional<StoredClaim>();
  auto claim = json::read_record<record::Claim>((*object)->bytes);
  if (!claim) {
    return fail(FailureCode::Invalid,
                format("claim {}: {}", uri.to_string(), claim.error().message));
  }
  if (claim->version != 1) {
    return fail(FailureCode::Unsupported,
                format("claim {} has format version {}; this cls knows 1: use a newer cls",
                       uri.to_string(), claim->version));
  }
  if (const auto wrong = wrong_name(*claim)) {
    return fail(FailureCode::Invalid, format("claim {}: {}", uri.to_string(), *wrong));
  }
  return std::optional(StoredClaim{uri, std::move(*claim), (*object)->info.etag});
}

Result<std::optional<StoredClaim>> write_claim(store::ObjectStore& store, const Uri& uri,
                                               const record::Claim& claim,
                                               const std::optional<std::string>& etag,
                                               store::Durable durable) {
  auto done = write_or_read(
      store,
      {{{.uri = uri, .bytes = json::write_record(claim), .etag = etag, .durable = durable}}});
  if (done.failure) return tl::unexpected<Failure>(std::move(*done.failure));
  if (!done.ours(0)) return std::optional<StoredClaim>();
  return std::optional(StoredClaim{uri, claim, std::move(done.steps[0][0].etag)});
}

Result<> for_each_claim(store::ObjectStore& store, const ArcRef& arc,
                        const std::function<void(const StoredClaim&)>& take,
                        const std::function<void(const Uri&, const Failure&)>& broken) {
  const Uri prefix = arc.project->places.claims_prefix(arc.project->plan.project, arc.arc->name);
  auto listed = store::for_each_object(store, prefix, [&](const store::ObjectInfo& info) {
    auto stored = read_claim(store, info.uri);
    if (!stored) {
      broken(info.uri, stored.error());
    } else if (*stored) {
      take(**stored);
    }
  });
  if (!listed && listed.error().code != FailureCode::NotFound) return listed;
  return {};
}

HeldClaim::HeldClaim(store::ObjectStore& store, const Clock& clock, StoredClaim stored)
    : store_(store),
      clock_(clock),
      uri_(std::move(stored.uri)),
      claim_(std::move(stored.claim)),
      etag_(std::move(stored.etag)),
      lease_(claim_.leaseSec),
      written_(clock.monotonic()) {}

record::Claim HeldClaim::claim() const {
  const std::lock_guard lock(mutex_);
  return claim_;
}

void HeldClaim::lose() {
  lost_ = true;
  stop_.request_stop();
}

/// Writes of this holder's may have taken effect though their answers were failures: then what is
/// there is still its own. A nonce is of one epoch and one owner; others who change a running claim
/// do nothing but mark its sinks.
Result<std::optional<StoredClaim>> HeldClaim::write_after_own(record::Claim& next) {
  auto present = read_claim(store_, uri_);
  if (!present) return pass(std::move(present));
  if (!*present) return std::optional<StoredClaim>();
  const record::Claim& there = (*present)->claim;
  const bool own = there.nonce == claim_.nonce && there.state == record::ClaimState::running &&
                   there.sinks == claim_.sinks;
  if (!own) return std::optional<StoredClaim>();
  next.beat = there.beat + 1;
  return write_claim(store_, uri_, next, (*present)->etag);
}

Result<bool> HeldClaim::update(const std::function<void(record::Claim&)>& change) {
  const std::lock_guard lock(mutex_);
  return write(change);
}

Result<bool> HeldClaim::write(const std::function<void(record::Claim&)>& change) {
  auto done = write({}, change, {});
  if (done.lost || done.committed) return done.committed;
  return tl::unexpected<Failure>(std::move(*done.failure));
}

HeldClaim::Commit HeldClaim::commit(store::WriteStep before,
                                    const std::function<void(record::Claim&)>& change,
                                    store::WriteStep after) {
  const std::lock_guard lock(mutex_);
  return write(std::move(before), change, std::move(after));
}

/// With mutex_ held.
HeldClaim::Commit HeldClaim::write(store::WriteStep before,
                                   const std::function<void(record::Claim&)>& change,
                                   store::WriteStep after) {
  Commit result;
  result.lost = lost_;
  if (lost_) return result;
  const auto begun = clock_.monotonic();
  record::Claim next = claim_;
  change(next);
  ++next.beat;
  std::vector<Uri> before_uris;
  for (const auto& one : before) before_uris.push_back(one.uri);
  std::vector<store::WriteStep> steps(3);
  steps[0] = std::move(before);
  steps[1].push_back({.uri = uri_, .bytes = json::write_record(next), .etag = etag_});
  steps[2] = std::move(after);
  auto done = write_or_read(store_, std::move(steps));
  result.failure = std::move(done.failure);
  result.prepared = done.ours(0);
  if (!done.steps.empty()) {
    for (std::size_t i = 0; i < before_uris.size(); ++i) {
      if (!done.steps[0][i].ours) result.failure = other_bytes(before_uris[i]);
    }
  }
  if (done.steps.size() < 2) return result;
  result.committed = done.ours(1);
  std::string etag = std::move(done.steps[1].front().etag);
  if (!result.committed) {
    auto written = write_after_own(next);
    if (!written) result.failure = written.error();
    if (written && !*written) {
      lose();
      result.lost = true;
    }
    result.committed = written && *written;
    if (result.committed) etag = std::move((*written)->etag);
  }
  if (!result.committed) return result;
  claim_ = std::move(next);
  etag_ = std::move(etag);
  written_ = begun;
  result.followed = done.ours(2);
  return result;
}

bool HeldClaim::judge() {
  if (lost_) return false;
  const auto age = clock_.monotonic() - written_.load();
  // An owner stops before anybody may judge its lease expired.
  if (age * 3 >= lease_ * 2) lose();
  return !lost_ && age * 3 >= lease_;
}

void HeldClaim::keep() {
  if (!judge()) return;
  {
    // A write that is under way is as good as a beat.
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return;
    static_cast<void>(write([](record::Claim&) {}));
  }
  judge();
}

std::shared_ptr<HeldClaim> HeldClaims::hold(store::ObjectStore& store, const Clock& clock,
                                            StoredClaim stored) {
  auto held = std::make_shared<HeldClaim>(store, clock, std::move(stored));
  const std::lock_guard lock(mutex_);
  held_[held->uri()] = held;
  if (stopping_) held->request_stop();
  return held;
}

void HeldClaims::release(const std::shared_ptr<HeldClaim>& held) {
  const std::lock_guard lock(mutex_);
  held_.erase(held->uri());
}

bool HeldClaims::holds(const Uri& uri) const {
  const std::lock_guard lock(mutex_);
  return held_.contains(uri);
}

bool HeldClaims::judge_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [uri, held] : held_) {
    if (held->judge() && beating_.insert(held.get()).second) due_.push_back(held);
  }
  return !due_.empty();
}

bool HeldClaims::beat_one() {
  std::unique_lock lock(mutex_);
  if (due_.empty()) return false;
  const auto held = std::move(due_.front());
  due_.pop_front();
  lock.unlock();
  held->keep();
  lock.lock();
  beating_.erase(held.get());
  return true;
}

void HeldClaims::request_stop_all() {
  std::vector<std::shared_ptr<HeldClaim>> all;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [uri, held] : held_) all.push_back(held);
  }
  for (const auto& held : all) held->request_stop();
}

bool LeaseWatch::expired(const StoredClaim& stored) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  auto& sighting = seen_[stored.uri];
  if (sighting.etag != stored.etag) {
    sighting = {stored.etag, now};
    return false;
  }
  return now - sighting.since >= std::chrono::seconds(stored.claim.leaseSec);
}

void LeaseWatch::forget(const Uri& uri) {
  const std::lock_guard lock(mutex_);
  seen_.erase(uri);
}

}  // namespace cls::flow
