// SPDX-License-Identifier: Apache-2.0
#include "sim/campaign.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>

#include "base/format.h"
#include "base/text.h"

namespace cls::sim {

namespace {

/// From so many seeds on, a pair of fault and effect that never came is a failure.
constexpr std::uint64_t enough_seeds = 2000;
constexpr unsigned shrinking_runs = 400;
constexpr std::size_t shown_lines = 120;

constexpr std::string_view usage =
    R"(usage: cls-sim [--seeds N] [--from S] [--family F] [--port-bug B]
       cls-sim --seed S [--trace] [--without N,N…] [--family F] [--port-bug B]
       cls-sim --day [--seeds N]
)";

struct Arguments {
  std::uint64_t seeds = 100;
  std::uint64_t from = 1;
  bool one = false;
  bool shrinks = true;
  bool expect = false;  ///< a violation has to be found
  std::set<unsigned> without;
  ScriptOptions script;
  RunOptions run;
};

void say(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Takes one option with a value; false where there is no such option or value.
bool take_value(Arguments& to, const std::string& option, const std::string& value) {
  const auto number = number_of(value);
  if (option == "--seeds" && number) {
    to.seeds = *number;
  } else if (option == "--from" && number) {
    to.from = *number;
  } else if (option == "--seed" && number) {
    to.from = *number;
    to.seeds = 1;
    to.one = true;
  } else if (option == "--family") {
    to.script.family = value;
    return std::ranges::count(family_names(), value) > 0;
  } else if (option == "--port-bug") {
    const auto bug = json::from_name<PortBug>(value);
    to.run.bug = bug.value_or(PortBug::None);
    return bug.has_value();
  } else if (option == "--without") {
    for (const auto& part : split(value, ',')) {
      const auto one = number_of(part);
      if (!one) return false;
      to.without.insert(static_cast<unsigned>(*one));
    }
  } else {
    return false;
  }
  return true;
}

std::optional<Arguments> parse(const std::vector<std::string>& arguments) {
  Arguments parsed;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& option = arguments[i];
    if (option == "--trace") {
      parsed.run.trace = true;
    } else if (option == "--day") {
      parsed.script.day = true;
    } else if (option == "--no-faults") {
      parsed.script.faults = false;
    } else if (option == "--no-shrink") {
      parsed.shrinks = false;
    } else if (option == "--expect-violation") {
      parsed.expect = true;
    } else if (i + 1 < arguments.size() && take_value(parsed, option, arguments[i + 1])) {
      ++i;
    } else {
      return std::nullopt;
    }
  }
  return parsed;
}

std::string join_numbers(const std::set<unsigned>& numbers) {
  std::string text;
  for (const unsigned number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

void print_trace(const std::vector<std::string>& trace) {
  const std::size_t first = trace.size() > shown_lines ? trace.size() - shown_lines : 0;
  if (first > 0) say(format("  … {} lines before\n", first));
  for (std::size_t i = first; i < trace.size(); ++i) say("  " + trace[i] + "\n");
}

/// Says what is broken, and the smallest script that still breaks it.
void explain(const Script& script, const Arguments& arguments, const RunReport& report) {
  say(format("seed {} ({}) breaks a promise:\n", script.seed, script.family));
  for (const auto& violation : report.violations) say("  " + violation + "\n");
  if (!arguments.shrinks) return;
  const auto left_out = shrink(script, arguments.run, arguments.without, shrinking_runs);
  const Script small = without(script, left_out);
  RunOptions traced = arguments.run;
  traced.trace = true;
  const auto again = run_script(small, traced);
  say("shrunk to:\n");
  for (unsigned number = 1; number <= script.numbers; ++number) {
    if (!left_out.contains(number)) say(format("  {}. {}\n", number, describe(script, number)));
  }
  for (const auto& violation : again.violations) say("  " + violation + "\n");
  print_trace(again.trace);
  say(format("repeat: cls-sim --seed {}{}{} --trace --without {}\n", script.seed,
             arguments.script.family.empty() ? "" : " --family " + arguments.script.family,
             arguments.run.bug == PortBug::None
                 ? ""
                 : format(" --port-bug {}", json::name_of(arguments.run.bug)),
             join_numbers(left_out)));
}

void print_hits(const Hits& hits) {
  say(format("{:<18} {:>9}", "side effect", "calls"));
  for (const auto& [kind, name] : json::names_of<FaultKind>) say(format(" {:>12}", name));
  say("\n");
  for (const auto& [effect, name] : json::names_of<Effect>) {
    const auto e = static_cast<std::size_t>(effect);
    say(format("{:<18} {:>9}", name, hits.effects[e]));
    for (const auto& faults : hits.faults) say(format(" {:>12}", faults[e]));
    say("\n");
  }
  for (const auto& [kind, name] : json::names_of<StepKind>) {
    say(format("{} {}, ", name, hits.steps[static_cast<std::size_t>(kind)]));
  }
  for (const auto& [message, what] : json::names_of<Message>) {
    for (const auto& [fault, how] : json::names_of<MessageFault>) {
      say(format(
          "{} {} {}, ", what, how,
          hits.messages[static_cast<std::size_t>(message)][static_cast<std::size_t>(fault)]));
    }
  }
  say("\n");
}

/// What a campaign counts.
struct Totals {
  Hits hits;
  std::uint64_t broken = 0;
  std::uint64_t calls = 0;
  std::uint64_t lots = 0;
  std::uint64_t claims = 0;
  double worst = 0;
  std::uint64_t worst_seed = 0;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

RunReport run_one(std::uint64_t seed, const Arguments& arguments, Totals& totals) {
  const auto start = std::chrono::steady_clock::now();
  const Script whole = make_script(seed, arguments.script);
  const Script script = without(whole, arguments.without);
  auto report = run_script(script, arguments.run);
  const double took = seconds_since(start);
  if (took > totals.worst) {
    totals.worst = took;
    totals.worst_seed = seed;
  }
  totals.hits.add(report.hits);
  totals.calls += report.calls;
  totals.lots += report.lots;
  totals.claims += report.claims;
  if (report.violations.empty()) return report;
  ++totals.broken;
  if (arguments.expect) return report;
  if (arguments.run.trace) {
    for (const auto& violation : report.violations) say("  " + violation + "\n");
  } else {
    explain(whole, arguments, report);
  }
  return report;
}

/// With a broken port: the first seed that finds it ends the campaign.
int expect_violation(const Arguments& arguments) {
  Totals totals;
  for (std::uint64_t i = 0; i < arguments.seeds; ++i) {
    const auto report = run_one(arguments.from + i, arguments, totals);
    if (report.violations.empty()) continue;
    say(format("{} found by seed {}, the {}. tried: {}\n", json::name_of(arguments.run.bug),
               arguments.from + i, i + 1, report.violations.front()));
    return 0;
  }
  say(format("{} not found by {} seeds\n", json::name_of(arguments.run.bug), arguments.seeds));
  return 1;
}

int run_all(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  Totals totals;
  for (std::uint64_t i = 0; i < arguments.seeds; ++i) {
    const auto report = run_one(arguments.from + i, arguments, totals);
    if (arguments.run.trace) {
      for (const auto& line : report.trace) say(line + "\n");
    }
  }
  const double took = seconds_since(start);
  if (!arguments.one) print_hits(totals.hits);
  say(
      format("{} seeds, {} broken; {} lots, {} claims, {} calls of the store; "
             "{:.1f} s, {:.1f} ms "
             "a seed, at most {:.0f} ms (seed {})\n",
             arguments.seeds, totals.broken, totals.lots, totals.claims, totals.calls, took,
             took * 1000 / static_cast<double>(std::max<std::uint64_t>(arguments.seeds, 1)),
             totals.worst * 1000, totals.worst_seed));
  std::vector<std::string> missing;
  if (arguments.seeds >= enough_seeds) missing = never_hit(totals.hits);
  for (const auto& line : missing) say("never hit: " + line + "\n");
  return totals.broken > 0 || !missing.empty() ? 1 : 0;
}

}  // namespace

std::set<unsigned> shrink(const Script& script, const RunOptions& options,
                          const std::set<unsigned>& without_these, unsigned most_runs) {
  RunOptions quiet = options;
  quiet.trace = false;
  std::set<unsigned> left_out = without_these;
  unsigned runs = 0;
  // In halves, quarters, …: whole stretches of a script are often of no account.
  for (unsigned size = std::max(1U, script.numbers / 2); size > 0 && runs < most_runs;) {
    bool progress = false;
    for (unsigned first = 1; first <= script.numbers && runs < most_runs; first += size) {
      std::set<unsigned> tried = left_out;
      for (unsigned n = first; n < first + size && n <= script.numbers; ++n) tried.insert(n);
      if (tried == left_out) continue;
      ++runs;
      if (run_script(without(script, tried), quiet).violations.empty()) continue;
      left_out = std::move(tried);
      progress = true;
    }
    if (size > 1 || !progress) size /= 2;
  }
  return left_out;
}

std::vector<std::string> never_hit(const Hits& hits) {
  std::vector<std::string> missing;
  for (const auto& [effect, name] : json::names_of<Effect>) {
    for (const auto& [kind, fault] : json::names_of<FaultKind>) {
      if (hits.faults.at(static_cast<std::size_t>(kind)).at(static_cast<std::size_t>(effect)) > 0) {
        continue;
      }
      if (!cannot_be(kind, effect)) missing.push_back(format("{} of '{}'", fault, name));
    }
  }
  for (const auto& [kind, name] : json::names_of<StepKind>) {
    if (hits.steps.at(static_cast<std::size_t>(kind)) == 0) missing.emplace_back(name);
  }
  for (const auto& [message, what] : json::names_of<Message>) {
    for (const auto& [kind, how] : json::names_of<MessageFault>) {
      const auto count =
          hits.messages.at(static_cast<std::size_t>(message)).at(static_cast<std::size_t>(kind));
      if (count == 0) missing.push_back(format("{} {}", what, how));
    }
  }
  return missing;
}

int campaign_main(const std::vector<std::string>& arguments) {
  const auto parsed = parse(arguments);
  if (!parsed) {
    std::fputs(std::string(usage).c_str(), stderr);
    return 2;
  }
  return parsed->expect ? expect_violation(*parsed) : run_all(*parsed);
}

}  // namespace cls::sim
