// SPDX-License-Identifier: Apache-2.0
#include "sim/fiber.h"

#include <boost/context/fiber.hpp>
#include <boost/context/fixedsize_stack.hpp>
#include <cstddef>
#include <exception>
#include <utility>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace cls::sim {

namespace {

namespace context = boost::context;

#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t stack_size = std::size_t{2} << 20U;
#else
constexpr std::size_t stack_size = std::size_t{512} << 10U;
#endif

/// A stack as AddressSanitizer has to know it; nothing where it does not look.
struct Known {
  const void* bottom = nullptr;
  std::size_t size = 0;
};

void leave([[maybe_unused]] void** keep, [[maybe_unused]] const Known& to) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(keep, to.bottom, to.size);
#endif
}

void arrive([[maybe_unused]] void* kept, [[maybe_unused]] Known* from) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(kept, from ? &from->bottom : nullptr,
                                  from ? &from->size : nullptr);
#endif
}

}  // namespace

struct Fiber::Context {
  std::function<void()> body;
  context::fiber inside;   // the body, while it is not running
  context::fiber outside;  // who resumed it, while it runs
  Known own;
  Known others;
  void* kept_outside = nullptr;
  void* kept_inside = nullptr;
  std::exception_ptr thrown;
  bool ended = false;
};

Fiber::Fiber(std::function<void()> body) : context_(std::make_unique<Context>()) {
  context_->body = std::move(body);
  context::fixedsize_stack allocator(stack_size);
  const auto stack = allocator.allocate();
  context_->own = {static_cast<const char*>(stack.sp) - stack.size, stack.size};
  context_->inside =
      context::fiber(std::allocator_arg, context::preallocated(stack.sp, stack.size, stack),
                     allocator, [c = context_.get()](context::fiber&& outside) {
                       arrive(nullptr, &c->others);
                       c->outside = std::move(outside);
                       try {
                         c->body();
                       } catch (...) {
                         c->thrown = std::current_exception();
                       }
                       c->ended = true;
                       leave(nullptr, c->others);
                       return std::move(c->outside);
                     });
}

Fiber::~Fiber() = default;

void Fiber::resume() {
  Context& c = *context_;
  leave(&c.kept_outside, c.own);
  c.inside = std::move(c.inside).resume();
  arrive(c.kept_outside, nullptr);
  if (c.thrown) std::rethrow_exception(std::exchange(c.thrown, nullptr));
}

void Fiber::suspend() {
  Context& c = *context_;
  leave(&c.kept_inside, c.others);
  c.outside = std::move(c.outside).resume();
  arrive(c.kept_inside, &c.others);
}

bool Fiber::ended() const {
  return context_->ended;
}

}  // namespace cls::sim
