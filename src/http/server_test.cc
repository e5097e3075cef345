// SPDX-License-Identifier: Apache-2.0
// The server itself is tested with a real client: tests/operators_test.py.
#include "http/server.h"

#include <gtest/gtest.h>

#include "http/host_check.h"

namespace cls::http {
namespace {

TEST(ListenAddress, IsLoopbackUnlessToldOtherwise) {
  const auto parsed = [](std::string_view text) {
    const auto address = ListenAddress::parse(text);
    return address ? to_string(*address) : "refused";
  };
  EXPECT_EQ(parsed("9000"), "127.0.0.1:9000");
  EXPECT_EQ(parsed(":9000"), "127.0.0.1:9000");
  EXPECT_EQ(parsed("localhost:0"), "127.0.0.1:0");
  EXPECT_EQ(parsed("0.0.0.0:80"), "0.0.0.0:80");
  EXPECT_EQ(parsed("[::1]:80"), "[::1]:80");
  for (const auto* bad : {"", ":", "x", "65536", "-1", "80 ", "::1:80", "[1.2.3.4]:80", "[]:80",
                          "name.example:80", "1.2.3:80", "http://1.2.3.4:80"}) {
    EXPECT_EQ(parsed(bad), "refused") << bad;
  }
}

TEST(HostCheck, ALoopbackServerHasNoOtherNames) {
  for (const auto* host : {"localhost", "LocalHost:80", "127.0.0.1", "127.1.2.3:9", "[::1]:80"}) {
    EXPECT_TRUE(answers_to(host, "127.0.0.1", "box")) << host;
  }
  for (const auto* host : {"", "box", "evil.example", "localhost.evil.example", "10.0.0.1", "[::1",
                           "localhost:80:80", "localhost:x", "127.0.0.1@evil.example"}) {
    EXPECT_FALSE(answers_to(host, "127.0.0.1", "box")) << host;
  }
}

TEST(HostCheck, OneForOthersHasTheMachinesNameAndItsAddresses) {
  for (const auto* host : {"10.0.0.1:80", "box", "BOX:80", "localhost", "[fe80::1]"}) {
    EXPECT_TRUE(answers_to(host, "0.0.0.0", "box")) << host;
  }
  EXPECT_FALSE(answers_to("evil.example", "0.0.0.0", "box"));
}

TEST(Server, OnATakenPortIsAFailure) {
  const auto handler = [](const std::string&) { return Answer{}; };
  const auto first = Server::start({}, handler);
  ASSERT_TRUE(first);
  EXPECT_NE((*first)->address().port, 0);
  const auto second = Server::start((*first)->address(), handler);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, FailureCode::Unavailable);
}

TEST(Server, ListensOnAPortThatIsHeldForIt) {
  const HeldPort held;
  ASSERT_NE(held.number(), 0);
  const auto server =
      Server::start({.port = held.number()}, [](const std::string&) { return Answer{}; });
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ((*server)->address().port, held.number());
}

}  // namespace
}  // namespace cls::http
