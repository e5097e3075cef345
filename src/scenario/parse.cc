// SPDX-License-Identifier: Apache-2.0
#include "scenario/parse.h"

#include <array>
#include <utility>

#include "base/format.h"
#include "base/text.h"
#include "scenario/line.h"

namespace cls::scenario {

namespace {

constexpr std::uint64_t most_files = 100'000;

Action read_set(Line& line) {
  const std::string word = line.need("NAME=VALUE");
  const auto equals = word.find('=');
  if (equals == 0 || equals == std::string::npos) {
    line.complain(format("no variable: '{}' (NAME=VALUE; quote the whole of it)", word));
    return SetVariable{};
  }
  return SetVariable{word.substr(0, equals), word.substr(equals + 1)};
}

/// `s/from/to/`; whatever follows the `s` separates.
Action read_edit(Line& line) {
  Edit edit{.path = line.need_path(), .from = {}, .to = {}};
  const std::string word = line.need("s/FROM/TO/");
  const auto parts =
      word.size() > 1 && word[0] == 's' ? split(word, word[1]) : std::vector<std::string>{};
  if (parts.size() != 4 || parts[1].empty() || !parts[3].empty()) {
    line.complain(format("no edit: '{}' (s/FROM/TO/, or another character than /)", word));
    return edit;
  }
  edit.from = parts[1];
  edit.to = parts[2];
  return edit;
}

Action read_write(Line& line) {
  Write write{.path = line.need_path(), .modified = line.need_moment("@"), .count = {}, .text = {}};
  const Word* word = line.peek();
  if (word != nullptr && !word->quoted && word->text.starts_with('x')) {
    Line count(word->text.substr(1));
    write.count = static_cast<unsigned>(count.need_number("xN", most_files));
    line.complain(count.problem());
    line.need("xN");
    if (write.path.find("{n}") == std::string::npos) {
      line.complain("with xN the path needs {n}, or every file would be the same one");
    }
  }
  if (line.more()) {
    if (!line.peek()->quoted) line.complain(format("'{}' is no \"text\"", line.peek()->text));
    write.text = line.need("text");
  }
  return write;
}

Action read_rename(Line& line) {
  Rename rename{.from = line.need_path(), .to = {}};
  if (!line.take("→") && !line.take("->")) line.complain("an arrow is missing (→ or ->)");
  rename.to = line.need_path();
  return rename;
}

Action read_run(Line& line) {
  Run run{.arguments = line.need_before_arrow("CMD"), .exit_code = 0};
  run.exit_code = static_cast<int>(line.need_number("EXIT", 255));
  if (!run.arguments.empty() && run.arguments.front() != "cls") {
    line.complain(format("no command of cls: '{}' (cls …)", run.arguments.front()));
  }
  if (!run.arguments.empty()) run.arguments.erase(run.arguments.begin());
  return run;
}

Action read_hold(Line& line) {
  Hold hold{.path = line.need_path(), .text = {}};
  hold.text = line.need("text");
  return hold;
}

Action read_link(Line& line) {
  const Rename both = std::get<Rename>(read_rename(line));
  return Link{.from = both.from, .to = both.to};
}

Action read_symlink(Line& line) {
  Symlink symlink{.target = line.need("TARGET"), .path = {}};
  if (!line.take("→") && !line.take("->")) line.complain("an arrow is missing (→ or ->)");
  symlink.path = line.need_path();
  return symlink;
}

Action read_up(Line& line) {
  Up up;
  while (line.more()) up.arguments.push_back(line.need("WORD"));
  return up;
}

Action read_remember(Line& line) {
  if (!line.take("records")) line.complain("only records can be remembered");
  return RememberRecords{};
}

Action expect_manifest(Line& line, Wanted wanted) {
  const std::string dataset = line.need("DATASET");
  const std::string lot = line.need_lot();
  if (wanted == Wanted::Absent) {
    ExpectNoManifest none{.dataset = dataset, .lot = lot, .state = {}};
    if (line.more()) none.state = line.need_name<record::ManifestState>("STATE");
    return none;
  }
  ExpectManifest expected{.dataset = dataset, .lot = lot, .state = {}, .members = {}};
  std::string state = line.need("STATE");
  const bool lists = state.ends_with(':');
  if (lists) state.pop_back();
  Line word(state);
  expected.state = word.need_name<record::ManifestState>("STATE");
  line.complain(word.problem());
  if (!lists && line.more()) line.complain("a ':' is missing between the state and the members");
  while (line.more()) expected.members.push_back(line.need("member"));
  return expected;
}

Action expect_state(Line& line, Wanted wanted) {
  ExpectState expected{.arc = line.need("ARC"), .lot = line.need_lot(), .state = {}};
  if (wanted == Wanted::Absent) return expected;
  expected.state = line.need("STATE");
  static constexpr std::array states{"running", "retrying", "complete", "partial", "missing"};
  for (const auto* state : states) {
    if (expected.state == state) return expected;
  }
  line.complain(
      format("no STATE: '{}' (running, retrying, complete, partial or missing)", expected.state));
  return expected;
}

Action expect_line(Line& line, Wanted wanted) {
  ExpectLine expected{.wanted = wanted,
                      .boundary = line.need("BOUNDARY"),
                      .uri = line.need("URI"),
                      .decision = {},
                      .lot = {},
                      .reason = {}};
  const auto at_pattern = [&line] { return line.peek() != nullptr && line.peek()->text == "~"; };
  if (wanted == Wanted::Present || (line.more() && !at_pattern())) {
    expected.decision = line.need_name<record::Decision>("DECISION");
  }
  if (line.more() && !at_pattern()) expected.lot = line.need_lot();
  if (line.more()) expected.reason = line.compile(line.need_pattern());
  return expected;
}

Action expect_output(Line& line, Wanted wanted, Stream stream) {
  const std::string pattern = line.need_pattern();
  return ExpectOutput{
      .wanted = wanted, .stream = stream, .pattern = pattern, .regex = line.compile(pattern)};
}

Action expect_stdout(Line& line, Wanted wanted) {
  return expect_output(line, wanted, Stream::Out);
}

Action expect_stderr(Line& line, Wanted wanted) {
  return expect_output(line, wanted, Stream::Err);
}

Action expect_file(Line& line, Wanted wanted) {
  ExpectFile expected{.wanted = wanted, .path = line.need_path(), .pattern = {}, .regex = {}};
  if (line.more()) {
    expected.pattern = line.need_pattern();
    expected.regex = line.compile(expected.pattern);
  }
  return expected;
}

Action expect_records(Line& line, Wanted wanted) {
  if (wanted == Wanted::Absent || !line.take("unchanged")) {
    line.complain("of records it can only be expected that they are unchanged");
  }
  return ExpectRecordsUnchanged{};
}

Action expect_processes(Line& line, Wanted wanted) {
  if (wanted == Wanted::Absent) line.complain("expect processes 0");
  return ExpectProcesses{line.need_number("N", most_files)};
}

struct Statement {
  std::string_view word;
  Action (*read)(Line& line);
};
constexpr std::array statements{
    Statement{"set", read_set},
    Statement{"edit", read_edit},
    Statement{"write", read_write},
    Statement{"rename", read_rename},
    Statement{"delete", [](Line& line) -> Action { return Delete{line.need_path()}; }},
    Statement{"clock", [](Line& line) -> Action { return MoveClock{line.need_moment("")}; }},
    Statement{"run", read_run},
    Statement{"remember", read_remember},
    Statement{"hold", read_hold},
    Statement{"close", [](Line& line) -> Action { return Close{line.need_path()}; }},
    Statement{"link", read_link},
    Statement{"symlink", read_symlink},
    Statement{"up", read_up},
    Statement{"stop", [](Line&) -> Action { return Stop{}; }}};

struct Expectation {
  std::string_view word;
  Action (*read)(Line& line, Wanted wanted);
};
constexpr std::array expectations{
    Expectation{"manifest", expect_manifest}, Expectation{"state", expect_state},
    Expectation{"line", expect_line},         Expectation{"stdout", expect_stdout},
    Expectation{"stderr", expect_stderr},     Expectation{"file", expect_file},
    Expectation{"records", expect_records},   Expectation{"processes", expect_processes}};

/// One of a table by its first word; a problem that names all of them where there is none.
template <class Table>
const typename Table::value_type* find_in(const Table& table, Line& line, std::string_view what,
                                          std::string_view others) {
  const std::string word = line.need(what);
  std::string names(others);
  for (const auto& entry : table) {
    if (entry.word == word) return &entry;
    names += ", " + std::string(entry.word);
  }
  line.complain(format("no {}: '{}' (there are {})", what, word, names));
  return nullptr;
}

/// Reads one scenario; holds what was seen so far.
class Parser {
 public:
  explicit Parser(const std::string& file) : file_(file) {
    parsed_.scenario.start = instant_of(2023, 1, 1, 12).value();
  }

