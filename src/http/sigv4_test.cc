// SPDX-License-Identifier: Apache-2.0
#include "http/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "http/sigv4_vectors_test.h"

namespace cls::http {
namespace {

const Credentials example{.id = "AKIDEXAMPLE",
                          .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
const Instant vectors_at = parse_instant("2026-11-23T05:00:00Z").value();

std::string signature_of(const SignatureVector& vector) {
  const bool s3 = vector.service == "s3";
  Signer signer("eu-central-1", vector.service, s3 ? PathRule::S3 : PathRule::Others);
  const bool bare = vector.host.find(':') == std::string::npos;
  Request request{.method = vector.method,
                  .origin = {.tls = false,
                             .host = vector.host.substr(0, vector.host.find(':')),
                             .port = static_cast<std::uint16_t>(bare ? 80 : 7070)}};
  for (const auto& [name, value] : vector.headers) request.headers.add(name, value);
  Credentials who = example;
  who.token = vector.token;
  signer.sign(request, {.path = vector.path, .query = vector.query}, who, vectors_at,
              sha256_hex(vector.body));
  return std::string(request.headers.get("authorization"));
}

TEST(SigV4, IsBotocores) {
  ASSERT_EQ(signature_vectors.size(), 42U);
  for (const auto& vector : signature_vectors) {
    EXPECT_EQ(signature_of(vector), vector.authorization) << vector.name;
  }
}

TEST(SigV4, SigningAgainReplacesAndFollowsTheDay) {
  Signer signer("r", "s3", PathRule::S3);
  Request request{.origin = {.host = "h"}};
  Credentials who = example;
  who.token = "T";
  signer.sign(request, {}, who, vectors_at, unsigned_payload);
  const std::string first(request.headers.get("Authorization"));
  signer.sign(request, {}, example, vectors_at + std::chrono::hours(24), unsigned_payload);
  const std::string second(request.headers.get("Authorization"));
  EXPECT_THAT(second, ::testing::HasSubstr("/20261124/r/s3/aws4_request"));
  EXPECT_FALSE(request.headers.has("x-amz-security-token"));
  EXPECT_NE(first, second);
  signer.sign(request, {}, who, vectors_at, unsigned_payload);
  EXPECT_EQ(request.headers.get("Authorization"), first);
}

TEST(SigV4, ATargetIsEncodedStrictly) {
  const Target target{.path = "/a b/ü+", .query = {{"k/", "v &"}, {"uploads", ""}}};
  EXPECT_EQ(target.encoded(), "/a%20b/%C3%BC%2B?k%2F=v%20%26&uploads=");
}

TEST(Hmac, IsRfc4231s) {
  EXPECT_EQ(hex_of(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace cls::http
