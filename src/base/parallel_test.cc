// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.h"

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace cls {
namespace {

TEST(ForEachJob, runs_each_job_once) {
  std::vector<std::atomic<int>> runs(500);
  for_each_job(runs.size(), 8, {}, [&](std::size_t i) {
    ++runs[i];
    return true;
  });
  for (const auto& count : runs) EXPECT_EQ(count, 1);
}

TEST(ForEachJob, without_jobs_calls_nothing) {
  for_each_job(0, 4, {}, [](std::size_t) -> bool { throw std::runtime_error("called"); });
}

TEST(ForEachJob, uses_no_more_threads_than_asked) {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  for (const unsigned asked : {0U, 1U, 3U}) {
    threads.clear();
    for_each_job(50, asked, {}, [&](std::size_t) {
      const std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
      return true;
    });
    EXPECT_LE(threads.size(), std::max(asked, 1U));
  }
}

TEST(ForEachJob, starts_nothing_after_a_false) {
  std::size_t last = 0;
  for_each_job(100, 1, {}, [&](std::size_t i) {
    last = i;
    return i < 10;
  });
  EXPECT_EQ(last, 10U);
}

TEST(ForEachJob, starts_nothing_after_a_stop) {
  std::stop_source stop;
  std::size_t last = 0;
  for_each_job(100, 1, stop.get_token(), [&](std::size_t i) {
    last = i;
    if (i == 10) stop.request_stop();
    return true;
  });
  EXPECT_EQ(last, 10U);
}

TEST(ForEachJob, throws_what_a_job_threw_after_all_have_ended) {
  std::atomic<int> running{0};
  EXPECT_THROW(for_each_job(100, 4, {},
                            [&](std::size_t i) -> bool {
                              ++running;
                              std::this_thread::sleep_for(std::chrono::milliseconds(1));
                              --running;
                              if (i == 5) throw std::runtime_error("five");
                              return true;
                            }),
               std::runtime_error);
  EXPECT_EQ(running, 0);
}

}  // namespace
}  // namespace cls
