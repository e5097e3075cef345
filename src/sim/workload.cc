// SPDX-License-Identifier: Apache-2.0
#include "sim/workload.h"

#include <algorithm>

#include "base/error.h"
#include "base/format.h"
#include "base/hash.h"

namespace cls::sim {

namespace {
using namespace std::chrono_literals;
constexpr nanoseconds slice = 2s;

flow::SinkOutput of_no_sink() {
  return {.role = "none", .members = {}, .comment = std::nullopt};
}

}  // namespace

SimWorkload::SimWorkload(World& world, Process& process, store::ObjectStore& store)
    : world_(world),
      process_(process),
      store_(store),
      copy_(store),
      dice_(world.seed(), "work " + process.owner().id) {}

/// Takes its time, and beats; false once it is asked to stop.
bool SimWorkload::work(const flow::WorkloadContext& context) {
  nanoseconds left = dice_.span(0s, world_.settings().work);
  while (left > 0s && !context.stop.stop_requested()) {
    process_.pause(std::min(left, slice));
    left -= slice;
    if (process_.heartbeat) process_.heartbeat();
  }
  return !context.stop.stop_requested();
}

std::optional<flow::RunOutcome> SimWorkload::fails(const flow::WorkloadContext& context) {
  if (world_.healed() || !dice_.chance(world_.settings().failure_rate)) return std::nullopt;
  if (dice_.chance(0.1)) throw Error("the workload threw");
  flow::Failed failed{.code = "Exit", .message = "exit 1", .partial = {}};
  failed.retryable = !dice_.chance(world_.settings().final_rate);
  failed.tolerated = dice_.chance(world_.settings().tolerated_rate);
  if (dice_.chance(0.5)) {
    auto made = copy_.run(context);
    if (auto* completed = std::get_if<flow::Completed>(&made)) {
      failed.partial = std::move(completed->sinks);
      for (auto& output : failed.partial) {
        if (dice_.chance(0.2)) output.comment = "made in part";
        if (dice_.chance(0.2)) output.members = {};
      }
      if (dice_.chance(0.2)) failed.partial.push_back(of_no_sink());
    }
  }
  return failed;
}

/// An object that no other attempt writes, so that each attempt makes another revision.
Result<> SimWorkload::add_own_member(const flow::WorkloadContext& context,
                                     flow::SinkOutput& output) {
  const auto sink = std::ranges::find(context.arc.sinks, output.role,
                                      &std::pair<std::string, model::SinkDataset>::first);
  const Uri uri = sink->second.path().child(format("own/{}.txt", context.attempt));
  const std::string bytes = format("of {}", context.attempt);
  auto written = store_.put_if_absent(uri, bytes);
  if (!written && written.error().code != FailureCode::Conflict) return pass(std::move(written));
  record::MemberLine line;
  line.role = output.role;
  line.uri = uri.to_string();
  line.size = bytes.size();
  line.etag = md5_hex(bytes);
  line.sha256 = sha256_hex(bytes);
  output.members.push_back(line);
  return {};
}

flow::RunOutcome SimWorkload::attempt(const flow::WorkloadContext& context) {
  if (auto failed = fails(context)) return std::move(*failed);
  auto outcome = copy_.run(context);
  auto* completed = std::get_if<flow::Completed>(&outcome);
  if (completed == nullptr) return outcome;
  if (dice_.chance(world_.settings().empty_rate)) {
    const auto listed = [](const record::MemberLine& line) { return !line.vanished; };
    for (auto& output : completed->sinks) output.members.erase_if(listed);
    return outcome;
  }
  // Of a sink that the arc does not have.
  if (!world_.healed() && dice_.chance(0.1 * world_.settings().failure_rate)) {
    completed->sinks.push_back(of_no_sink());
  }
  for (auto& output : completed->sinks) {
    if (output.role == "none") continue;
    if (dice_.chance(world_.settings().comment_rate)) output.comment = "made in simulation";
    // Listed twice.
    if (!output.members.empty() && dice_.chance(0.02)) output.members.push_back(output.members[0]);
    if (!world_.settings().attempts_differ) continue;
    if (auto added = add_own_member(context, output); !added) {
      return flow::Failed{.code = "Copy", .message = added.error().message, .partial = {}};
    }
  }
  return outcome;
}

flow::RunOutcome SimWorkload::run(const flow::WorkloadContext& context) {
  world_.say(process_, format("works on {} {}, attempt {}", context.arc.name,
                              context.lot.to_string(), context.attempt));
  if (!work(context)) return flow::Stopped{};
  auto outcome = attempt(context);
  if (const auto* failed = std::get_if<flow::Failed>(&outcome)) {
    world_.oracle().attempt_failed(context.attempt, failed->retryable);
  }
  return outcome;
}

}  // namespace cls::sim
