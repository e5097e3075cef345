// SPDX-License-Identifier: Apache-2.0
// Reading keys and filling templates. Tests named U… are the vectors of docs/formats/uris.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "record/generators.h"
#include "record/places.h"

namespace cls::record {
namespace {

using model::DatasetId;
using testing::HasSubstr;

const std::string M = "s3://prod-clusterless-manifest-000011112222-us-west-2/";
const std::string open_template =
    M + "datasets/name=ds/version=20220101/lot={lot}/state={state}{/attempt*}/manifest.json";
const std::string encoded_template =
    M +
    "datasets/name=ds/version=20220101/lot=%7Blot%7D/state=%7Bstate%7D%7B/attempt*%7D/"
    "manifest.json";

Places aws_places() {
  return Places(placement_of("aws", "prod", "000011112222", "us-west-2"));
}

/// `name version lot state attempt`, with `-` for what is absent.
std::string read(std::string_view text) {
  const auto key = parse_manifest_key(text);
  if (!key) return "Invalid";
  return format("{} {} {} {} {}", key->dataset.name, key->dataset.version,
                key->lot.empty() ? "-" : key->lot, key->state ? json::name_of(*key->state) : "-",
                key->attempt.value_or("-"));
}

TEST(ManifestKey, U14_ATemplateHasNoLotAndNoState) {
  EXPECT_EQ(read(open_template), "ds 20220101 - - -");
}

TEST(ManifestKey, U15_TheEncodedTemplateIsTheSame) {
  EXPECT_EQ(read(encoded_template), "ds 20220101 - - -");
}

TEST(ManifestKey, A8_U16_TheTailOfATemplateIsNoAttempt) {
  const std::string bound = M + "datasets/name=ds/version=1/lot=L/state=partial{/attempt*}";
  EXPECT_EQ(read(bound + "/manifest.json"), "ds 1 L partial -");
  EXPECT_EQ(read(bound), "ds 1 L partial -");
  EXPECT_EQ(read(bound + "/"), "ds 1 L partial -");
  EXPECT_EQ(read(M + "datasets/name=ds/version=1/lot=L/state=partial%7B/attempt*%7D/manifest.json"),
            "ds 1 L partial -");
  EXPECT_EQ(read("datasets/name=ds/version=1/lot=L/state=partial/attempt={attempt}/manifest.json"),
            "ds 1 L partial -");
}

TEST(ManifestKey, U17_Uri) {
  EXPECT_EQ(read("s3://b/datasets/name=d/version=1/lot=L/state=partial/attempt=7/manifest.json"),
            "d 1 L partial 7");
}

TEST(ManifestKey, U18_BareKey) {
  EXPECT_EQ(read("datasets/name=d/version=1/lot=L/state=empty/manifest.json"), "d 1 L empty -");
}

TEST(ManifestKey, U19_AbsoluteKeyOfAPath) {
  EXPECT_EQ(read("/datasets/name=d/version=1/lot=L/"), "d 1 L - -");
  EXPECT_EQ(read("/datasets/name=d/version=1/lot=L"), "d 1 L - -");
  EXPECT_EQ(read("/datasets/name=d/version=1/"), "d 1 - - -");
  EXPECT_EQ(read("datasets/name=d/version=1/lot=L/state=removed/attempt=7/"), "d 1 L removed 7");
}

TEST(ManifestKey, U20_UnnamedSegments) {
  EXPECT_EQ(read("/datasets/d/1/L/complete/manifest.json"), "d 1 L complete -");
  EXPECT_EQ(read("/datasets/d/1/L/partial/7/manifest.json"), "d 1 L partial 7");
}

TEST(ManifestKey, F34_U21_APlusStaysAPlus) {
  EXPECT_EQ(read("s3://b/datasets/name=a+b/version=1/lot=L/state=complete/manifest.json"),
            "a+b 1 L complete -");
  EXPECT_EQ(read("datasets/name=a+b/version=1/lot=L/state=complete/manifest.json"),
            "a+b 1 L complete -");
}

TEST(ManifestKey, F34_U22_ANameWithAnEqualsSignIsWhole) {
  EXPECT_EQ(read("datasets/name=a=b/version=x=y=z/lot=L/state=complete/manifest.json"),
            "a=b x=y=z L complete -");
  EXPECT_EQ(read("/datasets/a=b/1/L/complete/manifest.json"), "a=b 1 L complete -");
}

TEST(ManifestKey, U23_AnUnknownStateIsAbsent) {
  EXPECT_EQ(read("datasets/name=d/version=1/lot=L/state=bogus/manifest.json"), "d 1 L - -");
}

TEST(ManifestKey, UrisAreDecodedAndKeysAreRaw) {
  EXPECT_EQ(read("s3://b/datasets/name=a%20b%2541/version=1/lot=L/state=empty/manifest.json"),
            "a b%41 1 L empty -");
  EXPECT_EQ(read("datasets/name=a%20b/version=1/lot=L/state=empty/manifest.json"),
            "a%20b 1 L empty -");
}

TEST(ManifestKey, StatesInAnyCaseAndWithAnEnding) {
  const auto state = [](const std::string& segment) {
    return parse_manifest_key("datasets/d/1/L/" + segment + "/manifest.json")->state;
  };
  EXPECT_EQ(state("state=partial"), ManifestState::partial);
  EXPECT_EQ(state("STATE=PARTIAL"), ManifestState::partial);
  EXPECT_EQ(state("removed.json"), ManifestState::removed);
  EXPECT_EQ(state("completed"), std::nullopt);
  EXPECT_EQ(state("xcomplete"), std::nullopt);
  EXPECT_EQ(state("state="), std::nullopt);
}

TEST(ManifestKey, OtherKeysAreInvalid) {
  for (const char* text :
       {"", "/", "s3://b/", "s3:///datasets/d/1", "datasets", "datasets/", "datasets/name=d",
        "datasets/name=/version=1/lot=L", "datasets//name=d/version=1",
        "projects/name=d/version=1/project.json", "xdatasets/name=d/version=1/lot=L",
        "s3://b//datasets/name=d/version=1/lot=L", "s3://b/datasets/name=%4/version=1",
        "datasets/name=d/version=1/lot=L/state=complete/parts/00000.json",
        "datasets/name=d/version=1/lot=L/state=partial/attempt=7/parts/00000.json",
        "datasets/name=d/version=1/lot=L/state=complete/7/manifest.json",
        ("attempts/project=p/version=1/arc=a/attempt=7/datasets/name=d/version=1/lot=L/"
         "state=complete/manifest.json")}) {
    EXPECT_EQ(read(text), "Invalid") << text;
  }
}

TEST(ManifestKey, FailuresNameTheKeyAndWhatWouldBeRight) {
  const auto other = parse_manifest_key("projects/name=d/version=1/project.json");
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, FailureCode::Invalid);
  EXPECT_EQ(
      other.error().message,
      "'projects/name=d/version=1/project.json' is no manifest key; it begins with datasets/");
  EXPECT_EQ(parse_manifest_key("datasets/name=d").error().message,
            "'datasets/name=d' has no version=");
}

TEST(ManifestKey, F34_AnyNameSurvivesARoundTrip) {
  EXPECT_TRUE(rc::check([] {
    const DatasetId dataset{.name = any::name(), .version = any::name()};
    const auto lot = any::lot();
    const auto state = any::one_of<ManifestState>();
    const std::string attempt = any::plain_name();
    const Uri uri = aws_places().manifest(dataset, lot, state, attempt);
    const bool has_attempt = state == ManifestState::partial || state == ManifestState::removed;
    for (const auto& text : {uri.to_string(), uri.key, "/" + uri.key}) {
      const auto key = parse_manifest_key(text);
      RC_ASSERT(key.has_value());
      RC_ASSERT(key->dataset == dataset);
      RC_ASSERT(key->lot == lot.to_string());
      RC_ASSERT(key->state == state);
      RC_ASSERT(key->attempt == (has_attempt ? std::optional(attempt) : std::nullopt));
    }
  }));
}

TEST(ArcStateKey, U28_BareKey) {
  const auto key = parse_arc_state_key("arcs/project=p/version=1/arc=a/lot=L/complete.arc");
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->project.to_string(), "p/1");
  EXPECT_EQ(key->arc, "a");
  EXPECT_EQ(key->lot, "L");
  EXPECT_EQ(key->state, ArcState::complete);
}

