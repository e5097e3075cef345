// SPDX-License-Identifier: Apache-2.0
// Bells: the ear and the voice of an engine towards the others of its home. No engine looks from
// time to time for what others have queued: they ring.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/bell.h"
#include "base/log.h"

namespace cls::local {

/// A thread that listens, and rings for those who ask; many who ask at once ring once. ring() may
/// be called from any thread.
class Bells {
 public:
  /// Hangs a bell of that name in `directory`. Where that cannot be done it is said, others are
  /// rung all the same, and what they do is noticed when the records are looked through.
  Bells(std::string directory, const std::string& name, Log& log);
  Bells(const Bells&) = delete;
  Bells& operator=(const Bells&) = delete;
  ~Bells();

  /// From now on `heard` is called, in the thread, with what the others ring.
  void start(std::function<void(const Heard&)> heard);
  /// Rings all others soon.
  void ring(Ring ring);
  /// Takes the bell down; nothing is called after it returned. Others are still rung.
  void stop();

 private:
  void run(const std::stop_token& stop);

  std::string directory_;
  std::mutex mutex_;  ///< held where the bell may be gone
  std::unique_ptr<Bell> bell_;
  bool listening_ = false;
  std::function<void(const Heard&)> heard_;
  std::atomic<bool> work_ = false;  ///< to be rung
  std::atomic<bool> records_ = false;
  std::jthread thread_;
};

}  // namespace cls::local
