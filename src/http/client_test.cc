// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <atomic>
#include <future>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/listen_address.h"
#include "http/scripted_server_test.h"

namespace cls::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ClientTest : public ::testing::Test {
 protected:
  std::unique_ptr<Client> client(ClientLimits limits = {}) {
    return Client::make(
        clock_,
        [this](const std::string& name) -> std::optional<std::string> {
          const auto found = environment_.find(name);
          if (found == environment_.end()) return std::nullopt;
          return found->second;
        },
        limits, [] { return 0.5; });
  }
  static Request get(const ScriptedServer& server, std::string target = "/") {
    return {.method = "GET", .origin = server.origin(), .target = std::move(target)};
  }
  /// Sleeping moves it: no test waits.
  ManualClock clock_{Instant{}};
  std::map<std::string, std::string> environment_;
};

void answer_all(Peer& peer) {
  while (!peer.read_request().empty()) peer.answer("200 OK", "hello", "X-Y:  z \r\n");
}

TEST_F(ClientTest, SendsARequestAndReadsTheAnswer) {
  std::promise<std::string> seen;
  const ScriptedServer server({[&](Peer& peer) {
    seen.set_value(peer.read_request());
    peer.answer("404 Not Found", "gone", "X-Y:  z \r\nEtag: \"a\"\r\n");
  }});
  Request request = get(server, "/a%20b?c=d");
  request.method = "PUT";
  request.headers.add("X-One", "1");
  request.body.bytes = "body";
  const auto response = client()->send(std::move(request)).value();
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(response.body, "gone");
  EXPECT_EQ(response.headers.get("x-y"), "z");
  EXPECT_EQ(response.headers.get("ETAG"), "\"a\"");
  EXPECT_EQ(response.tries, 1U);
  EXPECT_EQ(seen.get_future().get(),
            "PUT /a%20b?c=d HTTP/1.1\r\nHost: " + server.origin().host_header() +
                "\r\nX-One: 1\r\nContent-Length: 4\r\n\r\nbody");
}

TEST_F(ClientTest, KeepsConnections) {
  const ScriptedServer server({answer_all});
  const auto one = client();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(one->send(get(server)).value().body, "hello");
  EXPECT_EQ(server.connections(), 1U);
  clock_.advance(std::chrono::hours(1));  // a proxy on the way may have forgotten it
  EXPECT_EQ(one->send(get(server)).value().body, "hello");
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(ClientTest, AClosedKeptConnectionIsNoFailure) {
  const ScriptedServer server({[](Peer& peer) {
                                 peer.read_request();
                                 peer.answer("200 OK", "one");
                                 peer.read_request();  // and closes instead of an answer
                               },
                               answer_all});
  const auto one = client({.retry = {.tries = 1}});
  EXPECT_EQ(one->send(get(server)).value().body, "one");
  const auto second = one->send(get(server)).value();
  EXPECT_EQ(second.body, "hello");
  EXPECT_EQ(second.tries, 2U);  // the first may have taken effect
}

TEST_F(ClientTest, ReadsChunksAndWhatEndsWithTheConnection) {
  const ScriptedServer server({[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    peer.send("3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n");
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n\r\nto the end");
  }});
  const auto one = client();
  EXPECT_EQ(one->send(get(server)).value().body, "abcdefg");
  EXPECT_EQ(one->send(get(server)).value().body, "to the end");
}

TEST_F(ClientTest, HeadHasNoBody) {
  const ScriptedServer server({[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    answer_all(peer);
  }});
  Request request = get(server);
  request.method = "HEAD";
  const auto one = client();
  EXPECT_EQ(one->send(std::move(request)).value().headers.get("content-length"), "1000");
  EXPECT_EQ(one->send(get(server)).value().body, "hello");
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(ClientTest, TriesAgainAfterResetsAndPassingTrouble) {
  const ScriptedServer server({[](Peer& peer) {
                                 peer.read_request();
                                 peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                                 peer.reset_at_end();
                               },
                               [](Peer& peer) {
                                 peer.read_request();
                                 peer.answer("503 Slow Down", "", "Retry-After: 7\r\n");
                                 answer_all(peer);
                               }});
  const auto response = client()->send(get(server)).value();
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.tries, 3U);
  // Half of 100 ms, half of 200 ms and the 7 s that were asked for.
  EXPECT_EQ(clock_.monotonic(), milliseconds(50 + 100 + 7000));
}

TEST_F(ClientTest, GivesUpInTheEndWithTheLastAnswer) {
  const ScriptedServer server({[](Peer& peer) {
    while (!peer.read_request().empty()) peer.answer("500 Internal Server Error", "why");
  }});
  const auto response = client({.retry = {.tries = 4}})->send(get(server)).value();
  EXPECT_EQ(response.status, 500U);
  EXPECT_EQ(response.body, "why");
  EXPECT_EQ(response.tries, 4U);
}

TEST_F(ClientTest, EachTryIsPreparedAndMayBeAskedFor) {
  const ScriptedServer server({[](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      peer.answer("200 OK", request.find("X-Try: 2") == std::string::npos ? "<Error/>" : "fine");
    }
  }});
  Request request = get(server);
  int tries = 0;
  request.prepare = [&](Request& one) {
    one.headers.set("X-Try", std::to_string(++tries));
    return Result<>();
  };
  request.retry = [](const Response& response) { return response.body == "<Error/>"; };
  EXPECT_EQ(client()->send(std::move(request)).value().body, "fine");
}