TEST(ArcStateKey, U29_WithoutAState) {
  const auto key = parse_arc_state_key("/arcs/project=p/version=1/arc=a/lot=L");
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->lot, "L");
  EXPECT_EQ(key->state, std::nullopt);
}

TEST(ArcStateKey, U25_U26_TemplatesHaveNoState) {
  const auto open =
      parse_arc_state_key("s3://b/arcs/project=p/version=1/arc=a/lot={lot}/{state}.arc");
  ASSERT_TRUE(open.has_value());
  EXPECT_EQ(open->lot, "");
  EXPECT_EQ(open->state, std::nullopt);
}

TEST(ArcStateKey, A11_ArcNameContainingAStateWordIsNoState) {
  const auto key = parse_arc_state_key(
      "arcs/project=running/version=missing/arc=completeOrders/lot=L/partial.arc");
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->project.name, "running");
  EXPECT_EQ(key->arc, "completeOrders");
  EXPECT_EQ(key->state, ArcState::partial);
  EXPECT_EQ(parse_arc_state_key("arcs/project=p/version=1/arc=complete.arc/lot=L/")->state,
            std::nullopt);
  EXPECT_EQ(parse_arc_state_key("arcs/project=p/version=1/arc=a/lot=complete/")->state,
            std::nullopt);
  EXPECT_EQ(parse_arc_state_key("arcs/project=p/version=1/arc=a/lot=L/notcomplete.arc")->state,
            std::nullopt);
}

