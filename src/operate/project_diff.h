// SPDX-License-Identifier: Apache-2.0
// ProjectDiff: what a deployment would change, component by component. docs/formats/reports.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json/names.h"
#include "json/value.h"
#include "model/types.h"
#include "operate/report.h"

namespace cls::operate {

enum class ChangeKind : std::uint8_t { added, removed, changed };

/// One value that differs; a side without it has none.
struct FieldChange {
  std::string pointer;  ///< JSON pointer into the component
  std::optional<json::Value> before;
  std::optional<json::Value> after;
};

/// A boundary, an arc, a resource …; or the project itself, for what belongs to none of them.
struct ComponentChange {
  std::string kind;  ///< boundary, arc, resource, barrier, activity or project
  std::string name;
  ChangeKind change = ChangeKind::changed;
  std::vector<FieldChange> fields;    ///< of a changed one
  std::optional<std::string> effect;  ///< what follows for lots and data, in words
};

struct ProjectDiff {
  model::ProjectId project;
  model::Placement placement;
  bool is_new = false;  ///< no version of these records is deployed
  std::vector<ComponentChange> changes;
};

/// Compares two project documents as they are recorded; null: none is. In the order of `after`,
/// then what is only in `before`.
std::vector<ComponentChange> changes_between(const json::Value* before, const json::Value& after);

bool any_change(const std::vector<ProjectDiff>& projects);

/// The report as text, with a newline at its end.
std::string render(const std::vector<ProjectDiff>& projects, Format format);

}  // namespace cls::operate

namespace cls::json {
template <>
inline constexpr auto names_of<operate::ChangeKind> =
    Names<operate::ChangeKind, 3>{{{operate::ChangeKind::added, "added"},
                                   {operate::ChangeKind::removed, "removed"},
                                   {operate::ChangeKind::changed, "changed"}}};
}  // namespace cls::json
