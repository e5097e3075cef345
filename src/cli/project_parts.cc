// SPDX-License-Identifier: Apache-2.0
#include "cli/project_parts.h"

#include <algorithm>
#include <type_traits>
#include <variant>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"

namespace cls::cli {

namespace {

/// Calls `body` for each component of a list that could be read.
template <class List, class Body>
void each(List& list, const Body& body) {
  for (auto& component : list) {
    std::visit(
        [&]<class T>(T& alternative) {
          if constexpr (!std::is_same_v<T, model::Undecoded>) body(alternative);
        },
        component);
  }
}

template <class List>
void exclude_all(List& list) {
  each(list, [](auto& component) { component.exclude = true; });
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

void need_known(const std::vector<std::string>& named, const std::vector<std::string>& known,
                std::string_view option, std::string_view what) {
  for (const auto& name : named) {
    if (has(known, name)) continue;
    const auto near = closest(name, known);
    throw Error(format("{} {}: there is no {} of that name; {}", option, name, what,
                       near            ? format("did you mean '{}'?", *near)
                       : known.empty() ? format("there is no {} at all", what)
                                       : "there are: " + join(known, ", ")),
                ExitCode::Usage);
  }
}

}  // namespace

void leave_out(const PartOptions& options, std::vector<model::LoadedDocument>& documents) {
  std::vector<std::string> arcs;
  std::vector<std::string> resources;
  for (auto& [model, document, pointer] : documents) {
    each(model.arcs, [&](const auto& arc) { arcs.push_back(arc.name); });
    each(model.resources, [&](const auto& resource) { resources.push_back(resource.name); });
  }
  need_known(options.excluded_arcs, arcs, "--exclude-arc", "arc");
  need_known(options.only_resources, resources, "--only-resource", "resource");
  for (auto& [model, document, pointer] : documents) {
    each(model.arcs, [&](auto& arc) {
      if (options.exclude_all_arcs || has(options.excluded_arcs, arc.name)) arc.exclude = true;
    });
    if (options.only_resources.empty()) continue;
    each(model.resources, [&](auto& resource) {
      if (!has(options.only_resources, resource.name)) resource.exclude = true;
    });
    exclude_all(model.activities);
    exclude_all(model.boundaries);
    exclude_all(model.barriers);
    exclude_all(model.arcs);
  }
}

}  // namespace cls::cli
