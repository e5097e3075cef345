// SPDX-License-Identifier: Apache-2.0
// cls show: a golden text per kind, and what is said where there is no such thing.
#include <gmock/gmock.h>

#include "cli/cli_world_test.h"
#include "cli/golden_test.h"

namespace cls::cli::testing {

using ::testing::HasSubstr;

struct Shown {
  std::string kind;
  std::string name;  ///< what of it is described
};

class Show : public CliTest, public ::testing::WithParamInterface<Shown> {};

/// The list, a description, and the template with the required fields.
TEST_P(Show, SaysWhatThereIs) {
  const auto& [kind, name] = GetParam();
  std::string text;
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--list"}, {"--describe", name}, {"--model", name, "--required"}}) {
    std::vector<std::string> line{"show", kind};
    line.insert(line.end(), words.begin(), words.end());
    const Ran ran = cls(line);
    EXPECT_EQ(ran.code, 0) << ran.err;
    text += "$ cls";
    for (const auto& word : line) text += " " + word;
    text += "\n" + ran.out + "\n";
  }
  expect_golden(fs::path(CLS_GOLDEN) / "show" / (kind + ".txt"), text);
}

INSTANTIATE_TEST_SUITE_P(
    EachKind, Show,
    ::testing::Values(Shown{"provider", "local"}, Shown{"component", "core:putListenerBoundary"},
                      Shown{"resource", "core:table"},
                      Shown{"boundary", "aws:core:s3PutListenerBoundary"},
                      Shown{"barrier", "core:rollupBarrier"}, Shown{"arc", "core:commandArc"},
                      Shown{"activity", "core:retention"}, Shown{"model", "SourceDataset"}),
    [](const auto& instance) { return instance.param.kind; });

class ShowErrors : public CliTest {};

TEST_F(ShowErrors, WhatThereIsNotHasANearName) {
  const Ran unknown = cls({"show", "arc", "--describe", "core:copyArk"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_EQ(unknown.err, "cls: no model found for: core:copyArk; did you mean 'core:copyArc'?\n");
  const Ran tail = cls({"show", "component", "--model", "s3CopyArc"});
  EXPECT_EQ(tail.code, 1);
  EXPECT_THAT(tail.err, HasSubstr("did you mean 'aws:core:s3CopyArc'?"));
  // An arc is no boundary, though it is near enough.
  const Ran elsewhere = cls({"show", "boundary", "--describe", "zzzzzzzzzzzzzzzz"});
  EXPECT_EQ(elsewhere.code, 1);
  EXPECT_THAT(elsewhere.err, HasSubstr("`cls show boundary --list` lists what there is"));
}

TEST_F(ShowErrors, AKindIsNamedOneOrManyAndOneThingIsAskedFor) {
  EXPECT_EQ(cls({"show", "boundaries"}).out, cls({"show", "boundary", "--list"}).out);
  EXPECT_EQ(cls({"show", "arcs"}).out, cls({"show", "arc"}).out);
  const Ran unknown = cls({"show", "ark"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'cls show arc'?"));
  EXPECT_EQ(cls({"show"}).code, 2);
  EXPECT_EQ(cls({"show", "arc", "--list", "--model-all"}).code, 2);
}

TEST_F(ShowErrors, ANameIsFoundWhateverItsCase) {
  EXPECT_EQ(cls({"show", "model", "--model", "sinkdataset"}).out,
            cls({"show", "model", "--model", "SinkDataset"}).out);
}

TEST_F(ShowErrors, AllOfThemAreWhatEachIs) {
  std::string each;
  for (const auto* name : {"aws", "local"}) {
    each += (each.empty() ? "" : "\n") + cls({"show", "provider", "--describe", name}).out;
  }
  EXPECT_EQ(cls({"show", "provider", "--describe-all"}).out, each);
}

}  // namespace cls::cli::testing
