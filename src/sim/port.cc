// SPDX-License-Identifier: Apache-2.0
#include "sim/port.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "base/format.h"
#include "base/hash.h"
#include "json/fields.h"

namespace cls::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view dataset_label = "datasets/name=";

tl::unexpected<Failure> unavailable(const Uri& uri) {
  return fail(FailureCode::Unavailable, format("{}: injected fault", uri.to_string()));
}

/// What a store says that fails, or seems to: most of the time that it is passing trouble.
tl::unexpected<Failure> answer_of(const StoreFault* fault, const Uri& uri) {
  FailureCode code = FailureCode::Unavailable;
  if (fault != nullptr && fault->number % 4 == 0) {
    if (fault->kind == FaultKind::ErrorBefore) code = FailureCode::Denied;
    if (fault->kind == FaultKind::ErrorAfter) code = FailureCode::NoSpace;
  }
  return fail(code, format("{}: injected fault", uri.to_string()));
}

std::string text_of(const Failure& failure) {
  switch (failure.code) {
    case FailureCode::NotFound:
      return "not found";
    case FailureCode::Conflict:
      return "conflict";
    case FailureCode::Unavailable:
      return "unavailable";
    default:
      return failure.message;
  }
}

template <class T>
std::string text_of(const Result<T>& result) {
  return result ? "ok" : text_of(result.error());
}

/// What tells the version from others, in a word.
std::string short_version(const record::ObjectVersion& version) {
  if (version.mtime) return version.mtime->substr(11, 9);
  return version.versionId.value_or(version.etag.value_or("").substr(0, 8));
}

/// What a segment decides, in a few words for the trace.
std::string segment_text(std::string_view bytes) {
  const auto segment = record::read_segment(bytes);
  if (!segment) return "";
  std::string text = " {";
  for (const auto& line : segment->lines) {
    text += format(" {} ({}) {} {};", line.uri.substr(line.uri.find("in")),
                   short_version(line.object), json::name_of(line.decision), line.lot);
  }
  for (const auto& lot : segment->head.closes) text += " closes " + lot;
  return text + " }";
}

}  // namespace

StorePort::StorePort(World& world, Process& process)
    : world_(world),
      process_(process),
      plain_(
          world.disk(), process.number(), [&world] { return world.stamp(); }, world.bug()),
      dice_(world.seed(), "port " + process.owner().id) {
  plain_.set_page(world.settings().page);
  plain_.set_etags(world.settings().versions != Versions::File);
  plain_.set_dice([this] { return dice_.chance(0.3); });
}

Effect StorePort::claim_effect(const Uri& uri, std::string_view bytes) const {
  if (process_.name() == "op") return Effect::ClaimOrder;
  const auto& next = world_.oracle().read(bytes);
  const record::Claim* former = world_.oracle().claim(uri);
  if (!next || former == nullptr || next->epoch > former->epoch) return Effect::ClaimTake;
  using enum record::ClaimState;
  if (former->state == running && next->state == committed) return Effect::ClaimCommit;
  if (former->state == running && next->state != running) return Effect::ClaimEnd;
  if (next->sources != former->sources) return Effect::ClaimSources;
  return next->sinks != former->sinks ? Effect::ClaimMark : Effect::ClaimBeat;
}

Effect StorePort::effect_of(const Uri& uri, std::string_view bytes, bool removes) const {
  const std::string& key = uri.key;
  const auto name = record::parse_store_name(uri.bucket);
  if (!name) return Effect::Data;
  if (name->kind == record::StoreKind::Metadata) {
    return key.starts_with("subscriptions/") ? Effect::Subscription : Effect::Metadata;
  }
  if (key.starts_with("arrivals/")) return Effect::Segment;
  if (key.starts_with("members/")) return Effect::Members;
  if (key.starts_with("overwrites/")) return Effect::Overwrites;
  if (key.starts_with("arcs/")) return removes ? Effect::ArcStateRemove : Effect::ArcState;
  if (key.starts_with("claims/")) return claim_effect(uri, bytes);
  if (key.starts_with("attempts/")) {
    return removes ? Effect::PrivateRemove : Effect::PrivateManifest;
  }
  const auto dataset = std::string_view(key).substr(dataset_label.size());
  if (world_.is_arriving(dataset.substr(0, dataset.find('/')))) return Effect::BoundaryManifest;
  if (key.find("/state=removed/") != std::string::npos) return Effect::KeptManifest;
  if (key.find("/state=partial/") != std::string::npos) return Effect::PartialManifest;
  return world_.disk().find(uri) != nullptr ? Effect::PublicReplace : Effect::PublicManifest;
}

