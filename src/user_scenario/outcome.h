// SPDX-License-Identifier: Apache-2.0
// Outcome: what became of one scenario.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cls::user_scenario {

enum class End : std::uint8_t {
  NotRun,  ///< disabled, or something ended the run before
  Passed,
  Failed,
  Stopped,  ///< by a signal, or because another one had failed
};

struct Outcome {
  std::string name = {};
  std::string file = {};
  End end = End::NotRun;
  std::string why = {};      ///< not run: the reason
  std::string step = {};     ///< failed: which one
  std::string message = {};  ///< failed: what was wrong; more than one line
  std::string note = {};     ///< of what is worth knowing though it passed; may be empty
  std::string folder = {};   ///< its files: home, output of `cls up`
  std::chrono::milliseconds took{0};
};

}  // namespace cls::user_scenario
