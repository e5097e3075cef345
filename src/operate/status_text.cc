// SPDX-License-Identifier: Apache-2.0
// The texts of a status.
#include <algorithm>

#include "base/byte_size.h"
#include "base/format.h"
#include "operate/report_cells.h"
#include "operate/status.h"

namespace cls::operate {

namespace {

/// For people: without the fraction.
Cell short_time(const std::optional<std::string>& text, const Look& look) {
  if (!text) return {};
  const auto at = parse_instant(*text);
  if (!at) return *text;
  return look.local_time ? format_local_seconds(*at) : format_instant_seconds(*at);
}

Cell readable_lag(std::int64_t seconds) {
  return seconds == 0 ? Cell() : Cell(readable_duration(std::chrono::seconds(seconds)));
}

std::string boundary_table(const std::vector<BoundaryStatus>& boundaries, const Look& look) {
  Report table{.columns = {"project", "boundary", "enabled", "openLots", "lastArrival", "lastLot",
                           "rejected", "late", "unread"},
               .key_columns = 2};
  for (const auto& row : boundaries) {
    table.rows.push_back({row.project.to_string(), row.name, row.enabled, cell_of(row.openLots),
                          short_time(row.lastArrival, look), cell_of(row.lastLot),
                          cell_of(row.rejected), cell_of(row.late), cell_of(row.unread)});
  }
  return render(table, Format::Table, look);
}

std::string dataset_table(const std::vector<DatasetStatus>& datasets, const Look& look) {
  Report table{.columns = {"dataset", "lastLot", "complete", "empty", "partial", "removed",
                           "members", "bytes"}};
  for (const auto& row : datasets) {
    table.rows.push_back({row.dataset.to_string(), cell_of(row.lastLot), cell_of(row.complete),
                          cell_of(row.empty), cell_of(row.partial), cell_of(row.removed),
                          cell_of(row.members), readable_bytes(row.bytes)});
  }
  return render(table, Format::Table, look);
}

std::string arc_table(const std::vector<ArcStatus>& arcs, const Look& look) {
  Report table{.columns = {"project", "arc", "enabled", "queued", "running", "retrying", "waiting",
                           "complete", "partial", "missing", "oldestRunning", "lag"},
               .key_columns = 2};
  for (const auto& row : arcs) {
    table.rows.push_back({row.project.to_string(), row.name, row.enabled, cell_of(row.queued),
                          cell_of(row.running), cell_of(row.retrying), cell_of(row.waiting),
                          cell_of(row.complete), cell_of(row.partial), cell_of(row.missing),
                          short_time(row.oldestRunning, look), readable_lag(row.lagSec)});
  }
  return render(table, Format::Table, look);
}

/// Of a text with several lines, such as what a program said last, all but the first one indented.
std::string indented(std::string text) {
  constexpr std::string_view indent = "    ";
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    text.insert(at + 1, indent);
  }
  return text;
}

std::string problem_lines(const std::vector<StatusProblem>& problems) {
  if (problems.empty()) return "no problems\n";
  std::string out = "problems\n";
  for (const auto& problem : problems) {
    out += "  " + problem.subject;
    if (problem.lot) out += " " + *problem.lot;
    out += ": " + indented(problem.message);
    if (problem.hint) out += format(" ({})", *problem.hint);
    out += '\n';
  }
  return out;
}

std::string overview(const StatusReport& report, const Look& look) {
  std::string out =
      format("{} at {}\n\n", report.home, std::get<std::string>(short_time(report.at, look)));
  out += boundary_table(report.boundaries, look);
  out += dataset_table(report.datasets, look);
  out += arc_table(report.arcs, look);
  out += problem_lines(report.problems);
  if (report.damagedRecords > 0) {
    out += format(
        "{} that cannot be read {} set aside\n",
        report.damagedRecords == 1 ? "1 record" : format("{} records", report.damagedRecords),
        report.damagedRecords == 1 ? "is" : "are");
  }
  return out;
}

/// One row of the flat form: the columns that it has, by name.
class FlatRows {
 public:
  FlatRows() {
    report_.columns = {"kind"};
    auto& columns = report_.columns;
    const auto placement = placement_columns();
    columns.insert(columns.end(), placement.begin(), placement.end());
    columns.insert(
        columns.end(),
        {"project.name", "project.version", "dataset.name", "dataset.version", "name",
         "enabled",      "openLots",        "lastArrival",  "lastLot",         "rejected",
         "late",         "unread",          "complete",     "empty",           "partial",
         "removed",      "members",         "bytes",        "queued",          "running",
         "retrying",     "waiting",         "missing",      "oldestRunning",   "lagSec"});
  }

