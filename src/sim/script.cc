// SPDX-License-Identifier: Apache-2.0
#include "sim/script.h"

#include "base/format.h"

namespace cls::sim {

namespace {

double seconds_of(nanoseconds span) {
  return std::chrono::duration<double>(span).count();
}

std::string describe(const Step& step) {
  std::string text = format("{:.3f} s: {}", seconds_of(step.at), json::name_of(step.kind));
  if (!step.name.empty()) text += " " + step.name;
  if (step.kind == StepKind::Put) text += format(" ({} bytes)", step.bytes.size());
  if (step.amount.count() != 0) text += format(" by {:.3f} s", seconds_of(step.amount));
  if (step.kind == StepKind::Kill || step.kind == StepKind::Restart) {
    text += format(" process {}", step.which + 1);
  }
  return text;
}

}  // namespace

std::string version_id(Instant modified) {
  return format("v{}", modified.time_since_epoch().count());
}

Script without(Script script, const std::set<unsigned>& numbers) {
  const auto gone = [&](const auto& one) { return numbers.contains(one.number); };
  std::erase_if(script.steps, gone);
  std::erase_if(script.store_faults, gone);
  std::erase_if(script.bus_faults, gone);
  return script;
}

std::string describe(const Script& script, unsigned number) {
  for (const auto& step : script.steps) {
    if (step.number == number) return describe(step);
  }
  for (const auto& fault : script.store_faults) {
    if (fault.number != number) continue;
    return format("{} of '{}', the {}. time", json::name_of(fault.kind),
                  json::name_of(fault.effect), fault.occurrence);
  }
  for (const auto& fault : script.bus_faults) {
    if (fault.number != number) continue;
    return format("{} {} is {}", json::name_of(fault.message), fault.occurrence,
                  json::name_of(fault.kind));
  }
  return "nothing";
}

}  // namespace cls::sim
