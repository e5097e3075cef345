// SPDX-License-Identifier: Apache-2.0
// Fiber: a function that runs on a stack of its own and can be left in the middle. With these one
// thread runs all processes of a world, in an order that the seed alone decides.
#pragma once

#include <functional>
#include <memory>

namespace cls::sim {

/// Not thread-safe: all fibers of a thread are resumed by it alone. Must have ended when destroyed.
/// It may not be left while an exception is being handled.
class Fiber {
 public:
  explicit Fiber(std::function<void()> body);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Runs the body until it suspends itself or ends; throws what the body threw.
  void resume();
  /// By the body: back to whoever resumed it.
  void suspend();
  bool ended() const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace cls::sim
