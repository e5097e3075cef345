// SPDX-License-Identifier: Apache-2.0
// Deployable: the root of a project file.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "model/activities.h"
#include "model/arcs.h"
#include "model/barriers.h"
#include "model/boundaries.h"
#include "model/resources.h"
#include "model/types.h"

namespace cls::model {

/// The project with what reports filter by.
struct Project : ProjectId {
  Labels labels;
  json::Extras extras;

  static constexpr auto fields = std::tuple_cat(
      ProjectId::fields,
      std::tuple{json::extension("labels", &Project::labels, "texts that reports filter by")});
};

struct DeclaredPlacement : Placement {
  json::Extras extras;
};

/// One project file (or one element of an array of them).
struct Deployable {
  Project project;
  DeclaredPlacement placement;
  std::vector<Resource> resources;
  std::vector<Activity> activities;
  std::vector<Boundary> boundaries;
  std::vector<Barrier> barriers;
  std::vector<Arc> arcs;
  Labels labels;
  std::optional<std::string> required_version;
  json::Extras extras;

  static constexpr std::array<std::string_view, 1> ignored{"sourceFile"};
  static constexpr auto fields = std::tuple{
      json::required("project", &Deployable::project, "its name and version"),
      json::required("placement", &Deployable::placement, "where it is deployed"),
      json::optional("resources", &Deployable::resources, "what its data lies in"),
      json::optional("activities", &Deployable::activities, "what happens apart from lots"),
      json::optional("boundaries", &Deployable::boundaries, "where lots begin"),
      json::optional("barriers", &Deployable::barriers, "lots that wait for lots"),
      json::optional("arcs", &Deployable::arcs, "what runs on lots"),
      json::extension("labels", &Deployable::labels, "texts that reports filter by"),
      json::extension("requires", &Deployable::required_version,
                      "the oldest cls that can read it, as >=0.3")};
};

/// The placement with the account and region of a local one filled in (`local`, `home`).
Placement resolved(const Placement& placement);

/// Reads a root object; problems are reported through `in`.
void decode_deployable(const json::Value& value, Deployable& out, json::Reader& in);

/// The canonical form: fields in the order of the tables, nulls written, `x-…` members carried.
json::Value to_json(const Deployable& deployable);
json::Value to_json(const Arc& arc);

}  // namespace cls::model
