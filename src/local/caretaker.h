// SPDX-License-Identifier: Apache-2.0
// Caretaker: what a resident process tidies up beside its work: folders of attempts, containers and
// images that are of no use any more, and temporary files of killed writers.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "local/attempt_retention.h"
#include "local/services.h"

namespace cls::local {

/// Works in a thread of its own as long as it lives: at once, and then every hour.
class Caretaker {
 public:
  Caretaker(Services services, RetentionLimits limits);
  Caretaker(const Caretaker&) = delete;
  Caretaker& operator=(const Caretaker&) = delete;
  ~Caretaker();

 private:
  void work(const std::stop_token& stop);
  void keep(const std::stop_token& stop);
  void remove_temporary(const std::stop_token& stop);
  void remove_containers();
  void remove_images();

  Services services_;
  RetentionLimits limits_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

}  // namespace cls::local