Effect StorePort::copy_effect(const Uri& to) const {
  return world_.disk().find(to) != nullptr ? Effect::DataReplace : Effect::Data;
}

Effect StorePort::read_effect(const Uri& uri) {
  const auto name = record::parse_store_name(uri.bucket);
  if (!name) return Effect::ReadData;
  if (name->kind == record::StoreKind::Metadata) return Effect::Read;
  constexpr std::array<std::pair<std::string_view, Effect>, 5> kinds{
      {{"arrivals/", Effect::ReadSegment},
       {"claims/", Effect::ReadClaim},
       {"members/", Effect::ReadMembers},
       {"datasets/", Effect::ReadManifest},
       {"attempts/", Effect::ReadManifest}}};
  const auto* const kind =
      std::ranges::find_if(kinds, [&](const auto& one) { return uri.key.starts_with(one.first); });
  return kind == kinds.end() ? Effect::Read : kind->second;
}

const StoreFault* StorePort::reach(const Call& call) {
  if (world_.watcher() != nullptr && process_.name() != "op") {
    // Who pays for reads asks not of what they are.
    const Effect effect = is_read(call.effect) ? Effect::Read : call.effect;
    world_.watcher()->called(effect, call.conditional, call.uri);
  }
  return world_.reach(call.effect, process_);
}

void StorePort::let_others() {
  if (!dice_.chance(world_.settings().pause_chance)) return;
  process_.pause(dice_.chance(0.05) ? dice_.span(100ms, 3s) : dice_.span(0ms, 30ms));
  // The heartbeat is a thread of its own; here it beats when a workload waits for the store.
  if (process_.heartbeat) process_.heartbeat();
}

/// Half of the slow calls are so before they take effect, the others after it.
void StorePort::be_slow(FaultKind kind) {
  if (kind == FaultKind::Slow) process_.pause(dice_.span(500ms, 12s));
  if (kind == FaultKind::Stall) process_.pause(dice_.span(25s, 3min));
}

void StorePort::crash(const StoreFault& fault, const Call& call) {
  world_.hit(fault, call.effect);
  process_.crash();
}

void StorePort::trace(const Call& call, std::string_view verb, const std::string& result) {
  if (!world_.tracing()) return;
  world_.say(process_, format("{} {} {}: {}", verb, json::name_of(call.effect),
                              call.uri.to_string(), result) +
                           (call.effect == Effect::Segment ? segment_text(call.bytes) : ""));
}

void StorePort::before(const StoreFault* fault, const Call& call) {
  let_others();
  if (fault == nullptr) return;
  if (fault->kind == FaultKind::CrashBefore) crash(*fault, call);
  if (fault->kind == FaultKind::CrashTorn && call.torn) {
    call.torn();
    crash(*fault, call);
  }
  if (fault->number % 2 == 0) be_slow(fault->kind);
  if (fault->kind == FaultKind::Slow || fault->kind == FaultKind::Stall ||
      fault->kind == FaultKind::ErrorBefore || fault->kind == FaultKind::ErrorAfter ||
      fault->kind == FaultKind::Outage) {
    world_.hit(*fault, call.effect);
  }
}

/// Half of the outages begin when the call has had its effect; some of both a few calls later, and
/// some are of this kind of record alone.
bool StorePort::goes_down(const StoreFault* fault, const Call& call, bool took_effect) {
  if (calls_left_ > 0 && !took_effect) {
    --calls_left_;
    if (calls_left_ == 0) world_.go_down(outage());
  }
  if (fault == nullptr || fault->kind != FaultKind::Outage) return false;
  if ((fault->number % 2 == 1) != took_effect) return false;
  if (fault->number % 3 == 0) {
    calls_left_ = 1 + fault->number / 3 % 12;
    return false;
  }
  if (fault->number % 3 == 1) {
    const bool alone = dice_.chance(0.5);
    world_.block(call.effect, dice_.span(1s, alone ? 15min : 5min), alone ? &process_ : nullptr);
  } else {
    world_.go_down(outage());
  }
  return true;
}

