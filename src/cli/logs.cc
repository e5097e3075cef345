// SPDX-License-Identifier: Apache-2.0
// cls logs: what an attempt wrote to its standard output and standard error.
#include <algorithm>
#include <array>
#include <atomic>

#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/stop_request.h"
#include "cli/workspace.h"
#include "local/attempt_logs.h"
#include "operate/report_cells.h"

namespace cls::cli {

namespace {

using local::AttemptLog;

constexpr std::size_t piece_bytes = std::size_t{1} << 20U;
constexpr std::chrono::milliseconds follow_pause{200};
/// Rows of --list.
constexpr std::size_t most_listed = 1000;

std::string described(const AttemptLog& log) {
  std::string text = format("attempt {}", log.attempt);
  if (!log.subject.arc.empty()) {
    text +=
        format(" of {} {} {}", log.subject.project.to_string(), log.subject.arc, log.subject.lot);
  }
  if (!log.end) return text + ": runs, or was killed\n";
  text += ": " + log.end->end;
  if (log.end->code) text += format(" {}", *log.end->code);
  if (log.end->wallMs)
    text += format(" after {:.1f} s", static_cast<double>(*log.end->wallMs) / 1000);
  if (log.end->reason) text += ": " + *log.end->reason;
  return text + "\n";
}

/// One of the files of an attempt, printed as far as it goes.
class Tail {
 public:
  Tail(World& world, std::string path) : world_(world), path_(std::move(path)) {}

  /// Skips all but the last lines; what is larger than a piece is cut at its front.
  void skip_to_last(std::size_t lines) {
    const auto status = world_.files.status(path_, true);
    if (!status) return;
    at_ = status->size > piece_bytes ? status->size - piece_bytes : 0;
    const auto bytes = world_.files.read(path_, at_, piece_bytes);
    if (!bytes) return;
    std::size_t begin = bytes->size();
    if (begin > 0 && bytes->back() == '\n') --begin;
    for (std::size_t i = 0; i < lines && begin != std::string::npos; ++i) {
      begin = begin == 0 ? std::string::npos : bytes->rfind('\n', begin - 1);
    }
    if (begin != std::string::npos) at_ += begin + 1;
  }

  bool has_more() const {
    const auto status = world_.files.status(path_, true);
    return status && status->size > at_;
  }

  /// Prints what is new.
  void print() {
    while (true) {
      const auto bytes = world_.files.read(path_, at_, piece_bytes);
      if (!bytes || bytes->empty()) return;
      world_.console.out(*bytes);
      at_ += bytes->size();
    }
  }

 private:
  World& world_;
  std::string path_;
  std::uint64_t at_ = 0;
};

/// The files asked for, each under a headline where there are two.
class Output {
 public:
  Output(const Options& options, World& world, const AttemptLog& log)
      : world_(world),
        tails_{Tail(world, log.folder + "/stdout"), Tail(world, log.folder + "/stderr")} {
    const bool both = !options.only_stdout && !options.only_stderr;
    shown_ = {both || options.only_stdout, both || options.only_stderr};
    if (options.lines) {
      for (auto& tail : tails_) tail.skip_to_last(*options.lines);
    }
  }

  void print() {
    static constexpr std::array<std::string_view, 2> names{"stdout", "stderr"};
    for (std::size_t i = 0; i < tails_.size(); ++i) {
      if (!shown_[i] || !tails_[i].has_more()) continue;
      if (shown_[0] && shown_[1] && last_ != i) {
        world_.console.out(format("==> {} <==\n", names[i]));
        last_ = i;
      }
      tails_[i].print();
    }
  }

 private:
  World& world_;
  std::array<Tail, 2> tails_;
  std::array<bool, 2> shown_{};
  std::size_t last_ = 2;
};

/// To its end, or until its process is found dead.
void follow(World& world, Output& output, const AttemptLog& log, const std::string& directory) {
  std::atomic<bool> stopped = false;
  StopRequest stop(world, [](int signal) { return 128 + signal; });
  const StopRequest::Listener listener(stop, [&stopped] { stopped = true; });
  while (!stopped) {
    const auto group = local::group_of(world.files, directory, log.attempt);
    const bool ended = local::end_of(world.files, log.folder) || (group && !group->lives);
    output.print();
    if (ended || world.console.out_lost()) return;
    world.clock.sleep_for(follow_pause);
  }
}

operate::Report listed(const std::vector<AttemptLog>& logs) {
  operate::Report report{.columns = {"attempt", "project.name", "project.version", "arc", "lot",
                                     "end", "code", "wallMs", "folder"}};
  const auto number = [](const std::optional<std::int64_t>& value) -> operate::Cell {
    return value ? operate::Cell(*value) : operate::Cell();
  };
  for (const auto& log : logs) {
    const auto end = log.end.value_or(local::AttemptEnd{});
    report.rows.push_back({log.attempt, log.subject.project.name, log.subject.project.version,
                           log.subject.arc, log.subject.lot,
                           log.end ? operate::Cell(end.end) : operate::Cell(), number(end.code),
                           number(end.wallMs), log.folder});
  }
  return report;
}

Error none_found(const local::AttemptQuery& query, const local::Home& home,
                 const flow::Deployment& deployment) {
  std::vector<std::string> arcs;
  for (const auto& arc : deployment.arcs()) arcs.push_back(arc.arc->name);
  if (!query.arc.empty() && std::ranges::find(arcs, query.arc) == arcs.end()) {
    const auto near = closest(query.arc, arcs);
    return Error(format("no arc '{}' is deployed, and no attempt of one has a folder{}", query.arc,
                        near ? format("; did you mean '{}'?", *near) : ""));
  }
  std::string what = "no attempt";
  if (!query.attempt.empty()) what += " " + query.attempt;
  if (!query.arc.empty()) what += " of arc " + query.arc;
  if (!query.lot.empty()) what += " and lot " + query.lot;
  return Error(
      format("{} has a folder in {}: copies leave none, folders of old attempts are "
             "removed, and cls arcs status --list says which lots there are",
             what, home.attempts()));
}

}  // namespace

int logs(const Options& options, World& world) {
  const auto home = existing_home(options, world);
  local::AttemptQuery query{.attempt = options.attempt, .project = {}, .arc = {}, .lot = {}};
  if (!options.project_filter.empty()) query.project = options.project_filter.front();
  if (!options.arguments.empty()) query.arc = options.arguments.front();
  if (options.arguments.size() > 1) query.lot = options.arguments[1];
  const auto found =
      local::find_attempts(world.files, home->attempts(), query, options.list ? most_listed : 1);
  if (!found) throw Error(found.error());
  if (options.list) {
    world.console.out(operate::render(listed(*found), options.output, look_of(options, world)));
    return 0;
  }
  if (found->empty()) throw none_found(query, *home, *deployed_in(*home, world).deployment);
  const AttemptLog& log = found->front();
  world.console.err(described(log));
  Output output(options, world, log);
  output.print();
  if (options.follow && !log.end) follow(world, output, log, home->attempts());
  return 0;
}

}  // namespace cls::cli
