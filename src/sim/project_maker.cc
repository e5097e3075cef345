// SPDX-License-Identifier: Apache-2.0
#include "sim/project_maker.h"

#include <algorithm>
#include <string_view>

#include "base/format.h"
#include "sim/family.h"

namespace cls::sim {

namespace {

/// Arcs are a0 to a7 at most: the number in a name is one digit.
constexpr unsigned most_arcs = 8;

/// The number at the end of the name of an arc, or of its first sink.
char number_of(const std::string& name) {
  return name.back();
}

model::SinkDataset sink_of(std::string_view kind, unsigned arc) {
  model::SinkDataset sink;
  sink.name = format("{}{}", kind, arc);
  sink.version = "1";
  sink.pathURI = format("s3://data/{}/", sink.name);
  return sink;
}

}  // namespace

std::vector<model::ProjectPlan> ProjectMaker::make() {
  std::vector<model::ProjectPlan> projects;
  model::ProjectPlan plan;
  plan.project = {"p", "1"};
  plan.placement.provider = "local";
  for (unsigned i = 0; i < recipe_.boundaries; ++i) plan.boundaries.push_back(boundary(i));
  for (; arcs_ < recipe_.arcs; ++arcs_) plan.arcs.push_back(arc(arcs_));
  if (recipe_.older > 0) read_older(plan);
  projects.push_back(plan);
  for (unsigned i = 0; i < recipe_.redeploys; ++i) {
    change(plan, i);
    projects.push_back(plan);
  }
  return projects;
}

void ProjectMaker::change(model::ProjectPlan& plan, unsigned number) {
  for (auto& one : plan.arcs) {
    if (shape_.chance(0.5)) one.declaration = format("d{}", number + 2);
  }
  if (shape_.chance(0.5)) plan.boundaries.front().settle = std::chrono::seconds(30);
  if (recipe_.empty == model::EmptyLots::publish && shape_.chance(0.5)) {
    auto& empty_lots = plan.boundaries.front().empty_lots;
    const bool skips = empty_lots == model::EmptyLots::skip;
    empty_lots = skips ? model::EmptyLots::publish : model::EmptyLots::skip;
  }
  if (recipe_.moved) {
    // What an arc declares is named by a hash of it.
    for (auto& one : plan.arcs) one.declaration += "+";
    move_sinks(plan);
    if (shape_.chance(0.5)) come_or_go(plan);
    if (shape_.chance(0.3)) silence(plan);
  }
  if (plan.arcs.size() < 5 && arcs_ < most_arcs && shape_.chance(0.3)) {
    plan.arcs.push_back(arc(arcs_++));
    plan.arcs.back().declaration = format("added{}", number);
    follow_sinks(plan, plan.arcs.back());
  }
}

model::BoundaryPlan ProjectMaker::boundary(unsigned number) {
  model::BoundaryPlan plan;
  plan.name = format("b{}", number);
  plan.dataset.name = format("in{}", number);
  plan.dataset.version = "1";
  plan.dataset.pathURI = boundary_path(number);
  plan.unit = unit_;
  plan.arrival = recipe_.arrival;
  plan.lot_source = recipe_.source;
  if (recipe_.source == LotSource::keyTimestampRegex) {
    plan.key_regex = shape_.pick(std::vector{epoch_in_key, date_in_key, hour_in_key});
  }
  plan.settle = std::chrono::seconds(shape_.pick(std::vector{0, 10, 60}));
  plan.lateness = recipe_.lateness;
  plan.empty_lots = recipe_.empty;
  plan.max_ahead_lots = recipe_.max_ahead;
  plan.overwrites = recipe_.overwrites;
  plan.filter.excludes = {"**/skip-*"};
  plan.hide_unfinished = shape_.chance(0.8);
  return plan;
}

/// Datasets by number: those of the boundaries, then those of the arcs.
model::ArcPlan ProjectMaker::arc(unsigned number) {
  model::ArcPlan plan;
  plan.name = format("a{}", number);
  plan.type = "core:copyArc";
  plan.attempts = static_cast<unsigned>(shape_.between(2, 4));
  plan.lease = std::chrono::seconds(shape_.pick(std::vector{20, 60}));
  plan.concurrency = shape_.chance(0.3) ? 1 : 4;
  plan.parallel = 1;  // in the fiber itself
  plan.declaration = "d1";
  plan.workload = model::CopyPlan{.filter = {},
                                  .partial_fraction = 0,
                                  .on_conflict = recipe_.on_conflict,
                                  .rename = {},
                                  .partition = {}};
  const unsigned datasets = recipe_.boundaries + number;
  const auto first = recipe_.revised && number > 0 ? recipe_.boundaries + number - 1
                                                   : static_cast<unsigned>(shape_.below(datasets));
  plan.sources.emplace_back("main", source(first, true));
  roots_[number] = roots_of(first);
  if (datasets > 1 && shape_.chance(recipe_.boundaries > 1 ? 0.6 : 0.2)) {
    const unsigned second =
        (first + 1 + static_cast<unsigned>(shape_.below(datasets - 1))) % datasets;
    // Of two datasets that have files of one boundary, two would want one key.
    const bool apart = (roots_of(first) & roots_of(second)) == 0;
    plan.sources.emplace_back("other", source(second, apart));
    if (apart) roots_[number] |= roots_of(second);
  }
  // The same dataset in another role.
  if (!day_ && shape_.chance(0.05)) plan.sources.emplace_back("twin", source(first, true));
  plan.sinks.emplace_back("main", sink_of("out", number));
  if (!day_ && shape_.chance(0.25)) plan.sinks.emplace_back("side", sink_of("side", number));
  return plan;
}

model::SourceDataset ProjectMaker::source(unsigned dataset, bool subscribe) const {
  model::SourceDataset declared;
  declared.name = dataset < recipe_.boundaries ? format("in{}", dataset)
                                               : format("out{}", dataset - recipe_.boundaries);
  declared.version = "1";
  declared.subscribe = subscribe;
  return declared;
}

unsigned ProjectMaker::roots_of(unsigned dataset) {
  return dataset < recipe_.boundaries ? 1U << dataset : roots_[dataset - recipe_.boundaries];
}

/// A source is what its arc writes now.
void ProjectMaker::follow_sinks(const model::ProjectPlan& plan, model::ArcPlan& reader) {
  for (auto& [role, source] : reader.sources) {
    if (!source.name.starts_with("out") && !source.name.starts_with("moved")) continue;
    const auto producer = std::ranges::find_if(plan.arcs, [&](const model::ArcPlan& one) {
      return number_of(one.name) == number_of(source.name);
    });
    if (producer != plan.arcs.end()) source.name = producer->sinks.front().second.name;
  }
}

/// Another dataset for the first sink of an arc, or the one it had, which its readers follow. The
/// second one, which nobody reads, goes and comes.
void ProjectMaker::move_sinks(model::ProjectPlan& plan) {
  const bool first = shape_.chance(0.6);
  auto& arc = plan.arcs[first ? 0 : static_cast<std::size_t>(shape_.below(plan.arcs.size()))];
  const auto number = static_cast<unsigned>(number_of(arc.name) - '0');
  auto& sinks = arc.sinks;
  const bool back = sinks.front().second.name.starts_with("moved");
  sinks.front().second = sink_of(back ? "out" : "moved", number);
  // The same dataset at another place.
  if (shape_.chance(0.3)) sinks.front().second.pathURI = format("s3://data/place{}/", number);
  if (sinks.size() > 1) {
    sinks.pop_back();
  } else if (shape_.chance(0.5)) {
    sinks.emplace_back("side", sink_of("side", number));
  }
  for (auto& reader : plan.arcs) follow_sinks(plan, reader);
}

/// An arc is taken out of the project, while others may read what it wrote; or one that was comes
/// back.
void ProjectMaker::come_or_go(model::ProjectPlan& plan) {
  if (!gone_.empty() && shape_.chance(0.5)) {
    plan.arcs.push_back(std::move(gone_.back()));
    gone_.pop_back();
    plan.arcs.back().declaration += "+";
    for (auto& reader : plan.arcs) follow_sinks(plan, reader);
  } else if (plan.arcs.size() > 1) {
    const auto which =
        plan.arcs.begin() + static_cast<std::ptrdiff_t>(shape_.below(plan.arcs.size()));
    gone_.push_back(std::move(*which));
    plan.arcs.erase(which);
  }
}

/// An arc subscribes to nothing any more, and runs only when somebody says so; or to what it did.
void ProjectMaker::silence(model::ProjectPlan& plan) {
  auto& arc = plan.arcs[static_cast<std::size_t>(shape_.below(plan.arcs.size()))];
  const auto before = silent_.find(arc.name);
  if (before != silent_.end()) {
    for (std::size_t i = 0; i < arc.sources.size(); ++i) {
      arc.sources[i].second.subscribe = before->second[i];
    }
    silent_.erase(before);
    return;
  }
  auto& subscribed = silent_[arc.name];
  for (auto& [role, source] : arc.sources) {
    subscribed.push_back(source.subscribe);
    source.subscribe = false;
  }
}

/// Datasets of an older tool, and arcs that read them.
void ProjectMaker::read_older(model::ProjectPlan& plan) {
  model::SourceDataset old;
  old.name = older_dataset;
  old.version = "1";
  auto& sources = plan.arcs.front().sources;
  old.subscribe = shape_.chance(0.6);
  if (shape_.chance(old.subscribe ? 0.5 : 0.2)) sources.clear();
  sources.insert(shape_.chance(0.5) ? sources.begin() : sources.end(), {"old", old});
}

}  // namespace cls::sim