/// All tries of a call are made within a moment.
std::chrono::nanoseconds StorePort::outage() {
  return dice_.chance(0.5) ? dice_.span(50ms, 1s) : dice_.span(1s, 40s);
}

/// The change is there for all to see; its writer does not know yet.
void StorePort::after(const StoreFault* fault, const Call& call) {
  if (fault != nullptr && fault->kind == FaultKind::CrashAfter) crash(*fault, call);
  if (fault != nullptr && fault->number % 2 == 1) be_slow(fault->kind);
  let_others();
}

template <class Act>
auto StorePort::read(Effect effect, const Uri& uri, Act&& act) -> decltype(act()) {
  if (process_.dying()) return unavailable(uri);
  const Call call{.effect = effect, .uri = uri};
  const StoreFault* fault = reach(call);
  before(fault, call);
  const bool hit = fault != nullptr &&
                   (fault->kind == FaultKind::ErrorBefore || fault->kind == FaultKind::ErrorAfter);
  goes_down(fault, call, false);
  const bool fails = hit || world_.store_is_down(call.effect, process_);
  if (fails) {
    trace(call, "read", "unavailable");
    return fault != nullptr && fault->kind == FaultKind::ErrorBefore ? answer_of(fault, uri)
                                                                     : unavailable(uri);
  }
  auto result = act();
  after(fault, call);
  goes_down(fault, call, true);
  return result;
}

void StorePort::settle() {
  if (in_flight_ != 0) world_.disk().settle(std::exchange(in_flight_, 0));
}

/// A port that is not atomic: half of a new object is there for a while, and after a crash.
void StorePort::put_in_halves(const Call& call) {
  if (call.bytes.empty() || world_.disk().find(call.uri) != nullptr || !dice_.chance(0.2)) return;
  plain_.put_half(call.uri, call.bytes);
  const std::string half = world_.disk().find(call.uri)->etag;
  process_.pause(50ms);
  static_cast<void>(plain_.replace_if(call.uri, half, call.bytes));  // then nothing else wrote it
  world_.disk().settle(plain_.last_change());
}

template <class Act>
auto StorePort::change(const Call& call, Act&& act) -> decltype(act()) {
  if (process_.dying()) {
    world_.oracle().violated(
        5, format("{} was written by a process that had crashed", call.uri.to_string()));
    return unavailable(call.uri);
  }
  const StoreFault* fault = reach(call);
  before(fault, call);
  const bool hit = fault != nullptr && fault->kind == FaultKind::ErrorBefore;
  goes_down(fault, call, false);
  if (hit || world_.store_is_down(call.effect, process_)) {
    trace(call, "write", "unavailable");
    return answer_of(fault, call.uri);
  }
  if constexpr (std::is_same_v<decltype(act()), Result<std::string>>) {
    if (world_.bug() == PortBug::AnswerInvented && !world_.healed() && dice_.chance(0.02)) {
      trace(call, "write", "answer invented");
      return md5_hex(call.bytes);
    }
  }
  world_.disk().settle_later(process_.number());
  if (world_.bug() == PortBug::TornPut) put_in_halves(call);
  plain_.set_later(call.durable == store::Durable::Later);
  auto result = act();
  if (plain_.last_change() != 0 && call.durable == store::Durable::Now) {
    in_flight_ = plain_.last_change();
  }
  trace(call, "write", text_of(result));
  after(fault, call);
  if (!call.in_group) settle();
  if (goes_down(fault, call, true) || (fault != nullptr && fault->kind == FaultKind::ErrorAfter)) {
    trace(call, "write", "answer lost");
    world_.answer_lost(call.uri);
    return answer_of(fault, call.uri);
  }
  return result;
}

Result<store::Object> StorePort::get(const Uri& uri, const store::Range& range) {
  if (!process_.dying()) world_.about_to_read(uri);
  return read(read_effect(uri), uri, [&] { return plain_.get(uri, range); });
}

