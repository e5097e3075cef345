// SPDX-License-Identifier: Apache-2.0
// Where records lie. Tests named U… and H… are the vectors of docs/formats/uris.md.
#include "record/places.h"

#include <set>

#include <gtest/gtest.h>

#include "record/generators.h"

namespace cls::record {
namespace {

using model::DatasetId;
using model::ProjectId;

const Places& prod() {
  static const Places places(placement_of("aws", "prod", "000011112222", "us-west-2"));
  return places;
}
const std::string M = "s3://prod-clusterless-manifest-000011112222-us-west-2/";
const std::string A = "s3://prod-clusterless-arc-state-000011112222-us-west-2/";
const std::string D = "s3://prod-clusterless-metadata-000011112222-us-west-2/";
const DatasetId ds{.name = "ds", .version = "20220101"};
const ProjectId project{.name = "test-project", .version = "20230101"};
const lot::LotId L = lot::LotId::parse("20230206PT5M286").value();

TEST(StoreName, OfEveryKind) {
  const model::Placement placement = placement_of("aws", "PROD", "000011112222", "us-west-2");
  EXPECT_EQ(store_name(placement, StoreKind::Metadata),
            "prod-clusterless-metadata-000011112222-us-west-2");
  EXPECT_EQ(store_name(placement, StoreKind::ArcState),
            "prod-clusterless-arc-state-000011112222-us-west-2");
  EXPECT_EQ(store_name(placement, StoreKind::Manifest),
            "prod-clusterless-manifest-000011112222-us-west-2");
}

TEST(StoreName, WithoutAStage) {
  EXPECT_EQ(store_name(placement_of("aws", std::nullopt, "1", "eu-west-1"), StoreKind::Manifest),
            "clusterless-manifest-1-eu-west-1");
  EXPECT_EQ(store_name(placement_of("aws", "", "1", "eu-west-1"), StoreKind::Manifest),
            "clusterless-manifest-1-eu-west-1");
}

TEST(StoreName, OfProviderLocal) {
  EXPECT_EQ(store_name(placement_of("local"), StoreKind::ArcState),
            "clusterless-arc-state-local-home");
  EXPECT_EQ(store_name(placement_of("local", "Dev", "9", "x"), StoreKind::Metadata),
            "dev-clusterless-metadata-local-home");
}

TEST(StoreName, F20_ArcStateIsParsedByItsKnownKind) {
  const auto name = parse_store_name("prod-clusterless-arc-state-000011112222-us-west-2");
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->kind, StoreKind::ArcState);
  EXPECT_EQ(name->placement.provider, "aws");
  EXPECT_EQ(name->placement.stage, "prod");
  EXPECT_EQ(name->placement.account, "000011112222");
  EXPECT_EQ(name->placement.region, "us-west-2");
}

TEST(StoreName, ParsesLocalAndNoStage) {
  const auto local = parse_store_name("clusterless-metadata-local-home");
  ASSERT_TRUE(local.has_value());
  EXPECT_EQ(local->kind, StoreKind::Metadata);
  EXPECT_EQ(local->placement, placement_of("local"));
  const auto aws = parse_store_name("clusterless-manifest-1-us-east-1");
  ASSERT_TRUE(aws.has_value());
  EXPECT_EQ(aws->placement, placement_of("aws", std::nullopt, "1", "us-east-1"));
}

TEST(StoreName, U41_OtherBucketsAreNone) {
  for (const char* bucket :
       {"foo-bar", "", "clusterless-", "clusterless-metadata", "clusterless-metadata-",
        "clusterless-metadata-1", "clusterless-metadata-1-", "clusterless-metadata--us-east-1",
        "clusterless-metadatax-1-us-east-1", "clusterless-state-1-us-east-1",
        "xclusterless-metadata-1-us-east-1", "-clusterless-metadata-1-us-east-1",
        "my-clusterless-meta-backup"}) {
    EXPECT_FALSE(parse_store_name(bucket).has_value()) << bucket;
  }
}

TEST(StoreName, ParseUndoesPrint) {
  EXPECT_TRUE(rc::check([] {
    const auto stage = any::maybe(
        [] { return *rc::gen::element<std::string>("prod", "a-b", "clusterless", "arc-state"); });
    model::Placement placement = placement_of("local", stage);
    if (*rc::gen::arbitrary<bool>()) {
      placement = placement_of("aws", stage, "42", "us-gov-west-1");
    }
    const auto kind =
        *rc::gen::element(StoreKind::Metadata, StoreKind::ArcState, StoreKind::Manifest);
    const auto name = parse_store_name(store_name(placement, kind));
    RC_ASSERT(name.has_value());
    RC_ASSERT(name->placement == placement);
    RC_ASSERT(name->kind == kind);
  }));
}

TEST(Places, U1_ManifestsOfADataset) {
  EXPECT_EQ(prod().manifests_prefix(ds).to_string(), M + "datasets/name=ds/version=20220101/");
}

TEST(Places, U2_U5_U40_ManifestTemplate) {
  EXPECT_EQ(
      prod().manifest_template(ds),
      M + "datasets/name=ds/version=20220101/lot={lot}/state={state}{/attempt*}/manifest.json");
}

TEST(Places, U6_U7_CompleteAndEmpty) {
  const std::string lot = M + "datasets/name=ds/version=20220101/lot=20230206PT5M286/";
  EXPECT_EQ(prod().manifest(ds, L, ManifestState::complete).to_string(),
            lot + "state=complete/manifest.json");
  EXPECT_EQ(prod().manifest(ds, L, ManifestState::empty).to_string(),
            lot + "state=empty/manifest.json");
  EXPECT_EQ(prod().manifest(ds, L, ManifestState::complete, "req-1").to_string(),
            lot + "state=complete/manifest.json");
}

TEST(Places, U8_U9_U10_Attempts) {
  const std::string lot = M + "datasets/name=ds/version=20220101/lot=20230206PT5M286/";
  EXPECT_EQ(prod().manifest(ds, L, ManifestState::partial, "req-1").to_string(),
            lot + "state=partial/attempt=req-1/manifest.json");
  EXPECT_EQ(prod().manifest(ds, L, ManifestState::removed, "req-1").to_string(),
            lot + "state=removed/attempt=req-1/manifest.json");
  EXPECT_EQ(prod().manifest(ds, L, ManifestState::partial).to_string(),
            lot + "state=partial/manifest.json");
}

TEST(Places, U12_SourceManifestTemplate) {
  EXPECT_EQ(prod().source_manifest_template(ds),
            M + "datasets/name=ds/version=20220101/lot={lot}/state=complete/manifest.json");
}

TEST(Places, U24_U27_ArcState) {
  const std::string arc = A + "arcs/project=test-project/version=20230101/arc=copyA/";
  EXPECT_EQ(prod().arc_state_path(project, "copyA", std::nullopt).to_string(), arc);
  EXPECT_EQ(prod().arc_state_path(project, "copyA", L).to_string(), arc + "lot=20230206PT5M286/");
  EXPECT_EQ(prod().arc_state(project, "copyA", L, ArcState::running).to_string(),
            arc + "lot=20230206PT5M286/running.arc");
  EXPECT_EQ(prod().arc_state(project, "copyA", L, ArcState::missing).to_string(),
            arc + "lot=20230206PT5M286/missing.arc");
}

TEST(Places, U31_ToU36_MetadataRecords) {
  EXPECT_EQ(prod().arc(project, "copyA").to_string(),
            D + "arcs/project=test-project/version=20230101/arc=copyA/arc.json");
  EXPECT_EQ(prod().project(project).to_string(),
            D + "projects/name=test-project/version=20230101/project.json");
  EXPECT_EQ(prod().projects_prefix().to_string(), D + "projects/");
  EXPECT_EQ(prod().materials(project).to_string(),
            D + "materials/name=test-project/version=20230101/materials.json");
  EXPECT_EQ(prod().dataset(ds).to_string(), D + "datasets/name=ds/version=20220101/dataset.json");
  EXPECT_EQ(prod().bootstrap().to_string(), D + "metadata.json");
}

TEST(Places, RecordsOfOurs) {
  EXPECT_EQ(prod().boundary(project, "in").to_string(),
            D + "boundaries/project=test-project/version=20230101/boundary=in/boundary.json");
  EXPECT_EQ(prod().boundary_subscription(project, "in").to_string(),
            D + "subscriptions/project=test-project/version=20230101/boundary=in.json");
  EXPECT_EQ(prod().arc_subscription(project, "copyA").to_string(),
            D + "subscriptions/project=test-project/version=20230101/arc=copyA.json");
  EXPECT_EQ(prod().segments_prefix(project, "in").to_string(),
            A + "arrivals/project=test-project/version=20230101/boundary=in/");
  EXPECT_EQ(prod().segment(project, "in", 7).to_string(),
            A + "arrivals/project=test-project/version=20230101/boundary=in/"
                "segment=000000000007.jsonl");
  EXPECT_EQ(prod().claims_prefix(project, "copyA").to_string(),
            A + "claims/project=test-project/version=20230101/arc=copyA/");
  EXPECT_EQ(prod().claim(project, "copyA", L).to_string(),
            A + "claims/project=test-project/version=20230101/arc=copyA/lot=20230206PT5M286.json");
  EXPECT_EQ(prod().members(project, "copyA", L, "01H").to_string(),
            A + "members/project=test-project/version=20230101/arc=copyA/"
                "20230206PT5M286.01H.jsonl");
  EXPECT_EQ(prod().overwrites(project, "copyA", L, "01H", 2).to_string(),
            A + "overwrites/project=test-project/version=20230101/arc=copyA/"
                "20230206PT5M286.01H.2.jsonl");
  EXPECT_EQ(prod().all_overwrites().to_string(), A + "overwrites/");
}

TEST(Places, PrivateManifests) {
  const std::string attempt =
      M + "attempts/project=test-project/version=20230101/arc=copyA/attempt=01H/";
  EXPECT_EQ(prod().private_path(project, "copyA", "01H").to_string(), attempt);
  EXPECT_EQ(
      prod().private_manifest(project, "copyA", "01H", ds, L, ManifestState::complete).to_string(),
      attempt +
          "datasets/name=ds/version=20220101/lot=20230206PT5M286/state=complete/"
          "manifest.json");
  EXPECT_EQ(prod().private_manifest_template(project, "copyA", "01H", ds),
            attempt +
                "datasets/name=ds/version=20220101/lot={lot}/state={state}{/attempt*}/"
                "manifest.json");
}

TEST(Places, PartsLieBesideTheirManifest) {
  const Uri manifest = prod().manifest(ds, L, ManifestState::partial, "req-1");
  EXPECT_EQ(prod().manifest_part(manifest, 12).to_string(),
            M + "datasets/name=ds/version=20220101/lot=20230206PT5M286/state=partial/"
                "attempt=req-1/parts/00012.json");
}

TEST(Places, U37_U38_U39_NamesAreEncodedInUrisAndTemplates) {
  EXPECT_EQ(
      prod().manifest({.name = "a b", .version = "1"}, L, ManifestState::complete).to_string(),
      M + "datasets/name=a%20b/version=1/lot=20230206PT5M286/state=complete/manifest.json");
  EXPECT_EQ(prod().manifests_prefix({.name = "a%b", .version = "1"}).to_string(),
            M + "datasets/name=a%25b/version=1/");
  EXPECT_EQ(prod().manifest_template({.name = "a b{c}", .version = "1"}),
            M + "datasets/name=a%20b%7Bc%7D/version=1/lot={lot}/state={state}{/attempt*}/"
                "manifest.json");
}

TEST(Places, KeysAreRawAndNeverCaseConverted) {
  EXPECT_EQ(prod().dataset({.name = "My Data+=%", .version = "V1"}).key,
            "datasets/name=My Data+=%/version=V1/dataset.json");
}

TEST(Places, NoTwoRecordsShareAKey) {
  EXPECT_TRUE(rc::check([] {
    const ProjectId p{.name = any::name(), .version = any::name()};
    const std::string name = any::name();
    const DatasetId dataset{.name = p.name, .version = p.version};
    const auto lot = any::lot();
    const std::vector<Uri> all = {prod().project(p),
                                  prod().materials(p),
                                  prod().dataset(dataset),
                                  prod().arc(p, name),
                                  prod().boundary(p, name),
                                  prod().arc_subscription(p, name),
                                  prod().boundary_subscription(p, name),
                                  prod().segment(p, name, 1),
                                  prod().claim(p, name, lot),
                                  prod().members(p, name, lot, "01H"),
                                  prod().arc_state(p, name, lot, ArcState::complete),
                                  prod().manifest(dataset, lot, ManifestState::complete)};
    std::set<std::string> texts;
    for (const Uri& uri : all) {
      const auto parsed = Uri::parse(uri.to_string());
      RC_ASSERT(parsed.has_value());
      RC_ASSERT(*parsed == uri);
      texts.insert(uri.to_string());
    }
    RC_ASSERT(texts.size() == all.size());
  }));
}

TEST(UriVectors, H3_KeysAreNotNormalised) {
  EXPECT_EQ(Uri::parse("s3://bucket//foo//")->key, "/foo//");
  EXPECT_EQ(Uri::parse("s3://bucket/")->key, "");
  EXPECT_EQ(Uri::parse("s3://b/a/../c//d/")->key, "a/../c//d/");
  EXPECT_EQ(Uri::parse("s3://b/a%20b")->key, "a b");
}

TEST(UriVectors, H4_H6_H7_AppendingBelowAPath) {
  EXPECT_EQ(Uri::parse("s3://b/a")->as_path().key, "a/");
  EXPECT_EQ(Uri::parse("s3://from/")->child("1").to_string(), "s3://from/1");
  EXPECT_EQ(Uri::parse("s3://b/in/")->child("p=1/").to_string(), "s3://b/in/p=1/");
  EXPECT_EQ(Uri::parse("s3://from/a/b/c")->child("1/2/3/").to_string(), "s3://from/a/b/c/1/2/3/");
}

TEST(UriVectors, H10_PathsAreComparedBySegment) {
  EXPECT_FALSE(key_in_path("input/y.txt", "in"));
  EXPECT_TRUE(key_in_path("in/y.txt", "in"));
}

TEST(UriVectors, H12_OfBucketAndKey) {
  EXPECT_EQ((Uri{"s3", "b", "k/x y.txt"}.to_string()), "s3://b/k/x%20y.txt");
  EXPECT_EQ((Uri{"s3", "b", "k/a+b%2Bc"}.to_string()), "s3://b/k/a+b%252Bc");
}

TEST(UriVectors, H14_F34_BucketsWithUnderscoresAndDigits) {
  EXPECT_EQ(Uri::parse("s3://a.1b/x")->bucket, "a.1b");
  EXPECT_EQ(Uri::parse("s3://a_b/x")->bucket, "a_b");
  EXPECT_EQ(Uri::parse("s3://1ab/x")->bucket, "1ab");
  EXPECT_EQ(Uri::parse("s3://UP/x")->bucket, "UP");
}

TEST(UriVectors, F34_AnyKeySurvivesARoundTrip) {
  EXPECT_TRUE(rc::check([] {
    const Uri uri = any::uri();
    const auto parsed = Uri::parse(uri.to_string());
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(*parsed == uri);
  }));
}

}  // namespace
}  // namespace cls::record
