// SPDX-License-Identifier: Apache-2.0
#include "cli/observed.h"

#include "base/error.h"
#include "base/format.h"
#include "json/value.h"

namespace cls::cli {

namespace {

http::Answer health_page(const local::Services& services) {
  const auto reasons = services.health->reasons(services.clock.monotonic());
  json::Value body = json::Value::object();
  body.add("status", json::Value::string(reasons.empty() ? "ok" : "failing"));
  if (!reasons.empty()) {
    json::Value list = json::Value::array();
    for (const auto& reason : reasons) list.items.push_back(json::Value::string(reason));
    body.add("reasons", std::move(list));
  }
  return {.status = reasons.empty() ? 200U : 503U,
          .content_type = "application/json",
          .body = json::to_text(body) + "\n"};
}

http::Answer page(const std::string& path, const local::Services& services) {
  if (path == "/healthz") return health_page(services);
  if (path == "/metrics") {
    return {.status = 200,
            .content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = services.metrics->text(services.clock, version)};
  }
  return {.status = 404, .body = "/metrics and /healthz are here\n"};
}

}  // namespace

std::unique_ptr<http::Server> serve_pages(const Options& options, const local::Services& services) {
  if (options.metrics.empty()) return nullptr;
  const auto address = http::ListenAddress::parse(options.metrics);
  if (!address) throw Error("--metrics: " + address.error().message, ExitCode::Usage);
  auto server = http::Server::start(
      *address, [&services](const std::string& path) { return page(path, services); });
  if (!server) throw Error("--metrics: " + server.error().message);
  services.log.info(
      format("http://{}/metrics and /healthz", http::to_string((*server)->address())));
  return std::move(*server);
}

ManagedService::ManagedService(const World& world, const local::Services& services)
    : notify_(world.getenv), clock_(world.clock), health_(services.health) {
  if (!notify_.wanted()) return;
  if (const auto period = notify_.watchdog()) {
    health_->limit_silence(std::chrono::duration_cast<std::chrono::milliseconds>(*period) / 3);
  }
  health_->listen([this](local::Health::Event event) {
    if (event == local::Health::Event::Ready && !ready_) {
      ready_ = true;
      notify_.send("READY=1");
    }
    // The manager counts from READY=1 on.
    if (ready_) beat();
  });
}

ManagedService::~ManagedService() {
  health_->listen({});
}

void ManagedService::status(const std::string& text) const {
  notify_.send("STATUS=" + text);
}

void ManagedService::stopping() const {
  notify_.send("STOPPING=1\nSTATUS=stopping: attempts may finish for some seconds");
}

void ManagedService::beat() {
  const auto now = clock_.monotonic();
  if (now < next_beat_) return;
  const auto period = notify_.watchdog().value_or(std::chrono::minutes(1));
  next_beat_ = now + period / 4;
  if (notify_.watchdog()) notify_.send("WATCHDOG=1");
}

}  // namespace cls::cli