Result<store::ObjectInfo> StorePort::get_pieces(const Uri& uri,
                                                const std::function<void(std::string_view)>& take) {
  return read(read_effect(uri), uri, [&] { return plain_.get_pieces(uri, take); });
}

Result<store::ObjectInfo> StorePort::head(const Uri& uri) {
  return read(read_effect(uri), uri, [&] { return plain_.head(uri); });
}

Result<store::ListPage> StorePort::list(const store::ListRequest& request) {
  return read(Effect::List, request.prefix, [&] { return plain_.list(request); });
}

Result<std::string> StorePort::put(const Uri& uri, std::string_view bytes) {
  return change({.effect = effect_of(uri, bytes, false), .uri = uri, .bytes = bytes},
                [&] { return plain_.put(uri, bytes); });
}

Result<std::string> StorePort::put_if_absent(const Uri& uri, std::string_view bytes) {
  return write_one({.uri = uri, .bytes = std::string(bytes)}, false, {});
}

Result<std::string> StorePort::replace_if(const Uri& uri, std::string_view etag,
                                          std::string_view bytes) {
  return write_one({.uri = uri, .bytes = std::string(bytes), .etag = std::string(etag)}, false, {});
}

Result<std::string> StorePort::write_one(const store::Write& write, bool in_group,
                                         std::function<void()> torn) {
  if (!process_.dying()) world_.about_to_write(write.uri);
  return change({.effect = effect_of(write.uri, write.bytes, false),
                 .uri = write.uri,
                 .conditional = true,
                 .durable = write.durable,
                 .in_group = in_group,
                 .bytes = write.bytes,
                 .torn = std::move(torn)},
                [&] {
                  return write.etag ? plain_.replace_if(write.uri, *write.etag, write.bytes)
                                    : plain_.put_if_absent(write.uri, write.bytes);
                });
}

/// Does some of a step's writes, as a group of files may be found after its process was killed.
void StorePort::tear(std::span<const store::Write> step) {
  world_.disk().settle_later(process_.number());
  for (const auto& write : step) {
    if (dice_.chance(0.5)) continue;
    plain_.set_later(write.durable == store::Durable::Later);
    const auto done = write.etag ? plain_.replace_if(write.uri, *write.etag, write.bytes)
                                 : plain_.put_if_absent(write.uri, write.bytes);
    trace({.effect = effect_of(write.uri, write.bytes, false), .uri = write.uri}, "torn write",
          text_of(done));
  }
}

std::vector<store::WriteResults> StorePort::write(const std::vector<store::WriteStep>& steps) {
  std::vector<store::WriteResults> done;
  for (const auto& step : steps) {
    auto& results = done.emplace_back();
    bool failed = false;
    for (std::size_t i = 0; i < step.size(); ++i) {
      std::function<void()> torn;
      if (step.size() > 1) torn = [this, &step, i] { tear(std::span(step).subspan(i)); };
      results.push_back(write_one(step[i], true, std::move(torn)));
      failed = failed || !results.back();
    }
    settle();
    if (failed) break;
  }
  return done;
}

Result<> StorePort::delete_if(const Uri& uri, std::string_view etag) {
  return change({.effect = effect_of(uri, "", true), .uri = uri, .conditional = true},
                [&] { return plain_.delete_if(uri, etag); });
}

Result<> StorePort::remove(const Uri& uri, store::Durable durable) {
  return change({.effect = effect_of(uri, "", true), .uri = uri, .durable = durable},
                [&] { return plain_.remove(uri); });
}

Result<store::ObjectInfo> StorePort::copy_if_absent(const Uri& from, const Uri& to) {
  return change({.effect = copy_effect(to), .uri = to, .conditional = true},
                [&] { return plain_.copy_if_absent(from, to); });
}

Result<store::ObjectInfo> StorePort::copy_if(const Uri& from, const Uri& to,
                                             std::string_view etag) {
  return change({.effect = copy_effect(to), .uri = to, .conditional = true},
                [&] { return plain_.copy_if(from, to, etag); });
}

}  // namespace cls::sim
