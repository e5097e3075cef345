// SPDX-License-Identifier: Apache-2.0
#include "scenario/runner.h"

#include <variant>

#include "base/error.h"
#include "base/format.h"
#include "scenario/expect.h"

namespace cls::scenario {

namespace {

/// Of `await`; machines are slow and shared.
constexpr std::chrono::seconds patience{60};
constexpr std::chrono::milliseconds look{20};

/// The end of a text, for a message.
std::string shown(const std::string& text) {
  constexpr std::size_t most = 4000;
  return text.size() <= most ? text : "…" + text.substr(text.size() - most);
}

std::string describe(const Outcome& outcome) {
  return format("`{}` exited with {}\n--- stdout\n{}--- stderr\n{}---", outcome.command,
                outcome.exit_code, shown(outcome.out), shown(outcome.err));
}

/// One run of a scenario.
class Performance {
 public:
  Performance(const Scenario& scenario, std::string file, Stage& stage)
      : scenario_(scenario),
        file_(std::move(file)),
        stage_(stage),
        records_(stage.files(), stage.sandbox().stores()),
        expectations_(records_, stage) {}

  std::vector<std::string> run() {
    for (const auto& step : scenario_.steps) {
      const auto done = step.patient ? await(step.action) : act_on(step.action);
      if (done) continue;
      failures_.push_back(
          format("{}:{}: {}: {}", file_, step.line, step.text, done.error().message));
      if (!is_expectation(step.action)) return std::move(failures_);
    }
    audit();
    return std::move(failures_);
  }

  /// As they are now.
  Result<RecordTexts> records() { return record_texts(records_); }

 private:
  static bool is_expectation(const Action& action) {
    return std::visit([](const auto& one) { return requires(Expectations& e) { e.check(one); }; },
                      action);
  }

  Result<> act_on(const Action& action) {
    stage_.keep_up();
    return std::visit([&](const auto& one) { return act(one); }, action);
  }

  /// What is expected of a `cls up` comes in its own time.
  Result<> await(const Action& expectation) {
    SystemClock clock;
    const auto end = clock.monotonic() + patience;
    while (true) {
      auto done = act_on(expectation);
      if (done || clock.monotonic() > end) return done;
      clock.sleep_for(look);
    }
  }

  void audit() {
    const auto& outcome = stage_.run({"audit"});
    if (outcome.exit_code == scenario_.audit_exit) return;
    failures_.push_back(format("{}: the audit at the end should exit with {}: {}", file_,
                               scenario_.audit_exit, describe(outcome)));
  }

  Result<> act(const SetVariable& set) {
    stage_.set(set.name, set.value);
    return {};
  }
  Result<> act(const Up& up) {
    auto done = stage_.act(up);
    return done ? records_.learn_datasets() : done;
  }
  template <class Acted>
    requires requires(Stage& stage, const Acted& one) { stage.act(one); }
  Result<> act(const Acted& one) {
    return stage_.act(one);
  }
  Result<> act(const Edit& edit) { return stage_.sandbox().edit(edit); }
  Result<> act(const Write& write) {
    return stage_.sandbox().write(write, stage_.files(), stage_.clock());
  }
  Result<> act(const Rename& rename) { return stage_.sandbox().rename(rename, stage_.files()); }
  Result<> act(const Delete& what) { return stage_.sandbox().remove(what); }
  Result<> act(const MoveClock& move) {
    stage_.move_clock(move.to.at(stage_.clock().now()));
    return {};
  }
  Result<> act(const Run& run) {
    const auto& outcome = stage_.run(run.arguments);
    if (outcome.exit_code != run.exit_code) return fail(FailureCode::Conflict, describe(outcome));
    return records_.learn_datasets();
  }
  Result<> act(const RememberRecords&) {
    auto digests = records_.digests();
    if (!digests) return pass(std::move(digests));
    expectations_.remember_records(std::move(*digests));
    return {};
  }
  template <class Expected>
    requires requires(Expectations& e, const Expected& one) { e.check(one); }
  Result<> act(const Expected& expected) {
    auto checked = expectations_.check(expected);
    if (!checked && is_output(expected)) checked.error().message += "; " + describe(stage_.last());
    return checked;
  }
  static bool is_output(const auto& expected) {
    return std::is_same_v<std::decay_t<decltype(expected)>, ExpectOutput>;
  }

  const Scenario& scenario_;
  std::string file_;
  Stage& stage_;
  Records records_;
  Expectations expectations_;
  std::vector<std::string> failures_;
};

}  // namespace

Report run_scenario(const Scenario& scenario, const std::string& directory, const Playing& playing,
                    const Command& command) {
  Stage stage(directory, scenario.start, command, playing.program, playing.where);
  Performance performance(scenario, directory + "/scenario.txt", stage);
  Report report{.failures = performance.run(), .sandbox = stage.sandbox().root(), .records = {}};
  auto records = performance.records();
  if (records) report.records = std::move(*records);
  if (playing.keep == Keep::Always || !report.failures.empty()) stage.sandbox().keep();
  return report;
}

}  // namespace cls::scenario
