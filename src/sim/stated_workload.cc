// SPDX-License-Identifier: Apache-2.0
#include "sim/stated_workload.h"

#include <algorithm>
#include <variant>

#include "base/format.h"
#include "base/hash.h"

namespace cls::sim {

namespace {

using namespace std::chrono_literals;

/// The heart beats at least so often, as far as it has to.
constexpr nanoseconds slice = 5s;

/// Commands are ended at their time limit; copies have none.
std::optional<nanoseconds> limit_of(const model::ArcPlan& arc) {
  if (!std::holds_alternative<model::CommandPlan>(arc.workload)) return std::nullopt;
  return arc.timeout;
}

}  // namespace

/// False once the attempt is asked to stop.
bool StatedWorkload::pass_time(const flow::WorkloadContext& context, nanoseconds span) {
  for (nanoseconds left = span; left > 0s && !context.stop.stop_requested(); left -= slice) {
    Process& process = world_.current();
    process.pause(std::min(left, slice));
    world_.beat();
  }
  return !context.stop.stop_requested();
}

/// The same bytes whichever attempt writes them; nothing for a lot without objects.
Result<flow::SinkOutput> StatedWorkload::make(const flow::WorkloadContext& context,
                                              const std::string& role,
                                              const model::SinkDataset& sink) {
  std::size_t members = 0;
  for (const auto& source : context.sources) members += source.members.size();
  flow::SinkOutput output{.role = role, .state = {}, .members = {}, .comment = {}};
  if (members == 0) {
    output.state = record::ManifestState::empty;
    return output;
  }
  const std::string lot = context.lot.to_string();
  const std::string bytes = format("{} of {} objects", lot, members);
  const Uri uri = sink.path().child(lot + ".out");
  auto written = store_.put_if_absent(uri, bytes);
  if (!written && written.error().code != FailureCode::Conflict) return pass(std::move(written));
  record::MemberLine line;
  line.role = role;
  line.uri = uri.to_string();
  line.size = bytes.size();
  line.etag = md5_hex(bytes);
  line.sha256 = sha256_hex(bytes);
  output.members.push_back(line);
  return output;
}

flow::RunOutcome StatedWorkload::run(const flow::WorkloadContext& context) {
  auto& counts = counts_[context.project.project.to_string() + " " + context.arc.name];
  ++counts.started;
  counts.lots.insert(context.lot);
  nanoseconds span = dice_.span(stated_.duration / 2, stated_.duration + stated_.duration / 2);
  const bool fails = dice_.chance(stated_.failure_rate);
  const auto limit = limit_of(context.arc);
  const bool too_long = limit && span > *limit;
  if (too_long) span = *limit;
  if (!pass_time(context, span)) return flow::Stopped{};
  if (fails || too_long) {
    ++counts.failed;
    return flow::Failed{.code = too_long ? "Timeout" : "Exit",
                        .message = too_long ? "it took longer than timeoutMin" : "exit 1",
                        .partial = {}};
  }
  flow::Completed completed;
  for (const auto& [role, sink] : context.arc.sinks) {
    auto output = make(context, role, sink);
    if (!output) {
      ++counts.failed;
      return flow::Failed{.code = "Store", .message = output.error().message, .partial = {}};
    }
    completed.sinks.push_back(std::move(*output));
  }
  return completed;
}

}  // namespace cls::sim
