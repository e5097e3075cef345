// SPDX-License-Identifier: Apache-2.0
// Options: what a command line asks for. Parsing is in options.cc, the only file that sees CLI11.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "operate/report.h"

namespace cls::cli {

enum class Command : std::uint8_t {
  None,
  Verify,
  Bootstrap,
  Deploy,
  Destroy,
  Up,
  Run,
  Retry,
  Enable,
  Disable,
  Status,
  Arcs,
  ArcsStatus,
  Datasets,
  DatasetsStatus,
  Projects,
  Placements,
  Audit,
  Simulate,
};

struct Options {
  Command command = Command::None;
  std::string home;                 ///< empty: $CLS_HOME, else ~/.local/share/clusterless
  std::vector<std::string> stores;  ///< --store: `s3://bucket=…`
  std::string substrate;            ///< empty: the placement's provider
  operate::Format output = operate::Format::Table;
  int verbose = 0;
  std::string log;        ///< text or json; empty: $CLS_LOG, else text
  std::string log_level;  ///< empty: $CLS_LOG_LEVEL, else what -v says

  std::vector<std::string> projects;  ///< -p; `-` is standard input
  std::string since;                  ///< now, all, a time or a lot id; audit: a lot id
  bool until_idle = false;
  bool seal = false;
  /// retry: [ARC [LOTS]]; destroy: [NAME:VERSION]; enable, disable: [PROJECT] [NAME]
  std::vector<std::string> arguments;
  std::vector<std::string> names;  ///< --name of reports
  std::vector<std::string> project_filter;
  std::vector<std::string> labels;  ///< `key=value`
  bool list = false;
  std::string earliest;
  std::string latest;
  bool deep = false;
  bool repair = false;              ///< audit
  bool dry_run = false;             ///< audit --repair
  bool settled = false;             ///< audit
  bool s3 = false;                  ///< up, run
  std::string metrics;              ///< up: [HOST:]PORT; empty: none
  std::string keep_attempts;        ///< up: a duration; empty: 14d
  std::string keep_attempts_bytes;  ///< up: a size; empty: 1GiB
  std::uint64_t wait = 600;         ///< seconds that destroy waits for what runs
  // simulate; texts as they are given
  unsigned days = 1;
  std::string arrivals = "1/min";
  std::string duplicates = "0%";
  std::string late = "0%";
  std::string outage = "0s";
  std::string duration = "1s";
  std::string failures = "0%";
  std::uint64_t seed = 1;
  bool delete_records = false;  ///< destroy: the project's past too, but for its data
};

/// The text to print and the exit code, where the command line itself is all there is to do.
struct Answer {
  int exit_code = 0;
  std::string out;
  std::string err;
};

std::variant<Options, Answer> parse_options(const std::vector<std::string>& arguments,
                                            const std::string& version);

}  // namespace cls::cli
