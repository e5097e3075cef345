// SPDX-License-Identifier: Apache-2.0
#include "store/s3_gateway.h"

#include <chrono>
#include <random>

#include "base/clock.h"
#include "base/format.h"
#include "http/client.h"

namespace cls::store {

namespace {

using std::chrono::milliseconds;

/// Somebody may have asked for just this port; then with another.
constexpr int starts = 3;
constexpr std::chrono::seconds patience{30};

std::string random_hex(std::size_t words) {
  std::random_device random;
  std::string text;
  for (std::size_t i = 0; i < words; ++i) text += format("{:08x}", random());
  return text;
}

}  // namespace

S3Gateway::S3Gateway(ProcessRunner& processes, const S3GatewaySetup& setup)
    : origin_{.tls = false, .host = "127.0.0.1", .port = port_.number()},
      credentials_{.id = "CLS" + random_hex(2), .secret = random_hex(5)} {
  ProcessSpec spec{.command = {setup.program, "--quiet", "--keep-alive", "--port",
                               origin_.host_header(), "--region", region, "posix"},
                   .environment = {{"PATH", setup.path},
                                   {"HOME", "/"},
                                   {"ROOT_ACCESS_KEY", credentials_.id},
                                   {"ROOT_SECRET_KEY", credentials_.secret}},
                   .working_directory = setup.root,
                   .stdout_path = setup.log,
                   .stderr_path = setup.log,
                   .timeout = std::chrono::hours(24 * 365)};
  spec.command.push_back(setup.root);
  runner_ = std::jthread([this, &processes, spec, told = setup.ended](const std::stop_token& stop) {
    const auto done = processes.run(spec, stop, [](int) {});
    failure_ = done ? Failure{FailureCode::Unavailable,
                              format("{} ended with {}; see {}", spec.command.front(), done->code,
                                     spec.stdout_path)}
                    : done.error();
    ended_ = true;
    if (answers_ && told && !stop.stop_requested()) told(failure_);
  });
}

S3Gateway::~S3Gateway() = default;

Result<> S3Gateway::wait_until_it_answers(const S3GatewaySetup& setup) {
  SystemClock clock;
  const auto client =
      http::Client::make(clock, [](const std::string&) { return std::nullopt; },
                         {.wire = {.connect = milliseconds(1000), .silence = milliseconds(5000)},
                          .retry = {.tries = 1}});
  const auto due = clock.monotonic() + patience;
  while (!ended_ && clock.monotonic() < due) {
    if (client->send({.origin = origin_})) {
      answers_ = true;
      return {};
    }
    clock.sleep_for(milliseconds(10));
  }
  if (ended_) return tl::unexpected(failure_);
  return fail(FailureCode::Unavailable, format("{} does not answer at {}; see {}", setup.program,
                                               origin_.to_string(), setup.log));
}

Result<std::unique_ptr<S3Gateway>> S3Gateway::start(ProcessRunner& processes,
                                                    const S3GatewaySetup& setup) {
  for (int turn = 1;; ++turn) {
    std::unique_ptr<S3Gateway> gateway(new S3Gateway(processes, setup));
    auto answers = gateway->wait_until_it_answers(setup);
    if (answers) return gateway;
    if (turn == starts || answers.error().code == FailureCode::NotFound) {
      return pass(std::move(answers));
    }
  }
}

std::map<std::string, std::string> S3Gateway::environment() const {
  const std::string url = origin_.to_string();
  return {{"AWS_ENDPOINT_URL", url},
          {"AWS_ENDPOINT_URL_S3", url},
          {"AWS_ACCESS_KEY_ID", credentials_.id},
          {"AWS_SECRET_ACCESS_KEY", credentials_.secret},
          {"AWS_REGION", region},
          {"AWS_DEFAULT_REGION", region}};
}

}  // namespace cls::store
