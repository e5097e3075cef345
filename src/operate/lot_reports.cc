// SPDX-License-Identifier: Apache-2.0
#include "operate/lot_reports.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/format.h"
#include "operate/listings.h"
#include "operate/lot_states.h"
#include "operate/report_cells.h"
#include "operate/status_facts.h"

namespace cls::operate {

namespace {

/// The lots of one unit, counted by state.
template <json::NamedEnum State>
struct Tally {
  std::optional<lot::LotId> first;
  std::optional<lot::LotId> last;
  std::array<std::uint64_t, json::names_of<State>.size()> counts{};
  std::uint64_t found = 0;

  void add(lot::LotId lot, const std::optional<State>& state) {
    if (!first || lot < *first) first = lot;
    if (!last || *last < lot) last = lot;
    if (state) ++counts.at(static_cast<std::size_t>(*state));
    ++found;
  }
  Cell of(State state) const { return cell_of(counts.at(static_cast<std::size_t>(state))); }
};

template <json::NamedEnum State>
using Tallies = std::map<lot::LotUnit, Tally<State>>;

Cell cell_of_lot(const std::optional<lot::LotId>& lot) {
  return lot ? Cell(lot->to_string()) : Cell();
}

Cell difference(const std::optional<lot::LotId>& from, const std::optional<lot::LotId>& to) {
  return from && to ? Cell(to->index() - from->index()) : Cell();
}

/// The unit that a dataset's lots will have, from the boundary that its data comes in by.
std::optional<lot::LotUnit> declared_unit(const flow::Deployment& deployment,
                                          const flow::Producer& producer, std::size_t depth = 0) {
  if (const auto* boundary = std::get_if<flow::BoundaryRef>(&producer)) {
    return boundary->boundary->unit;
  }
  const auto* sink = std::get_if<flow::ArcSinkRef>(&producer);
  // Arcs have no cycles; a deployment that was read from records of two tools might.
  if (sink == nullptr || depth > deployment.arcs().size()) return std::nullopt;
  for (const auto& [role, source] : sink->arc.arc->sources) {
    const auto from = deployment.producer_of(sink->arc.project->plan.placement, source.id());
    if (const auto unit = declared_unit(deployment, from, depth + 1)) return unit;
  }
  return std::nullopt;
}

std::vector<std::string> summary_columns(std::vector<std::string> subject,
                                         const std::vector<std::string>& states) {
  subject.insert(subject.end(), {"temporalUnit", "earliest", "earliestFound", "earliestGap",
                                 "latest", "latestFound", "latestGap"});
  subject.insert(subject.end(), states.begin(), states.end());
  subject.insert(subject.end(), {"totalFound", "range", "rangeGap"});
  return subject;
}

template <json::NamedEnum State>
std::vector<Cell> summary_row(std::vector<Cell> row, const LotWindow& window,
                              const std::optional<lot::LotUnit>& unit, const Tally<State>& tally,
                              const std::vector<State>& states) {
  LotWindow::Extent extent;
  if (unit) extent = window.extent(*unit, tally.first, tally.last);
  row.insert(row.end(), {unit ? Cell(unit->report_name()) : Cell(), cell_of_lot(extent.first),
                         cell_of_lot(tally.first), difference(extent.first, tally.first),
                         cell_of_lot(extent.last), cell_of_lot(tally.last),
                         difference(tally.last, extent.last)});
  for (const State state : states) row.push_back(tally.of(state));
  const auto range = static_cast<std::int64_t>(extent.range);
  const auto found = static_cast<std::int64_t>(tally.found);
  row.insert(row.end(), {found, range, range - found});
  return row;
}

/// A row per unit that lots were found of; one of the declared unit where none were (F17).
template <json::NamedEnum State>
void add_summary(Report& report, const std::vector<Cell>& subject, const LotWindow& window,
                 const Tallies<State>& tallies, const std::optional<lot::LotUnit>& declared,
                 const std::vector<State>& states) {
  if (tallies.empty()) {
    report.rows.push_back(summary_row(subject, window, declared, Tally<State>{}, states));
  }
  for (const auto& [unit, tally] : tallies) {
    report.rows.push_back(summary_row(subject, window, std::optional(unit), tally, states));
  }
}

const std::vector<ArcLotState> arc_states{ArcLotState::running, ArcLotState::retrying,
                                          ArcLotState::partial, ArcLotState::missing,
                                          ArcLotState::complete};
const std::vector<record::ManifestState> dataset_states{
    record::ManifestState::removed, record::ManifestState::partial, record::ManifestState::empty,
    record::ManifestState::complete};

template <json::NamedEnum State>
std::vector<std::string> texts_of(const std::vector<State>& states) {
  std::vector<std::string> texts;
  texts.reserve(states.size());
  for (const State state : states) texts.emplace_back(json::name_of(state));
  return texts;
}

using ArcLots = std::vector<std::pair<lot::LotId, std::optional<ArcLotState>>>;

/// The lots of an arc in the order of units and times; what cannot be read goes to the notes.
Result<ArcLots> sorted_lots(StatusFacts& facts, const flow::ArcRef& arc,
                            std::vector<std::string>& notes) {
  auto found = facts.arc_lots(arc, notes);
  if (!found) return pass(std::move(found));
  ArcLots lots;
  lots.reserve(found->size());
  for (const auto& lot : *found) lots.emplace_back(lot.lot, lot.state);
  std::ranges::sort(lots);
  return lots;
}

Report report_of(std::vector<std::string> subject_columns, std::string subject) {
  Report report{.columns = std::move(subject_columns), .subject = std::move(subject)};
  report.subject_columns = report.columns.size();
  return report;
}

}  // namespace

Result<Report> arc_lots(const StatusSources& sources, const ReportFilter& filter) {
  auto window = LotWindow::of(filter);
  if (!window) return pass(std::move(window));
  StatusFacts facts(sources, *window, {});
  Report report = report_of(arc_columns(), "arc");
  report.columns.insert(report.columns.end(), {"lotId", "arcState"});
  for (const auto& arc : selected_arcs(sources.deployment, filter)) {
    auto lots = sorted_lots(facts, arc, report.notes);
    if (!lots) return pass(std::move(lots));
    for (const auto& [lot, state] : *lots) {
      auto row = arc_cells(arc);
      row.emplace_back(lot.to_string());
      row.push_back(state ? Cell(std::string(json::name_of(*state))) : Cell());
      report.rows.push_back(std::move(row));
    }
  }
  return report;
}

Result<Report> arc_summary(const StatusSources& sources, const ReportFilter& filter) {
  auto window = LotWindow::of(filter);
  if (!window) return pass(std::move(window));
  StatusFacts facts(sources, *window, {});
  Report report = report_of(arc_columns(), "arc");
  report.columns = summary_columns(std::move(report.columns), texts_of(arc_states));
  report.json_only = {"retrying"};
  for (const auto& arc : selected_arcs(sources.deployment, filter)) {
    auto lots = sorted_lots(facts, arc, report.notes);
    if (!lots) return pass(std::move(lots));
    Tallies<ArcLotState> tallies;
    for (const auto& [lot, state] : *lots) tallies[lot.unit()].add(lot, state);
    add_summary(report, arc_cells(arc), *window, tallies,
                declared_unit(sources.deployment, flow::ArcSinkRef{arc, {}}), arc_states);
  }
  return report;
}

Result<Report> dataset_lots(const StatusSources& sources, const ReportFilter& filter) {
  auto window = LotWindow::of(filter);
  if (!window) return pass(std::move(window));
  StatusFacts facts(sources, *window, {});
  Report report = report_of(dataset_columns(), "dataset");
  report.columns.insert(report.columns.end(), {"lotId", "manifestState"});
  for (const auto& owned : selected_datasets(sources.deployment, filter)) {
    const auto dataset = owned.dataset->id();
    auto lots = facts.dataset_lots(owned);
    if (!lots) return pass(std::move(lots));
    for (const auto& lot : *lots) {
      auto row = dataset_cells(owned.project->plan.placement, dataset);
      row.insert(row.end(), {lot.lot.to_string(), std::string(json::name_of(lot.state))});
      report.rows.push_back(std::move(row));
    }
  }
  return report;
}

Result<Report> dataset_summary(const StatusSources& sources, const ReportFilter& filter) {
  auto window = LotWindow::of(filter);
  if (!window) return pass(std::move(window));
  StatusFacts facts(sources, *window, {});
  // The reference calls the subject of a summary `manifest`.
  Report report = report_of(dataset_columns(), "manifest");
  report.columns = summary_columns(std::move(report.columns), texts_of(dataset_states));
  for (const auto& owned : selected_datasets(sources.deployment, filter)) {
    const auto dataset = owned.dataset->id();
    auto lots = facts.dataset_lots(owned);
    if (!lots) return pass(std::move(lots));
    Tallies<record::ManifestState> tallies;
    for (const auto& lot : *lots) tallies[lot.lot.unit()].add(lot.lot, lot.state);
    add_summary(report, dataset_cells(owned.project->plan.placement, dataset), *window, tallies,
                declared_unit(sources.deployment, owned.producer), dataset_states);
  }
  return report;
}

}  // namespace cls::operate
