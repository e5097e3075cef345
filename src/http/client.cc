// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>
#include <utility>

#include "base/format.h"
#include "http/exchange.h"
#include "http/pool.h"

namespace cls::http {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::array<unsigned, 6> passing{408, 429, 500, 502, 503, 504};

double thread_random() {
  thread_local std::minstd_rand numbers{std::random_device()()};
  return std::uniform_real_distribution<double>(0, 1)(numbers);
}

class PooledClient final : public Client {
 public:
  PooledClient(Clock& clock, const Environment& getenv, const ClientLimits& limits,
               std::function<double()> random)
      : clock_(clock),
        getenv_(getenv),
        limits_(limits),
        random_(std::move(random)),
        trust_(getenv),
        pool_(clock, limits.connections, limits.idle) {}

  Result<Response> send(Request request) override {
    unsigned tries = 0;
    for (unsigned turn = 1;; ++turn) {
      if (request.prepare) {
        if (auto prepared = request.prepare(request); !prepared) return pass(std::move(prepared));
      }
      Exchanged done = try_once(request, tries);
      if (done.response) done.response->tries = tries;
      const bool last = turn >= limits_.retry.tries || done.fed;
      if (last || !may_help(request, done)) return result_of(std::move(done), tries);
      clock_.sleep_for(wait_before(turn, done));
    }
  }

 private:
  /// One try; a kept connection that its peer had closed is no try of its own.
  Exchanged try_once(Request& request, unsigned& tries) {
    for (;;) {
      Pool::Lease lease = pool_.take(request.origin);
      const Deadline deadline{.clock = clock_, .at = clock_.monotonic() + limits_.whole};
      Exchanged done;
      std::string target = request.target;
      if (auto ready = connect(request, lease, deadline, target); ready) {
        ++tries;
        done = exchange(*lease.wire, request, target, deadline);
      } else {
        done.failure = ready.error();
      }
      if (!done.reusable) lease.wire.reset();
      pool_.give_back(request.origin, std::move(lease.wire));
      if (done.response || done.answered || !lease.kept) return done;
      if (done.failure.code != FailureCode::Unavailable) return done;
    }
  }

  /// Connects where the lease has no kept connection; through a proxy `target` becomes a URL.
  Result<> connect(Request& request, Pool::Lease& lease, const Deadline& deadline,
                   std::string& target) {
    const Origin& to = request.origin;
    auto proxy = proxy_for(to, getenv_);
    if (!proxy) return pass(std::move(proxy));
    if (*proxy && !to.tls) {
      target.insert(0, to.to_string());
      if (const auto& who = (*proxy)->credentials; !who.empty()) {
        request.headers.set("Proxy-Authorization", who);
      }
    }
    if (lease.wire) return {};
    auto wire = Wire::connect(*proxy ? (*proxy)->origin : to, limits_.wire);
    if (!wire) return pass(std::move(wire));
    if (to.tls) {
      if (*proxy) {
        auto opened = open_tunnel(**wire, to, (*proxy)->credentials, deadline);
        if (!opened) return opened;
      }
      auto trust = trust_.context();
      if (!trust) return pass(std::move(trust));
      if (auto secured = (*wire)->secure(to.host, **trust); !secured) return secured;
    }
    lease.wire = std::move(*wire);
    return {};
  }

  static bool may_help(const Request& request, const Exchanged& done) {
    if (!done.response) return done.failure.code == FailureCode::Unavailable;
    const auto& response = *done.response;
    return std::ranges::find(passing, response.status) != passing.end() ||
           (request.retry && request.retry(response));
  }

  /// A random part of a span that doubles, so that many that failed together do not come together;
  /// at least as long as the server asks for.
  nanoseconds wait_before(unsigned turn, const Exchanged& done) {
    const auto& policy = limits_.retry;
    const auto span = std::min<nanoseconds>(
        policy.longest, nanoseconds(policy.first) * (std::int64_t{1} << std::min(turn - 1, 20U)));
    nanoseconds wait(static_cast<std::int64_t>(static_cast<double>(span.count()) * random_()));
    if (!done.response) return wait;
    const auto asked = done.response->headers.get("Retry-After");
    unsigned seconds = 0;
    const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), seconds);
    if (asked.empty() || error != std::errc{} || end != asked.data() + asked.size()) return wait;
    return wait + std::min<nanoseconds>(std::chrono::seconds(seconds), policy.longest_asked);
  }

  static Result<Response> result_of(Exchanged done, unsigned tries) {
    if (done.response) return std::move(*done.response);
    if (tries > 1) done.failure.message += format(" ({} tries)", tries);
    return tl::unexpected(std::move(done.failure));
  }

  Clock& clock_;
  Environment getenv_;
  ClientLimits limits_;
  std::function<double()> random_;
  Trust trust_;
  Pool pool_;
};

}  // namespace

std::unique_ptr<Client> Client::make(Clock& clock, const Environment& getenv, ClientLimits limits,
                                     std::function<double()> random) {
  if (!random) random = thread_random;
  return std::make_unique<PooledClient>(clock, getenv, limits, std::move(random));
}

}  // namespace cls::http
