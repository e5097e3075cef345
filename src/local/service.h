// SPDX-License-Identifier: Apache-2.0
// Service: `cls up`: serves what is deployed in a home, one engine after another.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "local/deployed.h"
#include "local/engine.h"

namespace cls::local {

/// Where another deployment is to be served, a new engine does so at once; what the former one
/// runs ends under the declarations it began with, and then that engine goes. run() is called once.
/// Metrics and health are of the process: they go on from one engine to the next, and the health is
/// that of the engine that serves.
class Service {
 public:
  /// `serving` hears, in a line and from run()'s thread, what is served from now on.
  explicit Service(Services services, std::function<void(const std::string&)> serving = {});
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  /// Serves until request_stop().
  void run();
  /// Ends run() soon: attempts may finish for some seconds, then they are stopped and their lots
  /// released. From any thread.
  void request_stop();

 private:
  /// An engine that takes nothing more, and the thread that waits for what it runs.
  struct Former {
    std::unique_ptr<Engine> engine;  ///< null once it has ended
    std::jthread thread;
  };

  void note_broken(const DeployedProjects& deployed);
  Engine::End serve(DeployedProjects& deployed);
  void say_serving(const Engine& engine) const;
  void retire(std::unique_ptr<Engine> engine);
  void wait_for_former(std::size_t most);

  Services services_;
  std::function<void(const std::string&)> serving_;
  std::vector<std::string> broken_;  ///< projects of which was said that they are left out
  Tenure tenure_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::unique_ptr<Engine> engine_;
  std::list<Former> former_;
  std::size_t former_count_ = 0;  ///< of those that have not ended
  bool stopping_ = false;
};

}  // namespace cls::local
