// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace cls {

namespace {
constexpr std::size_t most_threads = 64;
}

void for_each_job(std::size_t count, unsigned threads, const std::stop_token& stop,
                  const std::function<bool(std::size_t)>& job) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> go_on{true};
  std::mutex mutex;
  std::exception_ptr thrown;
  const auto work = [&] {
    while (go_on && !stop.stop_requested()) {
      const std::size_t index = next++;
      if (index >= count) return;
      try {
        if (!job(index)) go_on = false;
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!thrown) thrown = std::current_exception();
        go_on = false;
      }
    }
  };
  const std::size_t workers =
      std::clamp<std::size_t>(std::min<std::size_t>(threads, count), 1, most_threads);
  {
    std::vector<std::jthread> others;
    others.reserve(workers - 1);
    try {
      for (std::size_t i = 1; i < workers; ++i) others.emplace_back(work);
    } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): as below
      // No more threads are to be had: those there are do it all.
    }
    work();
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace cls
