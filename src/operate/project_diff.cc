// SPDX-License-Identifier: Apache-2.0
#include "operate/project_diff.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/format.h"
#include "base/text.h"
#include "json/fields.h"
#include "operate/report_cells.h"

namespace cls::operate {

namespace {

using json::Kind;
using json::Value;

/// The lists of a project document and what one of each is called.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> lists{
    {{"resources", "resource"},
     {"boundaries", "boundary"},
     {"barriers", "barrier"},
     {"activities", "activity"},
     {"arcs", "arc"}}};

bool is_list(std::string_view key) {
  return std::ranges::any_of(lists, [&](const auto& list) { return list.first == key; });
}

void compare(const std::string& pointer, const Value* before, const Value* after,
             std::vector<FieldChange>& changes);

void compare_members(const std::string& pointer, const Value& before, const Value& after,
                     std::vector<FieldChange>& changes) {
  for (const auto& [key, value, offset] : after.members) {
    compare(pointer + "/" + json::pointer_segment(key), before.find(key), &value, changes);
  }
  for (const auto& [key, value, offset] : before.members) {
    if (after.find(key) != nullptr) continue;
    compare(pointer + "/" + json::pointer_segment(key), &value, nullptr, changes);
  }
}

void compare(const std::string& pointer, const Value* before, const Value* after,
             std::vector<FieldChange>& changes) {
  if (before != nullptr && after != nullptr) {
    if (*before == *after) return;
    if (before->kind == Kind::Object && after->kind == Kind::Object) {
      return compare_members(pointer, *before, *after, changes);
    }
    const bool same_length = before->kind == Kind::Array && after->kind == Kind::Array &&
                             before->items.size() == after->items.size();
    if (same_length) {
      for (std::size_t i = 0; i < after->items.size(); ++i) {
        compare(format("{}/{}", pointer, i), &before->items[i], &after->items[i], changes);
      }
      return;
    }
  }
  changes.push_back({.pointer = pointer,
                     .before = before != nullptr ? std::optional(*before) : std::nullopt,
                     .after = after != nullptr ? std::optional(*after) : std::nullopt});
}

std::string name_of(const Value& component) {
  const Value* name = component.find("name");
  return name != nullptr ? name->text : std::string();
}

const Value* named(const Value* list, const std::string& name) {
  if (list == nullptr) return nullptr;
  const auto found = std::ranges::find(list->items, name, name_of);
  return found == list->items.end() ? nullptr : &*found;
}

void compare_lists(std::string_view kind, const Value* before, const Value* after,
                   std::vector<ComponentChange>& changes) {
  static const std::vector<Value> none;
  const auto change = [&](const std::string& name, ChangeKind what,
                          std::vector<FieldChange> fields) {
    changes.push_back({.kind = std::string(kind),
                       .name = name,
                       .change = what,
                       .fields = std::move(fields),
                       .effect = {}});
  };
  for (const auto& component : after != nullptr ? after->items : none) {
    const std::string name = name_of(component);
    const Value* former = named(before, name);
    std::vector<FieldChange> fields;
    if (former != nullptr) compare("", former, &component, fields);
    if (former == nullptr) change(name, ChangeKind::added, {});
    if (!fields.empty()) change(name, ChangeKind::changed, std::move(fields));
  }
  for (const auto& component : before != nullptr ? before->items : none) {
    const std::string name = name_of(component);
    if (named(after, name) == nullptr) change(name, ChangeKind::removed, {});
  }
}

/// The document without its lists of components.
Value head_of(const Value& document) {
  Value head = Value::object();
  for (const auto& [key, value, offset] : document.members) {
    if (!is_list(key)) head.add(key, value);
  }
  return head;
}

std::string text_of(const std::optional<Value>& value) {
  return value ? json::to_text(*value) : "nothing";
}

std::string sign_of(ChangeKind change) {
  switch (change) {
    case ChangeKind::added:
      return "+";
    case ChangeKind::removed:
      return "-";
    case ChangeKind::changed:
      break;
  }
  return "~";
}

std::string table(const std::vector<ProjectDiff>& projects) {
  std::string text;
  for (const auto& project : projects) {
    text +=
        format("project {} on {}: {}\n", project.project.to_string(), project.placement.provider,
               project.is_new            ? "not deployed yet"
               : project.changes.empty() ? "nothing would change"
                                         : counted(project.changes.size(), "change"));
    for (const auto& one : project.changes) {
      text += format("  {} {} {}\n", sign_of(one.change), one.kind, one.name);
      for (const auto& field : one.fields) {
        text += format("      {}: {} -> {}\n", field.pointer, text_of(field.before),
                       text_of(field.after));
      }
      if (one.effect) text += format("      {}\n", *one.effect);
    }
  }
  return text;
}

Value or_null(const std::optional<Value>& value) {
  return value.value_or(Value{});
}

std::string as_json(const std::vector<ProjectDiff>& projects) {
  Value list = Value::array();
  for (const auto& project : projects) {
    Value changes = Value::array();
    for (const auto& one : project.changes) {
      Value fields = Value::array();
      for (const auto& field : one.fields) {
        fields.items.push_back(Value::object({{"pointer", Value::string(field.pointer)},
                                              {"before", or_null(field.before)},
                                              {"after", or_null(field.after)}}));
      }
      changes.items.push_back(Value::object({{"kind", Value::string(one.kind)},
                                             {"name", Value::string(one.name)},
                                             {"change", json::encode(one.change)},
                                             {"fields", std::move(fields)},
                                             {"effect", json::encode(one.effect)}}));
    }
    list.items.push_back(Value::object({{"project", json::encode(project.project)},
                                        {"placement", json::encode(project.placement)},
                                        {"new", Value::boolean_value(project.is_new)},
                                        {"changes", std::move(changes)}}));
  }
  return json::to_pretty(Value::object({{"projects", std::move(list)}})) + "\n";
}

Report rows(const std::vector<ProjectDiff>& projects) {
  Report report{.columns = {"project.name", "project.version", "kind", "name", "change", "pointer",
                            "before", "after", "effect"}};
  const auto text = [](const std::optional<Value>& value) -> Cell {
    return value ? Cell(json::to_text(*value)) : Cell();
  };
  for (const auto& project : projects) {
    for (const auto& one : project.changes) {
      const auto add = [&](const FieldChange& field) {
        report.rows.push_back({project.project.name, project.project.version, one.kind, one.name,
                               std::string(json::name_of(one.change)), cell_of(field.pointer),
                               text(field.before), text(field.after), cell_of(one.effect)});
      };
      if (one.fields.empty()) add({});
      for (const auto& field : one.fields) add(field);
    }
  }
  return report;
}

}  // namespace

std::vector<ComponentChange> changes_between(const json::Value* before, const json::Value& after) {
  std::vector<ComponentChange> changes;
  if (before != nullptr) {
    std::vector<FieldChange> fields;
    const Value former = head_of(*before);
    const Value latter = head_of(after);
    compare("", &former, &latter, fields);
    if (!fields.empty()) {
      const Value* project = after.find("project");
      changes.push_back({.kind = "project",
                         .name = project != nullptr ? name_of(*project) : "",
                         .change = ChangeKind::changed,
                         .fields = std::move(fields),
                         .effect = {}});
    }
  }
  for (const auto& [key, kind] : lists) {
    compare_lists(kind, before != nullptr ? before->find(key) : nullptr, after.find(key), changes);
  }
  return changes;
}

bool any_change(const std::vector<ProjectDiff>& projects) {
  return std::ranges::any_of(projects, [](const auto& one) { return !one.changes.empty(); });
}

std::string render(const std::vector<ProjectDiff>& projects, Format format) {
  switch (format) {
    case Format::Json:
      return as_json(projects);
    case Format::Csv:
    case Format::Tsv:
      return render(rows(projects), format);
    case Format::Table:
      break;
  }
  return table(projects);
}

}  // namespace cls::operate
