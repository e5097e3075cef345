// SPDX-License-Identifier: Apache-2.0
// Bell: how processes that share a directory wake each other: a datagram socket for each of them,
// and a byte that says what for. A hint: who relies on it looks for himself from time to time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace cls {

/// What a ring says.
enum class Ring : std::uint8_t {
  Work,     ///< something may have become due
  Records,  ///< what is deployed, enabled or to be tried again may have changed
};

/// Everything that was heard since one last listened.
struct Heard {
  bool work = false;
  bool records = false;
  bool woken = false;  ///< by wake()
};

/// A socket `<name>.bell` in a directory, made on construction and removed at the end. One thread
/// listens; wake() may be called from any thread.
class Bell {
 public:
  /// Fails where the directory takes no socket.
  static Result<std::unique_ptr<Bell>> hang(const std::string& directory, const std::string& name);
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  ~Bell();

  const std::string& name() const { return name_; }
  /// Waits until something is heard, or for that time; takes all of it, so that a burst is heard as
  /// one ring.
  Heard listen(std::optional<std::chrono::milliseconds> most = std::nullopt);
  void wake();

 private:
  Bell(UniqueFd directory, std::string name, UniqueFd socket, UniqueFd woken);

  UniqueFd directory_;
  std::string name_;  ///< of the socket in its directory
  UniqueFd socket_;
  UniqueFd woken_;
};

/// Rings every bell in `directory` but the one named `but`; how many took it. A bell that nobody
/// listens to any more is removed. One that is full has rung and was not heard yet: for Work that
/// is as good; with Records it is waited for, for half a second at most.
unsigned ring_bells(const std::string& directory, Ring ring, const std::string& but = "");

}  // namespace cls
