// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/commands.h"

#include <map>
#include <stop_token>

#include <gtest/gtest.h>

#include "base/format.h"
#include "base/parallel.h"
#include "base/text.h"

namespace cls::user_scenario {
namespace {

TEST(SharedLogsTest, BlocksOfScenariosBesideEachOtherStayWhole) {
  PosixFileSystem disk;
  FileSystem& files = disk;
  const std::string path = ::testing::TempDir() + "/cls-shared-log";
  static_cast<void>(files.unlink(path));
  SharedLogs logs(files);
  for_each_job(8, 8, std::stop_token(), [&](std::size_t scenario) {
    for (int i = 0; i < 50; ++i) {
      logs.append(path, format("begin {0}\nmiddle {0}\nend {0}\n", scenario));
    }
    return true;
  });
  const auto text = files.read(path);
  ASSERT_TRUE(text);
  const auto lines = split(*text, '\n');
  ASSERT_EQ(lines.size(), 8U * 50 * 3 + 1);
  for (std::size_t at = 0; at + 2 < lines.size(); at += 3) {
    const std::string scenario = lines[at].substr(lines[at].find(' '));
    ASSERT_EQ(lines[at], "begin" + scenario);
    ASSERT_EQ(lines[at + 1], "middle" + scenario);
    ASSERT_EQ(lines[at + 2], "end" + scenario);
  }
  static_cast<void>(files.unlink(path));
}

}  // namespace
}  // namespace cls::user_scenario
