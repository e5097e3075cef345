// SPDX-License-Identifier: Apache-2.0
#include "record/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/generators.h"

namespace cls::record {
namespace {

using testing::HasSubstr;

Manifest example() {
  Manifest manifest;
  manifest.lotId = "20230206PT5M286";
  manifest.uris = {"s3://b/k"};
  return manifest;
}

TEST(Manifest, GoldenBytesAreTheReferences) {
  EXPECT_EQ(write_manifest(example()),
            R"({"state":"complete","comment":null,"lotId":"20230206PT5M286",)"
            R"("uriType":"identifier","uris":["s3://b/k"]})");
}

TEST(Manifest, GoldenBytesOfALaterRevisionThatIsEmpty) {
  Manifest manifest;
  manifest.comment = "revision 2";
  manifest.lotId = "20230206PT5M286";
  EXPECT_EQ(write_manifest(manifest),
            R"({"state":"complete","comment":"revision 2","lotId":"20230206PT5M286",)"
            R"("uriType":"identifier","uris":[]})");
}

TEST(Manifest, UnknownFieldsAndAbsentOptionalsAreAccepted) {
  EXPECT_EQ(read_manifest(R"({"dataset":{"name":"ds","version":"1"},"lotId":"20230206PT5M286",)"
                          R"("state":"complete","uris":["s3://b/k"]})")
                .value(),
            example());
}

TEST(Manifest, FailuresSayWhatIsWrong) {
  const auto failure_of = [](std::string_view bytes) {
    const auto manifest = read_manifest(bytes);
    return manifest ? "was read" : manifest.error().message;
  };
  EXPECT_THAT(failure_of(R"({"state":"done","lotId":"L","uris":[]})"),
              HasSubstr("no manifest: /state: 'done'"));
  EXPECT_EQ(failure_of(R"({"state":"empty","uris":[]})"), "no manifest: missing field 'lotId'");
  EXPECT_THAT(failure_of(R"({"state":"complete","lotId":"L","uris":["s3://b)"),
              HasSubstr("no manifest: no JSON"));
  EXPECT_THAT(failure_of(""), HasSubstr("no manifest: "));
}

std::vector<std::string> members(std::size_t count) {
  std::vector<std::string> uris(count);
  for (std::size_t i = 0; i < count; ++i) uris[i] = "s3://b/" + std::to_string(i);
  return uris;
}

const Uri at{"s3", "m", "datasets/name=d/version=1/lot=L/state=complete/manifest.json"};
const std::string parts = "s3://m/datasets/name=d/version=1/lot=L/state=complete/parts/";

TEST(ManifestParts, UpToTheLimitThereIsOneObject) {
  Manifest manifest = example();
  manifest.uris = members(100'000);
  const auto objects = manifest_objects(at, manifest);
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ(objects[0].uri, at);
  EXPECT_EQ(objects[0].bytes, write_manifest(manifest));
}

TEST(ManifestParts, AboveItThereArePartsFirst) {
  Manifest manifest = example();
  manifest.uris = members(200'001);
  const auto objects = manifest_objects(at, manifest);
  ASSERT_EQ(objects.size(), 4U);
  EXPECT_EQ(objects[0].uri.to_string(), parts + "00000.json");
  EXPECT_EQ(objects[1].uri.to_string(), parts + "00001.json");
  EXPECT_EQ(objects[2].bytes, R"({"state":"complete","comment":null,"lotId":"20230206PT5M286",)"
                              R"("uriType":"identifier","uris":["s3://b/200000"]})");
  EXPECT_EQ(objects[3].uri, at);
  EXPECT_EQ(objects[3].bytes,
            R"({"state":"complete","comment":null,"lotId":"20230206PT5M286","uriType":"manifest",)"
            R"("uris":[")" +
                parts + R"(00000.json",")" + parts + R"(00001.json",")" + parts +
                R"(00002.json"]})");
  std::vector<std::string> together;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto part = read_manifest(objects[i].bytes);
    ASSERT_TRUE(part.has_value());
    EXPECT_EQ(part->uriType, UriType::identifier);
    EXPECT_LE(part->uris.size(), 100'000U);
    together.insert(together.end(), part->uris.begin(), part->uris.end());
  }
  EXPECT_EQ(together, manifest.uris);
}

TEST(ManifestParts, PartsOfALaterRevisionSaySo) {
  Manifest manifest = example();
  manifest.comment = "revision 2";
  manifest.uris = members(100'001);
  const auto objects = manifest_objects(at, manifest);
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[1].bytes,
            R"({"state":"complete","comment":"revision 2","lotId":"20230206PT5M286",)"
            R"("uriType":"identifier","uris":["s3://b/100000"]})");
}

TEST(ManifestParts, OfAPartialAttemptLieBesideIt) {
  Manifest manifest = example();
  manifest.state = ManifestState::partial;
  manifest.uris = members(100'001);
  const Uri partial{"s3", "m",
                    "datasets/name=d/version=1/lot=L/state=partial/attempt=7/manifest.json"};
  EXPECT_EQ(manifest_objects(partial, manifest)[1].uri.key,
            "datasets/name=d/version=1/lot=L/state=partial/attempt=7/parts/00001.json");
}

TEST(ManifestParts, OfMembersThatAreGivenOneByOneAreTheSame) {
  Manifest manifest = example();
  manifest.uris = members(11);
  Manifest head = example();
  head.uris = {"s3://b/not-this"};
  std::string text;
  const ManifestMembers given{
      11, [&](std::size_t i) -> std::string_view { return text = "s3://b/" + std::to_string(i); }};
  for (const std::size_t limit : {3U, 11U, 100U}) {
    const auto wanted = manifest_objects(at, manifest, limit);
    const auto objects = manifest_objects(at, head, given, limit);
    ASSERT_EQ(objects.size(), wanted.size());
    for (std::size_t i = 0; i < objects.size(); ++i) {
      EXPECT_EQ(objects[i].uri, wanted[i].uri);
      EXPECT_EQ(objects[i].bytes, wanted[i].bytes);
    }
  }
}

TEST(Manifest, IsWrittenAsItsFieldsSay) {
  EXPECT_TRUE(rc::check([] {
    Manifest manifest;
    manifest.state = any::one_of<ManifestState>();
    manifest.comment = any::maybe(any::name);
    manifest.lotId = any::name();
    manifest.uriType = any::one_of<UriType>();
    manifest.uris = any::some([] { return any::name(); });
    RC_ASSERT(write_manifest(manifest) == json::write_record(manifest));
  }));
}

TEST(Manifest, ReadUndoesWrite) {
  EXPECT_TRUE(rc::check([] {
    Manifest manifest;
    manifest.state = any::one_of<ManifestState>();
    manifest.comment = any::maybe(any::name);
    manifest.lotId = any::lot().to_string();
    manifest.uriType = any::one_of<UriType>();
    manifest.uris = any::some([] { return any::uri().to_string(); });
    const auto read = read_manifest(write_manifest(manifest));
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == manifest);
  }));
}

}  // namespace
}  // namespace cls::record
