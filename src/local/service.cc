// SPDX-License-Identifier: Apache-2.0
#include "local/service.h"

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "local/owners.h"

namespace cls::local {

namespace {

/// So many former engines may have something running; the next deployment waits for one of them.
constexpr std::size_t most_former = 4;

}  // namespace

Service::Service(Services services)
    : services_(std::move(services)), tenure_{.self = make_owner(services_.ids), .held = {}} {}

Service::~Service() {
  request_stop();
  wait_for_former(0);
}

DeployedProjects Service::read() {
  auto deployed = need(read_deployed(services_.home));
  for (const auto& broken : deployed.broken) {
    services_.log.warning(format("left out: {}", broken));
  }
  return deployed;
}

void Service::run() {
  auto deployed = read();
  while (serve(deployed) == Engine::End::Changed) {
    wait_for_former(most_former - 1);
    retire(std::move(engine_));
  }
  wait_for_former(0);
}

/// Serves one deployment to its end; then `deployed` is the next one.
Engine::End Service::serve(DeployedProjects& deployed) {
  const std::string fingerprint = deployed.fingerprint;
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

void Service::say_serving(const Engine& engine) {
  const auto& deployment = engine.deployment();
  services_.log.info(format(
      "serving {} in {}: {}, {}", counted(deployment.projects().size(), "project"),
      services_.home.directory(), counted(deployment.boundaries().size(), "boundary", "boundaries"),
      counted(deployment.arcs().size(), "arc")));
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

/// Until at most so many former engines have something running.
void Service::wait_for_former(std::size_t most) {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return former_count_ <= most; });
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
