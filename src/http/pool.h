// SPDX-License-Identifier: Apache-2.0
// Pool: the connections that a client keeps, by where they lead.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "http/message.h"
#include "http/wire.h"

namespace cls::http {

/// Thread-safe. At most so many connections to an origin are in use at a time.
class Pool {
 public:
  Pool(const Clock& clock, std::size_t limit, std::chrono::seconds idle)
      : clock_(clock), limit_(limit), idle_(idle) {}

  /// A place for one connection to an origin, with a kept one or none.
  struct Lease {
    std::unique_ptr<Wire> wire;
    bool kept = false;  ///< it was used before
  };
  /// Waits for a place. Each lease goes back with give_back().
  Lease take(const Origin& origin);
  /// Without a wire where it is of no more use.
  void give_back(const Origin& origin, std::unique_ptr<Wire> wire);

 private:
  struct Kept {
    std::unique_ptr<Wire> wire;
    std::chrono::nanoseconds since{};
  };
  struct Line {
    std::vector<Kept> kept;  ///< the last is the youngest
    std::size_t in_use = 0;
  };

  const Clock& clock_;
  std::size_t limit_;
  std::chrono::seconds idle_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::map<Origin, Line> lines_;
};

}  // namespace cls::http
