// SPDX-License-Identifier: Apache-2.0
// World: from its beginning until it is at rest, and is judged.
#include <algorithm>

#include "base/error.h"
#include "base/format.h"
#include "flow/checker.h"
#include "sim/engine.h"
#include "sim/world.h"

namespace cls::sim {

namespace {

using namespace std::chrono_literals;

/// A world that has not come to rest so long after its last fault never does.
constexpr nanoseconds usual_longest_healing = 12h;

}  // namespace

/// From now on nothing goes wrong, and everything is switched on.
void World::heal() {
  healed_ = true;
  heal_at_ = time_.monotonic;
  log("---", "healed");
  for (auto& process : processes_) {
    if (!process->alive()) process->set_wake_at(time_.monotonic);
  }
  if (!options_.judged) return;  // nothing was switched off
  outsider_.mend_all();
  meddler_->end();
  orders_.push_back({.kind = StepKind::Redeploy, .name = back_again});
  const auto& plan = planned().projects().front()->plan;
  for (const auto& boundary : plan.boundaries) {
    orders_.push_back({.kind = StepKind::Enable, .name = boundary.name});
  }
  for (const auto& arc : plan.arcs) {
    orders_.push_back({.kind = StepKind::Enable, .name = arc.name});
  }
  processes_.back()->wake(time_.monotonic);
}

bool World::at_rest() const {
  // After two sweeps what no event told of has been found.
  const nanoseconds rest =
      settings().rest > 0s ? settings().rest : 2 * settings().sweep + nanoseconds(2min);
  if (!healed_ || time_.monotonic < heal_at_ + rest) return false;
  if (!orders_.empty() || !messages_.empty()) return false;
  const auto idle = [](const auto& process) { return process->alive() && process->idle(); };
  if (!std::ranges::all_of(processes_, idle)) return false;
  std::set<std::string> arcs;
  for (const auto& ref : deployment().arcs()) arcs.insert(ref.to_string());
  const auto empty = [&](const auto& queue) { return queue.empty_of(arcs); };
  if (!std::ranges::all_of(queues_, empty)) return false;
  return std::ranges::all_of(
      engines_, [](const Engine* engine) { return engine == nullptr || engine->at_rest(); });
}

/// True for a claim with an order that nobody can carry out, because a source is not there any
/// more: Operator::replay writes it into the claim as it is. That it waits although its sources are
/// there, the oracle has said before.
bool World::replayed(const std::string& uri) const {
  const auto parsed = Uri::parse(uri);
  const record::Claim* claim = parsed ? oracle_.claim(*parsed) : nullptr;
  return claim != nullptr && claim->state == record::ClaimState::retrying;
}

void World::audit(store::ObjectStore& store) {
  flow::Checker checker(store, deployment(),
                        {.now = time_.wall(), .deep = true, .since = {}, .settled = true});
  const auto report = checker.run();
  if (!report) return oracle_.violated(6, "audit: " + report.error().message);
  for (const auto& found : report->violations) {
    // docs/audit.md: whoever deleted a member has to restore it; no engine can.
    if (found.promise == 1 && oracle_.deleted_outside(found.uri.value_or(""))) continue;
    // The ledger rightly knows nothing of it.
    if (found.promise == 1 && oracle_.is_older(found.uri.value_or(""))) continue;
    if (found.promise == 3 && replayed(found.uri.value_or(""))) continue;
    oracle_.violated(found.promise,
                     format("audit: {} {} {}: {}", found.arc.value_or(""), found.lot.value_or(""),
                            found.uri.value_or(""), found.message));
  }
  report_.lots = report->promises[0].lots;
  report_.claims = report->promises[3].lots;
}

void World::finish() {
  const bool at_rest = this->at_rest();
  end_all();
  PlainStore store(disk_, -1, [this] { return stamp(); });
  if (options_.judged) oracle_.judge(store, deployment());
  if (options_.audited && at_rest) audit(store);
}

void World::tell_watcher() {
  if (options_.watcher == nullptr) return;
  end_all();
  PlainStore store(disk_, -1, [this] { return stamp(); });
  options_.watcher->ended(*this, store);
}

RunReport World::run() {
  try {
    processes_.back()->set_wake_at(0s);
    while (!(processes_.back()->alive() && processes_.back()->idle())) step();
    begun_ = true;
    if (settings().outage > 0s) messages_.emplace(settings().outage_at, [this] { outage(); });
    for (auto& process : processes_) {
      if (!process->alive()) process->set_wake_at(time_.monotonic + dice_.span(0s, 2s));
    }
    while (!at_rest() && oracle_.violations().empty()) {
      const bool over =
          next_step_ >= script_.steps.size() && next_time() >= settings().length && !healed_;
      if (over) heal();
      const nanoseconds longest =
          settings().longest_healing > 0s ? settings().longest_healing : usual_longest_healing;
      if (healed_ && time_.monotonic > heal_at_ + longest) {
        if (!options_.judged) break;  // who watches sees what is left
        std::string waiting;
        for (const auto& queue : queues_) waiting += queue.to_string();
        oracle_.violated(5, format("the world does not come to rest; waiting: {}", waiting));
        break;
      }
      step();
    }
    if (oracle_.violations().empty()) finish();
    tell_watcher();
  } catch (const Error& error) {
    oracle_.violated(5, error.what());
  }
  report_.virtual_time = time_.monotonic;
  report_.violations = oracle_.violations();
  for (const auto& violation : report_.violations) log("***", violation);
  return std::move(report_);
}

}  // namespace cls::sim