  void start(const std::string& kind, const model::Placement& placement) {
    auto& row = report_.rows.emplace_back(placement_cells(placement));
    row.insert(row.begin(), kind);
    row.resize(report_.columns.size());
  }
  void set(std::string_view column, Cell cell) {
    const auto found = std::ranges::find(report_.columns, column);
    report_.rows.back().at(static_cast<std::size_t>(found - report_.columns.begin())) =
        std::move(cell);
  }
  const Report& report() const { return report_; }

 private:
  Report report_;
};

void add_flat(FlatRows& rows, const BoundaryStatus& boundary) {
  rows.start("boundary", boundary.placement);
  rows.set("project.name", boundary.project.name);
  rows.set("project.version", boundary.project.version);
  rows.set("name", boundary.name);
  rows.set("enabled", boundary.enabled);
  rows.set("openLots", cell_of(boundary.openLots));
  rows.set("lastArrival", cell_of(boundary.lastArrival));
  rows.set("lastLot", cell_of(boundary.lastLot));
  rows.set("rejected", cell_of(boundary.rejected));
  rows.set("late", cell_of(boundary.late));
  rows.set("unread", cell_of(boundary.unread));
}

void add_flat(FlatRows& rows, const DatasetStatus& dataset) {
  rows.start("dataset", dataset.placement);
  rows.set("dataset.name", dataset.dataset.name);
  rows.set("dataset.version", dataset.dataset.version);
  rows.set("lastLot", cell_of(dataset.lastLot));
  rows.set("complete", cell_of(dataset.complete));
  rows.set("empty", cell_of(dataset.empty));
  rows.set("partial", cell_of(dataset.partial));
  rows.set("removed", cell_of(dataset.removed));
  rows.set("members", cell_of(dataset.members));
  rows.set("bytes", cell_of(dataset.bytes));
}

void add_flat(FlatRows& rows, const ArcStatus& arc) {
  rows.start("arc", arc.placement);
  rows.set("project.name", arc.project.name);
  rows.set("project.version", arc.project.version);
  rows.set("name", arc.name);
  rows.set("enabled", arc.enabled);
  rows.set("queued", cell_of(arc.queued));
  rows.set("running", cell_of(arc.running));
  rows.set("retrying", cell_of(arc.retrying));
  rows.set("waiting", cell_of(arc.waiting));
  rows.set("complete", cell_of(arc.complete));
  rows.set("partial", cell_of(arc.partial));
  rows.set("missing", cell_of(arc.missing));
  rows.set("oldestRunning", cell_of(arc.oldestRunning));
  rows.set("lagSec", arc.lagSec);
}

}  // namespace

std::string render(const StatusReport& report, Format format, const Look& look) {
  if (format == Format::Table) return overview(report, look);
  if (format == Format::Json) return json::to_pretty(json::encode(report)) + "\n";
  FlatRows rows;
  for (const auto& boundary : report.boundaries) add_flat(rows, boundary);
  for (const auto& dataset : report.datasets) add_flat(rows, dataset);
  for (const auto& arc : report.arcs) add_flat(rows, arc);
  return render(rows.report(), format);
}

}  // namespace cls::operate