TEST_F(ClientTest, ASilentServerTimesOut) {
  const ScriptedServer server({[](Peer& peer) {
    peer.read_request();
    peer.read_request();  // waits until the client goes
  }});
  const auto response =
      client({.wire = {.silence = milliseconds(50)}, .retry = {.tries = 2}})->send(get(server));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, FailureCode::Unavailable);
  EXPECT_THAT(response.error().message, StartsWith(server.origin().to_string()));
  EXPECT_THAT(response.error().message, HasSubstr("waiting for an answer: timed out (2 tries)"));
}

TEST_F(ClientTest, AServerThatDripsIsNotWaitedForForEver) {
  SystemClock real;
  const ScriptedServer server({[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (::send(peer.socket(), "x", 1, MSG_NOSIGNAL) == 1) {
      std::this_thread::sleep_for(milliseconds(2));
    }
  }});
  const auto one = Client::make(real, [](const std::string&) { return std::nullopt; },
                                {.whole = milliseconds(100), .retry = {.tries = 1}});
  const auto response = one->send(get(server));
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("the whole took too long"));
}

TEST_F(ClientTest, WhatCannotBeReachedIsNamed) {
  const HeldPort nobodys;
  const Request request{.origin = {.tls = false, .host = "127.0.0.1", .port = nobodys.number()}};
  const auto refused = client({.retry = {.tries = 2}})->send(request);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              HasSubstr("cannot connect: Connection refused; is the endpoint right?"));
  const Request nowhere{.origin = {.tls = false, .host = "no-such-host.invalid", .port = 80}};
  const auto unknown = client({.retry = {.tries = 1}})->send(nowhere);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("no address for the host 'no-such-host.invalid'"));
}

TEST_F(ClientTest, StreamsALargeBodyInPieces) {
  constexpr std::uint64_t size = 100U << 20U;
  std::atomic<std::uint64_t> received = 0;
  const ScriptedServer server({[&](Peer& peer) {
    std::array<char, 65536> bytes{};
    // The head is about 100 bytes.
    while (received < size) {
      const auto count = ::recv(peer.socket(), bytes.data(), bytes.size(), 0);
      if (count <= 0) return;
      received += static_cast<std::uint64_t>(count);
    }
    peer.answer("200 OK", "taken");
  }});
  std::size_t longest = 0;
  Request request = get(server);
  request.method = "PUT";
  request.body = {.size = size, .piece = [&](std::uint64_t, std::size_t most) {
                    longest = std::max(longest, most);
                    return Result<std::string>(std::string(most, 'x'));
                  }};
  EXPECT_EQ(client()->send(std::move(request)).value().body, "taken");
  EXPECT_LE(longest, 1U << 20U);
}

