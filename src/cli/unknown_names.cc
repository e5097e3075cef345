// SPDX-License-Identifier: Apache-2.0
#include "cli/unknown_names.h"

#include <set>

#include "base/format.h"
#include "base/text.h"

namespace cls::cli {

namespace {

/// Names, and the same with their version.
class Known {
 public:
  void add(const std::string& name) { near_.insert(name); }
  void add(const std::string& name, const std::string& version) {
    near_.insert(name);
    exact_.insert(name + ":" + version);
  }

  void warn(const std::vector<std::string>& named, std::string_view option, std::string_view what,
            World& world) const {
    for (const auto& name : named) {
      if (near_.contains(name) || exact_.contains(name)) continue;
      // Of a known name, another version was meant.
      const bool is_version = near_.contains(name.substr(0, name.find(':')));
      const std::vector<std::string> candidates(is_version ? exact_.begin() : near_.begin(),
                                                is_version ? exact_.end() : near_.end());
      const auto near = closest(name, candidates);
      world.console.err(format("warning: {} {}: there is no {} of that name{}\n", option, name,
                               what, near ? format("; did you mean '{}'?", *near) : ""));
    }
  }

 private:
  std::set<std::string> near_;
  std::set<std::string> exact_;
};

void add_datasets(const flow::Deployment& deployment, Known& known) {
  for (const auto& boundary : deployment.boundaries()) {
    const auto& dataset = boundary.boundary->dataset;
    known.add(dataset.name, dataset.version);
  }
  for (const auto& arc : deployment.arcs()) {
    for (const auto& [role, sink] : arc.arc->sinks) known.add(sink.name, sink.version);
  }
}

}  // namespace

void warn_of_unknown_names(const Options& options, const flow::Deployment& deployment,
                           World& world) {
  Known projects;
  for (const auto& project : deployment.projects()) {
    projects.add(project->plan.project.name, project->plan.project.version);
  }
  projects.warn(options.project_filter, "--project", "project", world);
  const bool of_arcs = options.command == Command::Arcs || options.command == Command::ArcsStatus;
  const bool of_datasets =
      options.command == Command::Datasets || options.command == Command::DatasetsStatus;
  Known names;
  if (!of_arcs) add_datasets(deployment, names);
  if (!of_datasets) {
    for (const auto& arc : deployment.arcs()) names.add(arc.arc->name);
  }
  if (!of_arcs && !of_datasets) {
    for (const auto& boundary : deployment.boundaries()) names.add(boundary.boundary->name);
  }
  names.warn(options.names, "--name",
             of_arcs       ? "arc"
             : of_datasets ? "dataset"
                           : "boundary, dataset or arc",
             world);
}

}  // namespace cls::cli
