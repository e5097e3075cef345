// SPDX-License-Identifier: Apache-2.0
// The command line of cls-scenario.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace cls::user_scenario {

struct Options {
  std::string scenarios;
  std::string server;
  std::string cls_app;
  std::string home;   ///< empty: one of its own for each scenario
  std::string work;   ///< empty: a scratch folder
  std::string junit;  ///< empty: none
  unsigned jobs = 4;
  bool stop_on_failure = false;
  bool dry_run = false;
  bool verify_on_dry_run = false;
  bool verify_only = false;
  bool deploy_destroy_only = false;
  bool disable_destroy = false;
  bool virtual_time = false;
  bool quiet = false;  ///< no progress
};

/// The text to print and the exit code, where the command line itself is all there is to do.
struct Answer {
  int exit_code = 0;
  std::string out;
  std::string err;
};

std::variant<Options, Answer> parse_options(const std::vector<std::string>& arguments);

/// What --help prints.
std::string help_text();

}  // namespace cls::user_scenario