TEST_F(ClientTest, FeedsAnAnswerAndThenNeverAsksAgain) {
  const ScriptedServer server({[](Peer& peer) {
                                 peer.read_request();
                                 peer.answer("404 Not Found", "gone");
                                 peer.read_request();
                                 peer.answer("200 OK", std::string(1'000'000, 'x'));
                                 peer.read_request();
                                 peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                               },
                               answer_all});
  const auto one = client();
  std::string fed;
  Request request = get(server);
  request.take = [&](std::string_view piece) { fed += piece; };
  EXPECT_EQ(one->send(request).value().body, "gone");
  EXPECT_EQ(fed, "");
  EXPECT_EQ(one->send(request).value().body, "");
  EXPECT_EQ(fed.size(), 1'000'000U);
  fed.clear();
  const auto half = one->send(request);
  ASSERT_FALSE(half);
  EXPECT_EQ(fed, "half");
  EXPECT_THAT(half.error().message, HasSubstr("closed before the end of the answer"));
}

TEST_F(ClientTest, ARefusedBodyIsAnsweredBeforeItIsSent) {
  const ScriptedServer server({[](Peer& peer) {
    peer.more();
    peer.answer("403 Forbidden", "no", "Connection: close\r\n");
  }});
  Request request = get(server);
  request.method = "PUT";
  const std::string body(20 << 20, 'x');
  request.body.bytes = body;
  const auto response = client({.retry = {.tries = 3}})->send(std::move(request));
  // The system may throw the answer away when the connection is reset; never is it taken for a
  // success.
  if (response) {
    EXPECT_EQ(response->status, 403U);
  } else {
    EXPECT_EQ(response.error().code, FailureCode::Unavailable);
  }
}

TEST_F(ClientTest, AnswersThatAreNoneOrTooLongAreRefused) {
  const ScriptedServer server({[](Peer& peer) {
                                 peer.read_request();
                                 peer.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
                               },
                               [](Peer& peer) {
                                 peer.read_request();
                                 peer.answer("200 OK", std::string(2000, 'x'));
                               }});
  const auto one = client({.retry = {.tries = 1}});
  const auto ssh = one->send(get(server));
  ASSERT_FALSE(ssh);
  EXPECT_THAT(ssh.error().message, HasSubstr("that is no answer of HTTP"));
  Request limited = get(server);
  limited.body_limit = 1000;
  const auto longer = one->send(limited);
  ASSERT_FALSE(longer);
  EXPECT_THAT(longer.error().message, HasSubstr("the answer is longer than 1000 bytes"));
  Request split = get(server);
  split.headers.add("X", "a\r\nY: b");
  EXPECT_EQ(one->send(split).error().code, FailureCode::Invalid);
}

TEST_F(ClientTest, ManyThreadsShareFewConnections) {
  const ScriptedServer server({answer_all});
  const auto one = client({.connections = 3});
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto response = one->send(get(server));
        if (response && response->body == "hello") ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 400);
  EXPECT_LE(server.connections(), 3U);
}

TEST_F(ClientTest, APlainRequestGoesToTheProxyWhole) {
  std::promise<std::string> seen;
  const ScriptedServer proxy({[&](Peer& peer) {
    seen.set_value(peer.read_request());
    peer.answer("200 OK", "by proxy");
  }});
  environment_["http_proxy"] = "http://me:p%40ss@" + proxy.origin().host_header();
  const auto response =
      client()->send({.origin = {.tls = false, .host = "s3.test", .port = 80}, .target = "/k"});
  EXPECT_EQ(response.value().body, "by proxy");
  const std::string request = seen.get_future().get();
  EXPECT_THAT(request, StartsWith("GET http://s3.test/k HTTP/1.1\r\nHost: s3.test\r\n"));
  EXPECT_THAT(request, HasSubstr("Proxy-Authorization: Basic bWU6cEBzcw==\r\n"));
}

TEST_F(ClientTest, HttpsGoesThroughATunnelThatMayBeRefused) {
  std::promise<std::string> seen;
  const ScriptedServer proxy({[&](Peer& peer) {
    seen.set_value(peer.read_request());
    peer.answer("407 Proxy Authentication Required", "");
  }});
  environment_["HTTPS_PROXY"] = proxy.origin().to_string();
  const auto refused = client()->send({.origin = {.host = "s3.test"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, FailureCode::Denied);
  EXPECT_THAT(refused.error().message, HasSubstr("refuses a tunnel to s3.test:443: status 407"));
  EXPECT_THAT(seen.get_future().get(), StartsWith("CONNECT s3.test:443 HTTP/1.1\r\n"));
}

}  // namespace
}  // namespace cls::http
