// SPDX-License-Identifier: Apache-2.0
#include "base/captured_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cls {
namespace {

using ::testing::HasSubstr;

std::string failure_of(const std::string& script, const CaptureLimits& limits = {}) {
  const auto output = captured_output({"sh", "-c", script}, limits);
  return output ? "no failure" : output.error().message;
}

TEST(CapturedOutput, IsWhatWasPrinted) {
  EXPECT_EQ(captured_output({"sh", "-c", "printf 'a\\nb'; echo c >&2"}).value(), "a\nb");
}

TEST(CapturedOutput, TheEnvironmentGivenIsAllThereIs) {
  EXPECT_EQ(captured_output({"/bin/sh", "-c", "echo $HOME$ONE"}, {}, {{{"ONE", "1"}}}).value(),
            "1\n");
}

TEST(CapturedOutput, OfAFailureIsTheReason) {
  EXPECT_EQ(failure_of("echo first >&2; echo no session >&2; exit 3"),
            "sh ended with status 3: no session");
  EXPECT_EQ(failure_of("kill -9 $$"), "sh died by signal 9");
  EXPECT_EQ(captured_output({"no-such-program-here"}).error().code, FailureCode::NotFound);
}

TEST(CapturedOutput, IsBoundedInTimeAndBytes) {
  EXPECT_THAT(failure_of("sleep 100", {.time = std::chrono::milliseconds(50)}),
              HasSubstr("took more than"));
  EXPECT_THAT(failure_of("yes", {.bytes = 1000}), HasSubstr("printed more than 1000 bytes"));
}

}  // namespace
}  // namespace cls
