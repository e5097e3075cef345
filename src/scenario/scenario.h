// SPDX-License-Identifier: Apache-2.0
// Scenario: what a scenario.txt says, line by line. Grammar: docs/formats/scenario.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/regex.h"
#include "record/ledger.h"
#include "record/places.h"

namespace cls::scenario {

/// A time: fixed, or relative to the scenario's clock when its line is reached.
struct Moment {
  std::optional<Instant> fixed;
  std::chrono::seconds offset{0};  ///< from the clock, where nothing is fixed

  Instant at(Instant clock) const { return fixed ? *fixed : clock + offset; }
};

struct SetVariable {
  std::string name;
  std::string value;
};
struct Edit {
  std::string path;  ///< relative to the sandbox
  std::string from;  ///< literal, must occur
  std::string to;
};
struct Write {
  std::string path;
  Moment modified;
  std::optional<unsigned> count;    ///< xN: `{n}` in path and text is 1…N
  std::optional<std::string> text;  ///< absent: the path
};
struct Rename {
  std::string from;
  std::string to;
};
struct Delete {
  std::string path;
};
struct MoveClock {
  Moment to;
};
struct Run {
  std::vector<std::string> arguments;  ///< without `cls`
  int exit_code = 0;
};
struct RememberRecords {};
/// Files as other programs make them, under the machine's own clock.
struct Hold {
  std::string path;  ///< opened, if it is not yet, and left open
  std::string text;  ///< appended
};
struct Close {
  std::string path;
};
struct Link {
  std::string from;
  std::string to;
};
struct Symlink {
  std::string target;  ///< as it is
  std::string path;
};
struct Up {
  std::vector<std::string> arguments;  ///< behind `cls up`
};
struct Stop {};

/// Whether what is named must be there or must not.
enum class Wanted : std::uint8_t { Present, Absent };
enum class Stream : std::uint8_t { Out, Err };

struct ExpectManifest {
  std::string dataset;  ///< name, or name/version
  std::string lot;
  record::ManifestState state = record::ManifestState::complete;
  std::vector<std::string> members;
};
struct ExpectNoManifest {
  std::string dataset;
  std::string lot;
  std::optional<record::ManifestState> state;  ///< absent: of no state
};
struct ExpectState {
  std::string arc;  ///< name, or project/version/name
  std::string lot;
  std::string state;  ///< empty: there must be no claim
};
struct ExpectLine {
  Wanted wanted = Wanted::Present;
  std::string boundary;
  std::string uri;
  std::optional<record::Decision> decision;
  std::optional<std::string> lot;
  std::optional<model::Regex> reason;
};
struct ExpectOutput {
  Wanted wanted = Wanted::Present;
  Stream stream = Stream::Out;
  std::string pattern;
  model::Regex regex;
};
struct ExpectFile {
  Wanted wanted = Wanted::Present;
  std::string path;
  std::string pattern;  ///< empty: whatever is in it
  std::optional<model::Regex> regex;
};
struct ExpectRecordsUnchanged {};
struct ExpectProcesses {
  std::size_t count = 0;
};

using Action =
    std::variant<SetVariable, Edit, Write, Rename, Delete, MoveClock, Run, RememberRecords, Hold,
                 Close, Link, Symlink, Up, Stop, ExpectManifest, ExpectNoManifest, ExpectState,
                 ExpectLine, ExpectOutput, ExpectFile, ExpectRecordsUnchanged, ExpectProcesses>;

struct Step {
  std::size_t line = 0;
  std::string text;  ///< as written, for messages
  Action action;
  bool patient = false;  ///< an expectation that is waited for
};

struct Scenario {
  Instant start{};
  int audit_exit = 0;  ///< what the audit at the end has to exit with
  std::vector<Step> steps;
};

}  // namespace cls::scenario
