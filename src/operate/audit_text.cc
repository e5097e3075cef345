// SPDX-License-Identifier: Apache-2.0
#include "operate/audit_text.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "base/text.h"
#include "operate/report_cells.h"

namespace cls::operate {

namespace {

/// The promises as people know them.
constexpr std::array<std::string_view, 7> promise_names{"",
                                                        "no object is lost",
                                                        "a published revision is kept",
                                                        "one claim per arc and lot",
                                                        "complete means complete",
                                                        "nothing half-done is visible",
                                                        "records are the truth"};

std::string name_of_promise(unsigned number) {
  return format("{} {}", number,
                number < promise_names.size() ? promise_names.at(number) : std::string_view());
}

Report promise_table(const flow::AuditReport& report) {
  Report table{.columns = {"promise", "result", "lots", "members", "bytes", "violations"}};
  for (const auto& check : report.promises) {
    if (!check.checked) {
      table.rows.push_back({name_of_promise(check.promise), "not checked", {}, {}, {}, {}});
      continue;
    }
    table.rows.push_back({name_of_promise(check.promise), check.violations == 0 ? "kept" : "broken",
                          cell_of(check.lots), cell_of(check.members), cell_of(check.bytes),
                          cell_of(check.violations)});
  }
  return table;
}

/// The places that a violation names, in one line.
std::string place_of(const flow::AuditViolation& violation) {
  std::string out;
  const auto add = [&](std::string_view what, const std::optional<std::string>& text) {
    if (!text) return;
    if (!out.empty()) out += ' ';
    out += what;
    out += *text;
  };
  add("dataset ", violation.dataset);
  add("arc ", violation.arc);
  add("lot ", violation.lot);
  add("", violation.uri);
  return out;
}

std::string for_people(const flow::AuditReport& report, const Look& look) {
  std::string out = render(promise_table(report), Format::Table, look);
  std::uint64_t violations = 0;
  for (const auto& check : report.promises) violations += check.violations;
  for (const auto& violation : report.violations) {
    const std::string place = place_of(violation);
    out += format("promise {}: {}{}{}\n", violation.promise, place, place.empty() ? "" : ": ",
                  violation.message);
  }
  for (const auto& note : report.notes) out += format("note: {}\n", note);
  const auto open = std::ranges::count_if(
      report.repairs, [](const auto& one) { return !one.done && !one.failure; });
  if (open > 0) {
    out += format(
        "{} can be done from records: cls audit --repair does it, --repair --dry-run "
        "says what\n",
        counted(static_cast<std::uint64_t>(open), "repair"));
  }
  out += violations == 0 ? "no violations\n"
                         : format("{} violation{}\n", violations, violations == 1 ? "" : "s");
  return out;
}

std::string line_of(const flow::AuditRepair& one) {
  const std::string what = one.failure ? "cannot be done"
                           : one.done  ? "done"
                                       : std::string("to do");
  std::string line = format("{}: {} {} of {}: {} {}", what, json::name_of(one.action), one.lot,
                            one.arc ? "arc " + *one.arc : "boundary " + one.boundary.value_or(""),
                            one.uri, one.why);
  if (one.failure) line += format("; {}", *one.failure);
  return line + "\n";
}

}  // namespace

std::string render_plan(const flow::AuditReport& report) {
  if (report.repairs.empty()) return "nothing can be mended from records\n";
  std::string out;
  for (const auto& one : report.repairs) out += line_of(one);
  return out;
}

std::string render(const flow::AuditReport& report, Format format, const Look& look) {
  if (format == Format::Table) return for_people(report, look);
  if (format == Format::Json) return json::to_pretty(json::encode(report)) + "\n";
  Report table{.columns = {"promise", "dataset", "arc", "lot", "uri", "message"}};
  for (const auto& violation : report.violations) {
    table.rows.push_back({static_cast<std::int64_t>(violation.promise), cell_of(violation.dataset),
                          cell_of(violation.arc), cell_of(violation.lot), cell_of(violation.uri),
                          violation.message});
  }
  return render(table, format);
}

}  // namespace cls::operate
