// SPDX-License-Identifier: Apache-2.0
// A table instead of CLI11: no commands, no completion, and a header that costs seconds less.
#include "user_scenario/options.h"

#include <array>
#include <charconv>
#include <string_view>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "cli/app.h"
#include "cli/page_text.h"

namespace cls::user_scenario {

namespace {

using Target =
    std::variant<std::monostate, bool Options::*, std::string Options::*, unsigned Options::*>;

struct OptionRow {
  std::string_view name;
  std::string_view short_name;
  std::string_view value;  ///< empty: a flag
  Target target;
  std::string_view doc;
};

constexpr std::array rows{
    OptionRow{"--scenarios", "-f", "DIR", &Options::scenarios,
              "Where scenario.json files are looked for, 20 levels deep; or one such file "
              "(required)"},
    OptionRow{"--virtual-time", "", "", &Options::virtual_time,
              "Wait for nothing: time is moved by hand, from 2026-01-01 on"},
    OptionRow{"--jobs", "-j", "N", &Options::jobs, "So many scenarios at once, 1 to 64 [4]"},
    OptionRow{"--stop-on-failure", "", "", &Options::stop_on_failure,
              "End at the first failed scenario"},
    OptionRow{"--junit", "", "FILE", &Options::junit, "Write a report in JUnit's XML"},
    OptionRow{"--cls-app", "", "PATH", &Options::cls_app, "The cls to run [cls, found on PATH]"},
    OptionRow{"--home", "", "DIR", &Options::home,
              "One home for all scenarios [one of its own for each]"},
    OptionRow{"--work", "", "DIR", &Options::work,
              "Where logs and homes are kept; absent or empty [a scratch folder, removed unless a "
              "scenario fails]"},
    OptionRow{"--dry-run", "", "", &Options::dry_run,
              "Give --dry-run to cls; upload and watch nothing"},
    OptionRow{"--verify-on-dry-run", "", "", &Options::verify_on_dry_run,
              "In a dry run, run verify without --dry-run"},
    OptionRow{"--verify-only", "", "", &Options::verify_only, "Only verify the projects"},
    OptionRow{"--deploy-destroy-only", "", "", &Options::deploy_destroy_only,
              "Upload and watch nothing"},
    OptionRow{"--disable-destroy", "", "", &Options::disable_destroy,
              "Leave everything deployed, and keep logs and homes"},
    OptionRow{"--quiet", "-q", "", &Options::quiet, "Show no bar on a terminal"},
    OptionRow{"--server", "", "HOST:PORT", &Options::server,
              "Accepted, not used: there is no workflow server"},
    OptionRow{"--help", "-h", "", {}, "Print this help and end"},
    OptionRow{"--version", "-V", "", {}, "Print the version and end"}};

constexpr std::string_view usage = "usage: cls-scenario -f DIR [OPTIONS]\n";
/// Where the texts beside the options begin.
constexpr std::size_t column = 29;

Answer wrong(const std::string& message) {
  return {.exit_code = static_cast<int>(ExitCode::Usage),
          .out = {},
          .err = format("cls-scenario: {}\n{}See cls-scenario --help.\n", message, usage)};
}

const OptionRow* find_row(std::string_view name) {
  for (const auto& row : rows) {
    if (row.name == name || (!row.short_name.empty() && row.short_name == name)) return &row;
  }
  return nullptr;
}

std::string unknown(const std::string& name) {
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (const auto& row : rows) names.emplace_back(row.name);
  const auto near = closest(name, names);
  return near ? format("there is no option {}; did you mean {}?", name, *near)
              : format("there is no option {}", name);
}

/// What --name=VALUE gives, or the next argument.
class Words {
 public:
  explicit Words(const std::vector<std::string>& words) : words_(words) {}

  bool next() {
    if (at_ == words_.size()) return false;
    name_ = words_[at_++];
    inline_.reset();
    const auto equals = name_.find('=');
    if (name_.starts_with("--") && equals != std::string::npos) {
      inline_ = name_.substr(equals + 1);
      name_.resize(equals);
    }
    return true;
  }
  const std::string& name() const { return name_; }
  bool has_inline_value() const { return inline_.has_value(); }
  std::optional<std::string> value() {
    if (inline_) return inline_;
    if (at_ == words_.size() || words_[at_].starts_with("--")) return std::nullopt;
    return words_[at_++];
  }

 private:
  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  std::string name_;
  std::optional<std::string> inline_;
};

/// What is wrong with the value of an option; empty if nothing is.
std::string take_value(const OptionRow& row, const std::optional<std::string>& value,
                       Options& options) {
  if (!value || value->empty()) return format("{} needs a value: {}", row.name, row.value);
  if (const auto* text = std::get_if<std::string Options::*>(&row.target)) {
    if (!(options.*(*text)).empty()) return format("{} is given twice", row.name);
    options.*(*text) = *value;
    return {};
  }
  unsigned number = 0;
  const char* end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc() || stop != end || number < 1 || number > 64) {
    return format("{}: '{}' is no number from 1 to 64", row.name, *value);
  }
  options.*std::get<unsigned Options::*>(row.target) = number;
  return {};
}

/// What does not go together, or is missing; empty if nothing is.
std::string check(const Options& options) {
  if (options.scenarios.empty()) return "where are the scenarios? -f DIR is missing";
  if (options.verify_only && options.deploy_destroy_only) {
    return "--verify-only and --deploy-destroy-only exclude each other";
  }
  if (options.verify_on_dry_run && !options.dry_run) {
    return "--verify-on-dry-run says something about --dry-run, which is missing";
  }
  if (options.virtual_time && !options.cls_app.empty()) {
    return "--virtual-time runs the engine that is within cls-scenario, whose clock can be moved; "
           "leave --cls-app out";
  }
  if (options.virtual_time && !options.home.empty()) {
    return "--virtual-time would write times of 2026 into a home that others use; leave --home out";
  }
  return {};
}

}  // namespace

std::string help_text() {
  std::string text =
      "Deploys projects, lets objects arrive, and waits for what is expected: "
      "scenarios, one per\nscenario.json below a folder.\n\n";
  text += usage;
  text += "\nOptions:\n";
  for (const auto& row : rows) {
    std::string names = row.short_name.empty() ? "    " : format("{}, ", row.short_name);
    names += row.name;
    if (!row.value.empty()) names += format(" {}", row.value);
    cli::append_row(text, names, row.doc, column);
  }
  text +=
      "\nThe exit code is the number of scenarios that failed, at most 125; 2: this command "
      "line is wrong;\n74: a named file is not there; 130 and 143: ended by a signal.\n";
  return text;
}

std::variant<Options, Answer> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  Words words(arguments);
  while (words.next()) {
    const OptionRow* row = find_row(words.name());
    if (row == nullptr) {
      return wrong(words.name().starts_with('-')
                       ? unknown(words.name())
                       : format("what is '{}'? A folder is named by -f", words.name()));
    }
    if (row->name == "--help") return Answer{.exit_code = 0, .out = help_text(), .err = {}};
    if (row->name == "--version") {
      return Answer{.exit_code = 0, .out = format("cls-scenario {}\n", cli::version), .err = {}};
    }
    if (const auto* flag = std::get_if<bool Options::*>(&row->target)) {
      if (words.has_inline_value()) return wrong(format("{} takes no value", row->name));
      options.*(*flag) = true;
      continue;
    }
    if (const auto problem = take_value(*row, words.value(), options); !problem.empty()) {
      return wrong(problem);
    }
  }
  if (const auto problem = check(options); !problem.empty()) return wrong(problem);
  return options;
}

}  // namespace cls::user_scenario