  void read(std::size_t number, std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos || text[begin] == '#') return;
    Line line(text);
    const bool patient = line.take("await");
    if (patient && line.peek() != nullptr && line.peek()->text == "audit") {
      line.complain("the audit is made at the end; nothing waits for it");
    }
    auto action = patient ? read_expect(line) : read_action(line);
    line.end();
    if (!line.problem().empty()) {
      problem(number, line.problem());
    } else if (action) {
      parsed_.scenario.steps.push_back({number, std::string(text), std::move(*action), patient});
    }
  }

  Parsed finish() {
    if (!expects_) problem(0, "a scenario has to expect something");
    return std::move(parsed_);
  }

 private:
  void problem(std::size_t number, const std::string& what) {
    const std::string place = number > 0 ? format("{}:{}", file_, number) : file_;
    parsed_.problems.push_back(place + ": " + what);
  }

  std::optional<Action> read_action(Line& line) {
    if (line.take("start")) return read_start(line);
    if (line.take("expect")) return read_expect(line);
    const auto* statement = find_in(statements, line, "statement", "start, expect, await");
    if (statement == nullptr) return std::nullopt;
    acts_ = true;
    return statement->read(line);
  }

  std::optional<Action> read_start(Line& line) {
    const Moment moment = line.need_moment("");
    if (moment.fixed) {
      parsed_.scenario.start = *moment.fixed;
    } else {
      line.complain("start needs a fixed time (2023-01-01T12:00:00Z)");
    }
    if (std::exchange(acts_, true)) line.complain("start comes once, before all else");
    return std::nullopt;
  }

  std::optional<Action> read_expect(Line& line) {
    acts_ = true;
    expects_ = true;
    if (line.take("audit")) {
      parsed_.scenario.audit_exit = static_cast<int>(line.need_number("EXIT", 255));
      return std::nullopt;
    }
    const Wanted wanted = line.take("no") ? Wanted::Absent : Wanted::Present;
    const auto* expectation = find_in(expectations, line, "expectation", "audit");
    if (expectation == nullptr) return std::nullopt;
    return expectation->read(line, wanted);
  }

  const std::string& file_;
  Parsed parsed_;
  bool acts_ = false;
  bool expects_ = false;
};

}  // namespace

Parsed parse_scenario(std::string_view text, const std::string& file) {
  Parser parser(file);
  std::size_t number = 0;
  for (const auto& line : split(text, '\n')) parser.read(++number, line);
  return parser.finish();
}

}  // namespace cls::scenario
