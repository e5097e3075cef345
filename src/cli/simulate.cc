// SPDX-License-Identifier: Apache-2.0
// cls simulate: runs projects in virtual time with made-up arrivals, and says what became of them.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "base/format.h"
#include "base/process_usage.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/page_text.h"
#include "cli/workspace.h"
#include "json/fields.h"
#include "model/plan_of.h"
#include "operate/report_cells.h"
#include "sim/forecast.h"

namespace cls::cli {

namespace {

using operate::Cell;
using operate::cell_of;

/// The number that all of the text is.
template <class T>
std::optional<T> number_in(std::string_view text) {
  T number{};
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

Error unreadable(std::string_view option, const std::string& text, std::string_view right) {
  return Error(format("{} '{}' cannot be read: {}", option, text, right), ExitCode::Usage);
}

double share_of(std::string_view option, const std::string& text) {
  const auto percent =
      text.ends_with('%') ? number_in<double>(text.substr(0, text.size() - 1)) : std::nullopt;
  const bool is_share = percent && *percent >= 0 && *percent <= 100;
  if (!is_share) {
    throw unreadable(option, text, "write a percentage from 0% to 100%, as 1% or 0.5%");
  }
  return *percent / 100;
}

sim::ArrivalRate rate_of(const std::string& text) {
  static const std::map<std::string, std::chrono::seconds> spans{{"s", std::chrono::seconds(1)},
                                                                 {"min", std::chrono::minutes(1)},
                                                                 {"h", std::chrono::hours(1)},
                                                                 {"day", std::chrono::hours(24)}};
  constexpr std::uint64_t most = 1'000'000'000;  // far too many, and small enough to reckon with
  const auto parts = split(text, '/');
  const auto count = number_in<std::uint64_t>(parts.front());
  const auto span = parts.size() == 2 ? spans.find(parts.back()) : spans.end();
  if (!count || *count > most || span == spans.end()) {
    throw unreadable("--arrivals", text, "write N/s, N/min, N/h or N/day, as 100/min");
  }
  return {.count = *count, .per = span->second};
}

std::chrono::seconds span_of(std::string_view option, const std::string& text,
                             std::chrono::seconds most) {
  const auto span = parse_duration(text);
  if (!span) throw unreadable(option, text, span.error().message);
  if (*span > most) {
    throw unreadable(option, text,
                     format("it is longer than {} hours",
                            std::chrono::duration_cast<std::chrono::hours>(most).count()));
  }
  return *span;
}

sim::ForecastOptions asked_of(const Options& options, const World& world) {
  constexpr std::chrono::hours longest_outage{24 * sim::most_days};
  constexpr std::chrono::hours longest_attempt{24 * 7};
  return {.days = options.days,
          .arrivals = rate_of(options.arrivals),
          .duplicates = share_of("--duplicates", options.duplicates),
          .late = share_of("--late", options.late),
          .outage = span_of("--outage", options.outage, longest_outage),
          .duration = span_of("--duration", options.duration, longest_attempt),
          .failures = share_of("--failures", options.failures),
          .seed = options.seed,
          .progress = world.progress};
}

std::vector<model::ProjectPlan> plans_of(const CheckedProjects& checked) {
  std::vector<model::Deployable> deployables;
  deployables.reserve(checked.documents.size());
  for (const auto& document : checked.documents) deployables.push_back(document.model);
  const auto merged = model::merged(std::move(deployables));
  std::vector<model::ProjectPlan> plans;
  plans.reserve(merged.size());
  for (const auto& one : merged) plans.push_back(model::plan_of(one));
  return plans;
}

/// What one thing came to: names as in JSON, and values.
using Figures = std::vector<std::pair<std::string, Cell>>;

Figures figures_of(const sim::BoundaryForecast& boundary) {
  return {{"arrivals", cell_of(boundary.arrivals)},
          {"duplicates", cell_of(boundary.duplicates)},
          {"duplicatesDropped", cell_of(boundary.duplicates_dropped)},
          {"lots", cell_of(boundary.lots)},
          {"emptyLots", cell_of(boundary.empty_lots)},
          {"late", cell_of(boundary.late)},
          {"rejected", cell_of(boundary.rejected)},
          {"unlisted", cell_of(boundary.unlisted)}};
}

/// Seconds to a tenth.
Cell seconds_cell(double seconds) {
  return std::round(seconds * 10) / 10;
}

Figures figures_of(const sim::ArcForecast& arc) {
  const auto lag = [&](double sim::Lag::* which) {
    return arc.lag ? seconds_cell((*arc.lag).*which) : Cell();
  };
  return {{"complete", cell_of(arc.complete)}, {"partial", cell_of(arc.partial)},
          {"missing", cell_of(arc.missing)},   {"unfinished", cell_of(arc.unfinished)},
          {"attempts", cell_of(arc.attempts)}, {"failed", cell_of(arc.failed)},
          {"retries", cell_of(arc.retries)},   {"lagP50Sec", lag(&sim::Lag::p50)},
          {"lagP99Sec", lag(&sim::Lag::p99)},  {"lagMaxSec", lag(&sim::Lag::most)},
          {"backlog", cell_of(arc.backlog)}};
}

Figures figures_of(const sim::CallCounts& calls) {
  return {{"conditionalWrites", cell_of(calls.conditional)},
          {"otherWrites", cell_of(calls.plain)},
          {"reads", cell_of(calls.reads)},
          {"listings", cell_of(calls.listings)}};
}

json::Value value_of(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return json::Value::string(*text);
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return json::Value::number(*number);
  if (const auto* real = std::get_if<double>(&cell)) {
    json::Value value = json::Value::number(0);
    value.text = format("{:.1f}", *real);
    return value;
  }
  return {};
}

json::Value object_of(const Figures& figures) {
  json::Value object = json::Value::object();
  for (const auto& [name, cell] : figures) {
    if (!std::holds_alternative<std::monostate>(cell)) object.add(name, value_of(cell));
  }
  return object;
}

/// What the simulation itself took; no part of what is forecast.
struct Effort {
  double seconds = 0;
  std::uint64_t resident_bytes = 0;
};

Figures figures_of(const sim::ForecastReport& report, const Effort& effort) {
  return {{"days", cell_of(std::uint64_t{report.days})},
          {"lanes", cell_of(report.lanes)},
          {"outageAt", cell_of(report.outage)},
          {"storeCalls", cell_of(report.cost.total.all())},
          {"violations", cell_of(std::uint64_t{report.violations.size()})},
          {"wallSec", seconds_cell(effort.seconds)},
          {"residentMiB", cell_of(effort.resident_bytes >> 20U)}};
}

template <class T>
json::Value array_of(const std::vector<T>& list) {
  json::Value array = json::Value::array();
  for (const auto& one : list) {
    Figures figures{{"project", one.project}, {"name", one.name}};
    for (auto& figure : figures_of(one)) figures.push_back(std::move(figure));
    array.items.push_back(object_of(figures));
  }
  return array;
}

std::string as_json(const sim::ForecastReport& report, const Effort& effort) {
  json::Value value = object_of(figures_of(report, effort));
  value.add("audited", json::Value::boolean_value(report.audited));
  value.add("boundaries", array_of(report.boundaries));
  value.add("arcs", array_of(report.arcs));
  json::Value cost = json::Value::object();
  cost.add("all", object_of(figures_of(report.cost.total)));
  cost.add("emptyLots", object_of(figures_of(report.cost.of_empty)));
  json::Value kinds = json::Value::object();
  for (const auto& [name, count] : report.cost.kinds) {
    kinds.add(name, json::Value::number(static_cast<std::int64_t>(count)));
  }
  cost.add("calls", std::move(kinds));
  value.add("cost", std::move(cost));
  value.add("broken", json::encode(report.violations));
  value.add("notes", json::encode(report.notes));
  return json::to_pretty(value) + "\n";
}

/// A row per figure.
operate::Report rows_of(const sim::ForecastReport& report, const Effort& effort) {
  operate::Report rows{.columns = {"about", "project", "name", "figure", "value"}};
  const auto add = [&](std::string_view about, const Cell& project, const Cell& name,
                       const Figures& figures) {
    for (const auto& [figure, cell] : figures) {
      rows.rows.push_back({std::string(about), project, name, figure, cell});
    }
  };
  for (const auto& one : report.boundaries) {
    add("boundary", one.project, one.name, figures_of(one));
  }
  for (const auto& one : report.arcs) add("arc", one.project, one.name, figures_of(one));
  add("calls", {}, {}, figures_of(report.cost.total));
  add("callsOfEmptyLots", {}, {}, figures_of(report.cost.of_empty));
  add("all", {}, {}, figures_of(report, effort));
  return rows;
}

template <class T>
std::string table_of(const std::string& what, const std::vector<T>& list,
                     const operate::Look& look) {
  if (list.empty()) return "";
  operate::Report table{.columns = {"project", what}, .key_columns = 2};
  for (const auto& [name, cell] : figures_of(list.front())) table.columns.push_back(name);
  for (const auto& one : list) {
    std::vector<Cell> row{one.project, one.name};
    for (auto& [name, cell] : figures_of(one)) row.push_back(std::move(cell));
    table.rows.push_back(std::move(row));
  }
  return operate::render(table, operate::Format::Table, look);
}

std::string per_lot(const sim::CallCounts& calls, std::uint64_t lots) {
  const auto each = [&](std::uint64_t count) {
    return static_cast<double>(count) / static_cast<double>(std::max<std::uint64_t>(lots, 1));
  };
  return format("{:.1f} conditional writes, {:.1f} other writes, {:.1f} reads, {:.1f} listings",
                each(calls.conditional), each(calls.plain), each(calls.reads),
                each(calls.listings));
}

sim::CallCounts without(sim::CallCounts all, const sim::CallCounts& less) {
  all.conditional -= less.conditional;
  all.plain -= less.plain;
  all.reads -= less.reads;
  all.listings -= less.listings;
  return all;
}

std::string cost_text(const sim::ForecastReport& report) {
  const auto& cost = report.cost;
  std::string text = "store calls:";
  std::string_view before = " ";
  for (const auto& [name, count] : cost.kinds) {
    text += format("{}{} {}", before, name, count);
    before = ", ";
  }
  text += format("\na lot with objects, and all arcs on it: {}\n",
                 per_lot(without(cost.total, cost.of_empty), cost.lots));
  if (cost.empty_lots == 0) return text + "no lot was published empty: that costs nothing\n";
  const auto& empty = cost.of_empty;
  const auto a_day = [&](std::uint64_t count) {
    return static_cast<double>(count) / static_cast<double>(report.days);
  };
  return text + format(
                    "an empty lot, and all arcs on it: {}\n"
                    "empty lots: {:.0f} a day; {:.0f} writes, {:.0f} reads and {:.0f} listings "
                    "a day\n",
                    per_lot(empty, cost.empty_lots), a_day(cost.empty_lots),
                    a_day(empty.conditional + empty.plain), a_day(empty.reads),
                    a_day(empty.listings));
}

/// Each line filled into the columns of a terminal.
std::string filled(const std::string& text, const operate::Look& look) {
  if (look.width == 0) return text;
  std::string out;
  for (const auto& line : split(text, '\n')) {
    if (!line.empty()) append_filled(out, line, 2, look.width);
  }
  return out;
}

std::string for_people(const sim::ForecastReport& report, const Effort& effort,
                       const operate::Look& look) {
  std::string text = cost_text(report);
  if (report.outage) text += format("outage from {} on\n", *report.outage);
  text += format("{}, {} lots at once at most, {} store calls; simulated in {:.1f} s with {} MiB\n",
                 counted(report.days, "day"), report.lanes, report.cost.total.all(), effort.seconds,
                 effort.resident_bytes >> 20U);
  for (const auto& violation : report.violations) text += format("broken: {}\n", violation);
  if (report.audited && report.violations.empty()) {
    text += "audited: no promise was broken\n";
  }
  for (const auto& note : report.notes) text += format("note: {}\n", note);
  return table_of("boundary", report.boundaries, look) + table_of("arc", report.arcs, look) +
         filled(text, look);
}

bool lost_any(const sim::ForecastReport& report) {
  return std::ranges::any_of(report.boundaries, [](const auto& one) { return one.unlisted > 0; });
}

}  // namespace

int simulate(const Options& options, World& world) {
  const auto asked = asked_of(options, world);
  const auto checked = check_projects(options, world, Purpose::RunHere);
  if (!checked) return static_cast<int>(checked.error());
  const auto begun = world.clock.monotonic();
  const auto report = sim::forecast(plans_of(*checked), asked);
  if (!report) throw Error(report.error().message, ExitCode::Usage);
  const Effort effort{
      .seconds = std::chrono::duration<double>(world.clock.monotonic() - begun).count(),
      .resident_bytes = process_usage().resident_bytes};
  if (options.output == operate::Format::Table) {
    world.console.out(for_people(*report, effort, look_of(options, world)));
  } else if (options.output == operate::Format::Json) {
    world.console.out(as_json(*report, effort));
  } else {
    world.console.out(operate::render(rows_of(*report, effort), options.output));
  }
  const bool broken = !report->violations.empty() || lost_any(*report);
  return static_cast<int>(broken ? ExitCode::Trouble : ExitCode::Ok);
}

}  // namespace cls::cli
