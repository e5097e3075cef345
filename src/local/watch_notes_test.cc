// SPDX-License-Identifier: Apache-2.0
#include "local/watch_notes.h"

#include <gmock/gmock.h>

#include "store/test_directory_test.h"

namespace cls::local {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(WatchNotes, AreThoseOfTheLiving) {
  const store::TestDirectory directory;
  const std::string path = directory.path() + "/cls.db";
  WatchNotes notes(path);
  notes.keep("a", "p 1 inbox", "too many folders");
  notes.keep("a", "p 1 inbox", "on nfs");
  notes.keep("a", "p 1 other", "on nfs");
  notes.keep("b", "p 1 third", "on fuse");
  notes.forget("a", "p 1 other");
  const auto all = [](const std::string&) { return true; };
  const auto only_a = [](const std::string& by) { return by == "a"; };
  EXPECT_THAT(WatchNotes(path).of(all),
              ElementsAre(Pair("p 1 inbox", "on nfs"), Pair("p 1 third", "on fuse")));
  EXPECT_THAT(notes.of(only_a), ElementsAre(Pair("p 1 inbox", "on nfs")));
  EXPECT_THAT(notes.of(all), ElementsAre(Pair("p 1 inbox", "on nfs")))
      << "what the dead said is forgotten";
  EXPECT_THAT(notes.of([](const std::string&) { return false; }), IsEmpty());
}

}  // namespace
}  // namespace cls::local
