// SPDX-License-Identifier: Apache-2.0
// Options: what a command line asks for. Parsing is in options.cc; only options*.cc see CLI11.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "operate/report.h"

namespace cls::cli {

enum class Command : std::uint8_t {
  None,
  Verify,
  Synth,
  Info,
  Diff,
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
  Logs,
  Graph,
  Recover,
  Boundaries,
  Regions,
  Substrates,
  Local,
  Show,
  Schema,
  Help,
  Completion,
  Init,
  Config,
  ConfigInit,
  Import,
};

/// cls show: what of which kind.
struct ShowOptions {
  std::string kind;
  bool list = false;
  std::string name;  ///< as describe
  std::string model;
  std::string describe;
  bool model_all = false;
  bool describe_all = false;
  bool required = false;
};

/// What Jsonnet files are evaluated with; `NAME=TEXT` each.
struct JsonnetOptions {
  std::vector<std::string> external;
  std::vector<std::string> top_level;
  std::vector<std::string> import_directories;
};

/// config: which settings, and where they are written.
struct ConfigOptions {
  std::string name = "common";
  bool is_global = false;
  bool merge = false;
  bool force = false;
};

/// What of the project files is meant.
struct PartOptions {
  std::vector<std::string> excluded_arcs;
  bool exclude_all_arcs = false;
  std::vector<std::string> only_resources;
  bool exclude_all_tags = false;
};

/// How something is carried out: bootstrap, deploy, destroy.
struct ExecutionOptions {
  bool dry_run = false;
  bool approve = false;
  bool retry = false;
  std::string profile;
};

/// Which placements a report is about; texts as they are given.
struct PlacementOptions {
  std::vector<std::string> providers;  ///< -P; empty: all
  std::string account;
  std::string region;
  std::optional<std::string> stage;  ///< an empty one: placements without a stage
};

struct BootstrapOptions {
  std::string account;
  std::string region;
  std::string stage;
  bool destroy = false;
};

struct Options {
  Command command = Command::None;
  std::string home;                 ///< empty: $CLS_HOME, else ~/.local/share/clusterless
  std::vector<std::string> stores;  ///< --store: `s3://bucket=…`
  std::string substrate;            ///< empty: the placement's provider
  operate::Format output = operate::Format::Table;
  bool local_time = false;  ///< in tables
  int verbose = 0;
  bool quiet = false;     ///< no progress
  std::string log;        ///< text or json; empty: $CLS_LOG, else text
  std::string log_level;  ///< empty: $CLS_LOG_LEVEL, else what -v says

  std::vector<std::string> projects;  ///< -p; `-` is standard input
  std::string out;                    ///< verify, bootstrap: a folder for templates; empty: none
  std::string since;                  ///< now, all, a time or a lot id; audit: a lot id
  bool until_idle = false;
  bool seal = false;
  /// retry: [ARC [LOTS]]; destroy: [NAME:VERSION]; enable, disable: [PROJECT] [NAME];
  /// help: [TOPIC]; completion: SHELL
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
  // logs
  std::string attempt;
  std::optional<std::size_t> lines;  ///< the last ones only
  bool follow = false;
  bool only_stdout = false;
  bool only_stderr = false;
  std::string graph_format = "dot";  ///< dot, mermaid or svg
  // local
  std::string arc;
  std::string lot;
  std::string role;
  std::string manifest_state;
  std::string scratch;
  bool run = false;
  bool watch = false;           ///< status
  bool records = false;         ///< status: nothing from the index
  bool exit_code = false;       ///< diff: 6 where there are changes
  bool delete_records = false;  ///< destroy: the project's past too, but for its data
  ShowOptions show;
  ExecutionOptions execution;
  BootstrapOptions bootstrap;
  PlacementOptions placements;
  JsonnetOptions jsonnet;
  PartOptions parts;
  ConfigOptions config;
  std::vector<std::string> properties;    ///< -D
  std::string template_name = "command";  ///< init
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
