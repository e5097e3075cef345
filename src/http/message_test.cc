// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/base64.h"
#include "http/http_date.h"
#include "http/proxy.h"

namespace cls::http {
namespace {

TEST(Url, IsTakenApart) {
  const auto url = Url::parse("https://Host.Example:8443/a%20b/c?d=e&f").value();
  EXPECT_EQ(url.origin, (Origin{.tls = true, .host = "host.example", .port = 8443}));
  EXPECT_EQ(url.path, "/a%20b/c");
  EXPECT_EQ(url.query, "d=e&f");
  EXPECT_EQ(Url::parse("http://h").value().path, "/");
  EXPECT_EQ(Url::parse("http://h?x").value().query, "x");
  EXPECT_EQ(Url::parse("http://[::1]:80/").value().origin.host_header(), "[::1]");
  EXPECT_EQ(Url::parse("https://h:80").value().origin.to_string(), "https://h:80");
  EXPECT_EQ(Url::parse("http://u:p%2F@h").value().user, "u:p/");
}

TEST(Url, ThatIsNoneIsRefused) {
  for (const auto* text : {"", "h", "ftp://h/", "https://", "https:///x", "https://h:0/",
                           "https://h:65536/", "https://h:x/", "https://[::1/", "https://a b/",
                           "https://h/a b", "https://h/#x", "https://h:80x/", "https://\x7f/"}) {
    EXPECT_FALSE(Url::parse(text)) << text;
  }
  // Nothing of a password is told.
  EXPECT_THAT(Url::parse("http://u:secret@h:x/").error().message,
              ::testing::Not(::testing::HasSubstr("secret")));
}

TEST(Headers, AreFoundInAnyCase) {
  Headers headers{{"A", "1"}, {"b", "2"}, {"a", "3"}};
  EXPECT_EQ(headers.get("a"), "1");
  EXPECT_EQ(headers.get("c"), "");
  headers.set("A", "4");
  EXPECT_EQ(headers.get("a"), "4");
  EXPECT_TRUE(headers.has("B"));
  EXPECT_EQ(std::distance(headers.begin(), headers.end()), 2);
}

TEST(Base64, IsPadded) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

TEST(HttpDate, IsRead) {
  EXPECT_EQ(format_instant_seconds(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").value()),
            "1994-11-06T08:49:37Z");
  for (const auto* text : {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Xyz 1994 08:49:37 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

std::string proxy_of(const Origin& to, std::map<std::string, std::string> environment) {
  const auto proxy = proxy_for(to, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    if (found == environment.end()) return std::nullopt;
    return found->second;
  });
  if (!proxy) return proxy.error().message;
  return *proxy ? (*proxy)->origin.to_string() : "none";
}

TEST(Proxy, IsWhatTheEnvironmentSays) {
  const Origin s3{.host = "b.s3.test"};
  const Origin plain{.tls = false, .host = "s3.test", .port = 80};
  EXPECT_EQ(proxy_of(s3, {}), "none");
  EXPECT_EQ(proxy_of(s3, {{"HTTPS_PROXY", "http://p:3128"}}), "http://p:3128");
  EXPECT_EQ(proxy_of(s3, {{"HTTPS_PROXY", "p:3128"}, {"https_proxy", "q:1"}}), "http://q:1");
  EXPECT_EQ(proxy_of(s3, {{"HTTP_PROXY", "http://p"}, {"http_proxy", "http://p"}}), "none");
  EXPECT_EQ(proxy_of(plain, {{"HTTP_PROXY", "http://p"}}), "none");
  EXPECT_EQ(proxy_of(plain, {{"http_proxy", "http://p"}}), "http://p");
  EXPECT_EQ(proxy_of(s3, {{"ALL_PROXY", "http://p"}}), "http://p");
  EXPECT_THAT(proxy_of(s3, {{"HTTPS_PROXY", "socks5://u:secret@p"}}),
              ::testing::StartsWith("HTTPS_PROXY is no proxy that can be used"));
}

TEST(Proxy, NotForTheExceptionsNorForThisMachine) {
  const auto with = [](const std::string& host, const std::string& no_proxy) {
    return proxy_of({.host = host}, {{"HTTPS_PROXY", "http://p"}, {"NO_PROXY", no_proxy}}) ==
           "none";
  };
  for (const auto* rule : {"s3.test", ".test", "test", "*.test", "a, .s3.test ,b", "*"}) {
    EXPECT_TRUE(with("s3.test", rule)) << rule;
  }
  for (const auto* rule : {"", "3.test", "x.s3.test", "est", ","}) {
    EXPECT_FALSE(with("s3.test", rule)) << rule;
  }
  EXPECT_TRUE(with("127.0.0.1", ""));
  EXPECT_TRUE(with("localhost", ""));
}

}  // namespace
}  // namespace cls::http
