// SPDX-License-Identifier: Apache-2.0
#include "local/service.h"

#include <algorithm>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "local/owners.h"

namespace cls::local {

namespace {

/// So many former engines may have something running; the next deployment waits for one of them.
constexpr std::size_t most_former = 4;
/// How often is said, while it waits, that this is no standstill.
constexpr std::chrono::milliseconds longest_pause{10'000};

}  // namespace

Service::Service(Services services, std::function<void(const std::string&)> serving)
    : services_(std::move(services)),
      serving_(std::move(serving)),
      tenure_{.self = make_owner(services_.ids), .held = {}} {}

Service::~Service() {
  request_stop();
  wait_for_former(0);
}

/// Counts the projects that cannot be read, and names them where they are not the ones named last.
void Service::note_broken(const DeployedProjects& deployed) {
  services_.metrics->damaged("project", services_.home.directory(), deployed.broken.size());
  if (deployed.broken == broken_) return;
  broken_ = deployed.broken;
  for (const auto& broken : broken_) services_.log.error(format("left out: {}", broken));
}

void Service::run() {
  auto deployed = need(read_deployed(services_.home));
  while (serve(deployed) == Engine::End::Changed) {
    wait_for_former(most_former - 1);
    retire(std::move(engine_));
  }
  wait_for_former(0);
}

/// Serves one deployment to its end; then `deployed` is the next one.
Engine::End Service::serve(DeployedProjects& deployed) {
  const std::string fingerprint = deployed.fingerprint;
  note_broken(deployed);
  auto engine = std::make_unique<Engine>(services_, std::move(deployed.deployment),
                                         Engine::Mode::Serve, tenure_);
  say_serving(*engine);
  {
    const std::lock_guard lock(mutex_);
    engine_ = std::move(engine);
    if (stopping_) engine_->request_stop();
  }
  return engine_->serve([&] {
    auto now = need(read_deployed(services_.home));
    if (now.fingerprint == fingerprint) return false;
    deployed = std::move(now);
    return true;
  });
}

void Service::say_serving(const Engine& engine) const {
  const auto& deployment = engine.deployment();
  const std::string served = format(
      "serving {} in {}: {}, {}{}", counted(deployment.projects().size(), "project"),
      services_.home.directory(), counted(deployment.boundaries().size(), "boundary", "boundaries"),
      counted(deployment.arcs().size(), "arc"),
      deployment.projects().empty() ? "; nothing is deployed yet, cls deploy does it" : "");
  services_.log.info(served);
  if (serving_) serving_(served);
}

void Service::retire(std::unique_ptr<Engine> engine) {
  const unsigned running = engine->running();
  services_.log.info(
      running == 0
          ? std::string("another deployment is served from now on")
          : format("another deployment is served from now on; under the former one {} to the end",
                   counted(running, "lot goes on", "lots go on")));
  const std::lock_guard lock(mutex_);
  std::erase_if(former_, [](const Former& one) { return one.engine == nullptr; });
  Former& former = former_.emplace_back(Former{.engine = std::move(engine), .thread = {}});
  ++former_count_;
  former.thread = std::jthread([this, &former] {
    former.engine->finish();
    std::unique_ptr<Engine> over;
    const std::lock_guard ended(mutex_);
    over = std::move(former.engine);
    --former_count_;
    ended_.notify_all();
  });
}

/// Until at most so many former engines have something running. Lots may run as long as they like:
/// that waiting is no standstill.
void Service::wait_for_former(std::size_t most) {
  std::unique_lock lock(mutex_);
  const auto few = [&] { return former_count_ <= most; };
  while (!few()) {
    lock.unlock();
    const auto pause = services_.health->longest_silence().value_or(longest_pause);
    services_.health->beat(services_.clock.monotonic());
    services_.health->expect(pause);
    lock.lock();
    ended_.wait_for(lock, std::min(pause, longest_pause), few);
  }
}

void Service::request_stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  if (engine_ != nullptr) engine_->request_stop();
  for (const auto& one : former_) {
    if (one.engine != nullptr) one.engine->request_stop();
  }
}

}  // namespace cls::local
