// SPDX-License-Identifier: Apache-2.0
#include "base/bell.h"

#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>

#include <gtest/gtest.h>

#include "base/format.h"

namespace cls {

namespace fs = std::filesystem;

class BellTest : public ::testing::Test {
 protected:
  void SetUp() override {
    static int count = 0;
    // Longer than the address of a socket may be.
    directory_ = format("{}cls-bell-{}-{}/{}", ::testing::TempDir(), ::getpid(), ++count,
                        std::string(150, 'd'));
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(fs::path(directory_).parent_path()); }

  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }
  std::unique_ptr<Bell> hang(const std::string& name) const {
    return Bell::hang(directory_, name).value();
  }

  std::string directory_;
};

TEST_F(BellTest, IsHeardByAllOthersAlsoBelowALongPath) {
  const auto own = hang("1");
  const auto second = hang("2");
  const auto third = hang("3");
  EXPECT_EQ(ring_bells(directory_, Ring::Work, own->name()), 2U);
  EXPECT_TRUE(second->listen().work);
  const Heard heard = third->listen();
  EXPECT_TRUE(heard.work);
  EXPECT_FALSE(heard.records);
  own->wake();
  EXPECT_FALSE(own->listen().work) << "one's own ring is not heard";
}

TEST_F(BellTest, WhatWasRungBeforeOneListensIsHeardAndABurstIsOneRing) {
  const auto bell = hang("1");
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(ring_bells(directory_, Ring::Work), 1U);
  EXPECT_TRUE(bell->listen().work);
  bell->wake();
  const Heard heard = bell->listen();
  EXPECT_TRUE(heard.woken);
  EXPECT_FALSE(heard.work) << "the burst was heard as one";
}

TEST_F(BellTest, AFullBellTakesARingOfRecordsOnceItIsHeard) {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  const auto bell = hang("1");
  // Who rings waits half a second for room: a turn in which this thread was held up longer says
  // nothing.
  for (int turn = 0; turn < 50; ++turn) {
    for (int i = 0; i < 2000; ++i) ring_bells(directory_, Ring::Work);
    const auto begun = steady_clock::now();
    std::jthread ringer([this] { EXPECT_EQ(ring_bells(directory_, Ring::Records), 1U); });
    std::this_thread::sleep_for(milliseconds(50));
    Heard heard = bell->listen();
    const bool in_time = steady_clock::now() - begun < milliseconds(400);
    ringer.join();
    heard.records = bell->listen(milliseconds(0)).records || heard.records;
    if (!in_time) continue;
    EXPECT_TRUE(heard.records);
    return;
  }
  FAIL() << "this machine is too busy";
}

TEST_F(BellTest, IsRemovedAtItsEndAndByWhoeverFindsItDead) {
  {
    const auto bell = hang("1");
  }
  EXPECT_EQ(files(), 0U);
  // As a killed process leaves it: bound, and closed without being removed.
  fs::current_path(directory_);
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = "7.bell"};
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(socket);
  fs::current_path("/");
  EXPECT_EQ(files(), 1U);
  const auto living = hang("2");
  EXPECT_EQ(ring_bells(directory_, Ring::Work), 1U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(BellTest, ADirectoryThatIsAbsentTakesNoneAndRingsNone) {
  EXPECT_FALSE(Bell::hang(directory_ + "/absent", "1").has_value());
  EXPECT_EQ(ring_bells(directory_ + "/absent", Ring::Records), 0U);
}

}  // namespace cls
