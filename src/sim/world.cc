// SPDX-License-Identifier: Apache-2.0
#include "sim/world.h"

#include <algorithm>
#include <ranges>

#include "base/error.h"
#include "base/format.h"
#include "base/hash.h"
#include "sim/engine.h"
#include "sim/operator.h"

namespace cls::sim {

namespace {

using namespace std::chrono_literals;

template <class E>
std::size_t index_of(E value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

void Hits::add(const Hits& more) {
  const auto add_all = [](auto& to, const auto& from) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
  };
  for (std::size_t i = 0; i < faults.size(); ++i) add_all(faults[i], more.faults[i]);
  for (std::size_t i = 0; i < messages.size(); ++i) add_all(messages[i], more.messages[i]);
  add_all(effects, more.effects);
  add_all(steps, more.steps);
}

World::World(const Script& script, const RunOptions& options)
    : script_(script),
      options_(options),
      oracle_(time_, options.judged,
              {.lives = [this](const std::string& owner) { return lives(owner); },
               .owner_of = [this](int writer) { return owner_of(writer); },
               .find = [this](const Uri& uri) { return disk_.find(uri); }}),
      disk_([this](const Change& change) { oracle_.changed(change); },
            [this](const Change& change) { oracle_.undone(change, power_); }),
      dice_(script.seed, "world") {
  time_.start = script.settings.start;
  for (const auto& plan : script.settings.projects) {
    std::vector<std::unique_ptr<const flow::Deployed>> projects;
    projects.push_back(std::make_unique<const flow::Deployed>(plan, script.settings.limits));
    for (const auto& other : script.settings.beside) {
      projects.push_back(std::make_unique<const flow::Deployed>(other, script.settings.limits));
    }
    deployments_.push_back(std::make_unique<flow::Deployment>(std::move(projects)));
  }
  for (const auto& deployment : deployments_) {
    for (const auto& ref : deployment->boundaries()) arriving_.insert(ref.boundary->dataset.name);
  }
  for (const auto& fault : script.store_faults) {
    faults_.try_emplace({fault.effect, fault.occurrence}, &fault);
  }
  const unsigned count = script.settings.processes;
  for (unsigned i = 1; i <= count; ++i) {
    processes_.push_back(
        std::make_unique<Process>(time_, static_cast<int>(i), format("p{}", i),
                                  [this](Process& process) { Engine(*this, process).run(); }));
  }
  for (unsigned i = 1; i <= script.settings.lanes; ++i) {
    processes_.push_back(
        std::make_unique<Process>(time_, static_cast<int>(count + i), format("w{}", i),
                                  [this](Process& process) { work_in_lane(process); }));
  }
  processes_.push_back(
      std::make_unique<Process>(time_, static_cast<int>(processes_.size()) + 1, "op",
                                [this](Process& process) { Operator(*this, process).run(); }));
  meddler_ = std::make_unique<Meddler>(*this, processes_.back()->number());
  engines_.resize(processes_.size() + 1);
  bells_.resize(processes_.size() + 1);
  notices_.resize(processes_.size() + 1);
  queues_.resize(script.settings.one_host ? 1 : count);
  for (std::size_t i = 0; i < queues_.size(); ++i) notes_.emplace_back(processes_[i]->clock);
}

World::~World() {
  end_all();
}

/// Lanes before the process they work for.
void World::end_all() {
  for (auto& process : processes_ | std::views::reverse) process->kill();
}

/// True for what is no lane and no operator.
bool World::serves(const Process& process) const {
  return process.number() <= static_cast<int>(settings().processes);
}

/// A lane works for the first process, whenever that has begun.
void World::work_in_lane(Process& process) {
  while (true) {
    Engine* engine = engines_[1];
    if (engine == nullptr) {
      process.pause(1s);
    } else {
      engine->work_in(process);
    }
  }
}

void World::beat() {
  if (processes_.front()->heartbeat) processes_.front()->heartbeat();
}

void World::wake_lanes() {
  for (unsigned i = 0; i < settings().lanes; ++i) {
    processes_[settings().processes + i]->wake(time_.monotonic);
  }
}

void World::set_deployed(unsigned number) {
  deployed_ = number;
  gone_ = false;
  ++generation_;
}

void World::set_gone() {
  gone_ = true;
  ++generation_;
}

void World::close() {
  closed_ = true;
  for (auto& process : processes_) {
    if (process == processes_.back()) continue;
    process->request_stop();
    process->wake(time_.monotonic);
  }
}

bool World::at_work() const {
  return std::any_of(processes_.begin(), processes_.end() - 1,
                     [](const auto& process) { return process->alive(); });
}

bool World::spoiled_of_late() const {
  const bool spoils = report_.hits.steps.at(index_of(StepKind::Damage)) > 0;
  return spoils && (!healed_ || time_.monotonic < heal_at_ + nanoseconds(1min));
}

void World::later(nanoseconds after, std::function<void()> what) {
  messages_.emplace(time_.monotonic + after, std::move(what));
}

bool World::lives(const std::string& owner) const {
  return std::ranges::any_of(processes_, [&](const auto& process) {
    return process->alive() && !process->dying() && process->owner().id == owner;
  });
}

std::string World::owner_of(int writer) const {
  for (const auto& process : processes_) {
    if (process->number() == writer) return process->owner().id;
  }
  return {};
}

Instant World::stamp() {
  return time_.wall() + nanoseconds(++stamps_);
}

void World::log(std::string_view who, const std::string& what) {
  if (!options_.trace) return;
  report_.trace.push_back(format(
      "{:10.3f} {:<3} {}", std::chrono::duration<double>(time_.monotonic).count(), who, what));
}

void World::say(const Process& process, const std::string& what) {
  log(process.name(), what);
}

const StoreFault* World::reach(Effect effect, const Process& process) {
  if (++report_.calls > settings().most_calls) throw Error("the world never ends: too many calls");
  ++report_.hits.effects.at(index_of(effect));
  if (healed_) return nullptr;
  const unsigned occurrence = ++reached_.at(index_of(effect));
  const auto found = faults_.find({effect, occurrence});
  if (found == faults_.end()) return nullptr;
  say(process, format("fault {}: {} of '{}'", found->second->number,
                      json::name_of(found->second->kind), json::name_of(effect)));
  return found->second;
}

void World::hit(const StoreFault& fault, Effect effect) {
  ++report_.hits.faults.at(index_of(fault.kind)).at(index_of(effect));
}

void World::ring() {
  for (const auto& process : processes_) {
    const auto number = static_cast<std::size_t>(process->number());
    messages_.emplace(time_.monotonic + dice_.span(0s, 3s), [this, number] {
      bells_[number] = true;
      processes_[number - 1]->wake(time_.monotonic);
    });
  }
}

bool World::take_bell(const Process& process) {
  const auto number = static_cast<std::size_t>(process.number());
  const bool rung = bells_[number];
  bells_[number] = false;
  return rung;
}

SimQueue& World::queue_of(const Process& process) {
  return queues_[settings().one_host ? 0 : static_cast<std::size_t>(process.number()) - 1];
}

SimNotes& World::notes_of(const Process& process) {
  return notes_[settings().one_host ? 0 : static_cast<std::size_t>(process.number()) - 1];
}

/// Sends a message, unless the script lets something go wrong with it.
void World::send(Message message, nanoseconds least, std::function<void()> deliver) {
  nanoseconds delay = least + dice_.span(0ms, 200ms);
  const unsigned number = ++sent_.at(index_of(message));
  const auto fault = std::ranges::find_if(script_.bus_faults, [&](const BusFault& one) {
    return one.message == message && one.occurrence == number;
  });
  if (!healed_ && fault != script_.bus_faults.end()) {
    log("bus", format("fault {}: the {} is {}", fault->number, json::name_of(message),
                      json::name_of(fault->kind)));
    ++report_.hits.messages.at(index_of(message)).at(index_of(fault->kind));
    if (fault->kind == MessageFault::Lost) return;
    if (fault->kind == MessageFault::Delayed) delay += dice_.span(10s, 20min);
    if (fault->kind == MessageFault::Doubled) {
      messages_.emplace(time_.monotonic + delay + dice_.span(0s, 2min), deliver);
    }
  }
  messages_.emplace(time_.monotonic + delay, std::move(deliver));
}

void World::announce(const model::Placement& placement, const model::DatasetId& dataset,
                     const lot::LotId& lot) {
  oracle_.announced(record::Places(placement), dataset, lot);
  send(Message::Event, 0s, [this, placement, dataset, lot] {
    for (const auto& arc : deployment().subscribers_of(placement, dataset)) {
      for (auto& queue : queues_) queue.push({arc.to_string(), lot});
    }
    for (auto& process : processes_) process->wake(time_.monotonic);
  });
}

void World::tell(const model::DatasetId& dataset, const lot::LotId& lot) {
  const auto& placement = planned().projects().front()->plan.placement;
  for (const auto& arc : deployment().subscribers_of(placement, dataset)) look_at(arc, lot);
}

void World::look_at(const flow::ArcRef& arc, const lot::LotId& lot) {
  for (auto& queue : queues_) queue.push({arc.to_string(), lot});
  for (auto& process : processes_) process->wake(time_.monotonic);
}

void World::told(unsigned boundary, const std::string& key) {
  if (!settings().notices) return;
  send(Message::Notice, 0s, [this, boundary, key] {
    for (auto& process : processes_) {
      if (!process->alive() || (settings().lanes > 0 && !serves(*process))) continue;
      notices_[static_cast<std::size_t>(process->number())].emplace(boundary, key);
      process->wake(time_.monotonic);
    }
  });
}

std::set<std::pair<unsigned, std::string>> World::take_notices(const Process& process) {
  return std::exchange(notices_[static_cast<std::size_t>(process.number())], {});
}

void World::set_engine(const Process& process, Engine* engine) {
  engines_[static_cast<std::size_t>(process.number())] = engine;
  if (engine != nullptr) notices_[static_cast<std::size_t>(process.number())].clear();
}

void World::run_step(const Step& step) {
  if (tracing()) {
    log("---", format("step {}: {}", step.number, describe(script_, step.number)));
  }
  ++report_.hits.steps.at(index_of(step.kind));
  switch (step.kind) {
    case StepKind::Put:
    case StepKind::Delete:
      return outsider_.put(step);
    case StepKind::Damage:
      return outsider_.damage(step);
    case StepKind::Older:
      return outsider_.publish(step);
    case StepKind::Meddle:
    case StepKind::Rival:
      return meddler_->wait(step);
    case StepKind::Kill:
      if (processes_[step.which]->alive()) {
        processes_[step.which]->kill();
        ended(*processes_[step.which]);
      }
      return;
    case StepKind::Restart:
      processes_[step.which]->request_stop();
      return processes_[step.which]->wake(time_.monotonic);
    case StepKind::PowerFailure:
      return power_failure();
    case StepKind::LoseQueue:
      if (step.which % 3 == 0) {
        for (auto& notes : notes_) notes.spoil();
        return;
      }
      for (auto& queue : queues_) queue.clear();
      for (auto& notes : notes_) notes.clear();
      return;
    case StepKind::StoreDown:
      store_down_until_ = time_.monotonic + step.amount;
      return;
    case StepKind::Clock:
      time_.jumped += step.amount;
      for (auto& process : processes_) process->wake(time_.monotonic);
      return;
    default:
      orders_.push_back(step);
      return processes_.back()->wake(time_.monotonic);
  }
}

void World::power_failure() {
  for (auto& process : processes_) {
    if (!process->alive()) continue;
    process->kill();
    ended(*process);
  }
  power_ = true;
  const auto lost = disk_.fail([this](std::size_t count) { return dice_.below(count + 1); },
                               [this] { return dice_.chance(0.3); });
  power_ = false;
  log("---", format("{} changes are lost", lost));
}

/// The whole service ends where it is, and begins again after a while.
void World::outage() {
  log("---", "outage");
  for (auto& process : processes_ | std::views::reverse) {
    if (process == processes_.back() || !process->alive()) continue;
    process->kill();
    ended(*process);
    process->set_wake_at(time_.monotonic + settings().outage);
  }
}

/// A process's life has ended: the next one begins after a while.
void World::ended(Process& process) {
  process.heartbeat = {};
  set_engine(process, nullptr);
  if (bug() == PortBug::LaterLost) disk_.lose_later(process.number());
  const nanoseconds pause = healed_ ? 1s : dice_.span(100ms, dice_.chance(0.3) ? 5min : 20s);
  process.set_wake_at(time_.monotonic + pause);
  say(process, "ends");
}

void World::resume(Process& process) {
  if (!process.alive() && closed_ && &process != processes_.back().get()) {
    return process.set_wake_at(time_.monotonic + 1s);
  }
  if (!process.alive()) {
    process.begin(settings().one_host);
    say(process, "begins");
  }
  current_ = &process;
  if (bug() == PortBug::EarlyLeases && dice_.chance(0.01)) process.clock.jump(30s);
  try {
    if (!process.resume()) ended(process);
  } catch (const std::exception& error) {
    oracle_.violated(5, format("{} threw: {}", process.name(), error.what()));
    ended(process);
  }
}

nanoseconds World::next_time() const {
  nanoseconds next = nanoseconds::max();
  if (!messages_.empty()) next = messages_.begin()->first;
  if (begun_ && next_step_ < script_.steps.size()) {
    next = std::min(next, script_.steps[next_step_].at);
  }
  for (const auto& process : processes_) {
    if (begun_ || process == processes_.back()) next = std::min(next, process->wake_at());
  }
  return next;
}

/// Lets the next thing happen.
bool World::step() {
  const nanoseconds next = next_time();
  time_.monotonic = std::max(time_.monotonic, next);
  if (!messages_.empty() && messages_.begin()->first == next) {
    const auto deliver = std::move(messages_.begin()->second);
    messages_.erase(messages_.begin());
    deliver();
    return true;
  }
  if (begun_ && next_step_ < script_.steps.size() && script_.steps[next_step_].at == next) {
    run_step(script_.steps[next_step_++]);
    return true;
  }
  for (auto& process : processes_) {
    const bool takes_part = begun_ || process == processes_.back();
    if (!takes_part || process->wake_at() != next) continue;
    resume(*process);
    return true;
  }
  return false;
}

RunReport run_script(const Script& script, const RunOptions& options) {
  World world(script, options);
  return world.run();
}

}  // namespace cls::sim