TEST(ArcStateKey, A11_AnyArcNameRoundTrips) {
  EXPECT_TRUE(rc::check([] {
    const model::ProjectId project{.name = any::name(), .version = any::name()};
    const std::string arc = any::plain_name();
    const auto lot = any::lot();
    const auto state = any::one_of<ArcState>();
    const Uri uri = aws_places().arc_state(project, arc, lot, state);
    for (const auto& text : {uri.to_string(), uri.key}) {
      const auto key = parse_arc_state_key(text);
      RC_ASSERT(key.has_value());
      RC_ASSERT(key->project == project);
      RC_ASSERT(key->arc == arc);
      RC_ASSERT(key->lot == lot.to_string());
      RC_ASSERT(key->state == state);
    }
  }));
}

TEST(ArcStateKey, OtherKeysAreInvalid) {
  for (const char* text : {"arcs/project=p/version=1/arc=a/arc.json", "arcs/project=p/version=1",
                           "claims/project=p/version=1/arc=a/lot=L.json",
                           "arcs/project=p/version=1/arc=a/lot=L/complete.arc/x"}) {
    EXPECT_FALSE(parse_arc_state_key(text).has_value()) << text;
  }
}

TEST(MembersKey, HoldsTheAttempt) {
  const Uri uri = aws_places().members({.name = "p", .version = "1.0"}, "a.b",
                                       lot::LotId::parse("20230206PT5M286").value(), "01HABC");
  EXPECT_EQ(attempt_of_members_key(uri.key).value(), "01HABC");
  EXPECT_EQ(attempt_of_members_key(uri.to_string()).value(), "01HABC");
  for (const char* key : {"", "a/b/20230206PT5M286.jsonl", "a/.01H.jsonl", "a/L..jsonl",
                          "a/L.01H.json", "a/L.01H.jsonl/"}) {
    const auto attempt = attempt_of_members_key(key);
    ASSERT_FALSE(attempt.has_value()) << key;
    EXPECT_THAT(attempt.error().message, HasSubstr("<lot>.<attempt>.jsonl"));
  }
}

TEST(Template, FillsLotAndState) {
  EXPECT_EQ(
      expand_template(open_template, "20230206PT5M286", ManifestState::complete),
      M + "datasets/name=ds/version=20220101/lot=20230206PT5M286/state=complete/manifest.json");
}

TEST(Template, FillsTheAttemptOfPartialAndRemovedOnly) {
  const std::string start = M + "datasets/name=ds/version=20220101/lot=L/state=";
  EXPECT_EQ(expand_template(open_template, "L", ManifestState::partial, "a-1"),
            start + "partial/attempt=a-1/manifest.json");
  EXPECT_EQ(expand_template(open_template, "L", ManifestState::removed, "a-1"),
            start + "removed/attempt=a-1/manifest.json");
  EXPECT_EQ(expand_template(open_template, "L", ManifestState::partial),
            start + "partial/manifest.json");
  EXPECT_EQ(expand_template(open_template, "L", ManifestState::empty, "a-1"),
            start + "empty/manifest.json");
}

TEST(Template, U3_FillsTheEncodedForm) {
  EXPECT_EQ(
      expand_template(encoded_template, "L", ManifestState::partial, "a 1"),
      M + "datasets/name=ds/version=20220101/lot=L/state=partial/attempt=a%201/manifest.json");
}

TEST(Template, A8_NothingOfTheTailIsLeft) {
  const auto text = expand_template(open_template, "L", ManifestState::partial);
  EXPECT_EQ(text.find("attempt"), std::string::npos);
}

TEST(Template, ADatasetNamedLikeAPlaceholderKeepsItsName) {
  const std::string text = aws_places().manifest_template({.name = "{lot}", .version = "{state}"});
  EXPECT_EQ(expand_template(text, "L", ManifestState::empty),
            M + "datasets/name=%7Blot%7D/version=%7Bstate%7D/lot=L/state=empty/manifest.json");
}

TEST(Template, ExpandedItIsTheUriOfTheManifest) {
  EXPECT_TRUE(rc::check([] {
    const DatasetId dataset{.name = any::name(), .version = any::name()};
    const auto lot = any::lot();
    const auto state = any::one_of<ManifestState>();
    const std::string attempt = *rc::gen::arbitrary<bool>() ? any::plain_name() : "";
    const std::string text = aws_places().manifest_template(dataset);
    const auto key = parse_manifest_key(text);
    RC_ASSERT(key.has_value());
    RC_ASSERT(key->dataset == dataset);
    RC_ASSERT(key->lot.empty() && !key->state && !key->attempt);
    const auto uri = Uri::parse(expand_template(text, lot.to_string(), state, attempt));
    RC_ASSERT(uri.has_value());
    RC_ASSERT(*uri == aws_places().manifest(dataset, lot, state, attempt));
  }));
}

TEST(Template, TheEncodedFormExpandsAlike) {
  EXPECT_TRUE(rc::check([] {
    const DatasetId dataset{.name = any::plain_name(), .version = any::plain_name()};
    const auto state = any::one_of<ManifestState>();
    const std::string text = aws_places().manifest_template(dataset);
    const std::string encoded = Uri::parse(text)->to_string();
    RC_ASSERT(encoded.find('{') == std::string::npos);
    RC_ASSERT(expand_template(encoded, "L", state, "7") == expand_template(text, "L", state, "7"));
  }));
}

}  // namespace
}  // namespace cls::record
