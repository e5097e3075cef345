// SPDX-License-Identifier: Apache-2.0
// cls show: what there is to write into a project file, from the catalogue of component types.
#include <algorithm>
#include <array>
#include <functional>

#include "aws/explanation.h"
#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/page_text.h"
#include "model/catalogue.h"
#include "model/deployable.h"
#include "model/field_rows.h"

namespace cls::cli {

namespace {

/// Blocks are indented by four.
constexpr std::size_t block_width = page_width - 4;

/// Something that can be shown.
struct Entry {
  std::string name;
  std::string synopsis;
  std::string description;  ///< before the fields
  json::Value schema;
};

Entry entry_of(const model::ComponentType& type) {
  std::string description =
      format("{}, for the list '{}' of a project file. {}", json::name_of(type.kind),
             model::list_of(type.kind), model::to_text(type.runs));
  description.front() = static_cast<char>(description.front() - 'a' + 'A');
  return {std::string(type.type), std::string(type.doc), std::move(description),
          model::component_schema(type)};
}

/// The component types that `keeps` keeps, sorted by name.
std::vector<Entry> components(const std::function<bool(const model::ComponentType&)>& keeps) {
  std::vector<Entry> entries;
  const model::Catalogue catalogue;
  for (const auto& type : catalogue.types()) {
    if (keeps(type)) entries.push_back(entry_of(type));
  }
  std::ranges::sort(entries, {}, &Entry::name);
  return entries;
}

std::vector<Entry> models() {
  std::vector<Entry> entries;
  entries.reserve(model::model_types().size());
  for (const auto& type : model::model_types()) {
    entries.push_back({std::string(type.name), std::string(type.doc), "", type.schema()});
  }
  return entries;
}

/// A provider's template is a placement; its description is what it runs.
std::vector<Entry> providers() {
  std::vector<Entry> entries;
  const model::Catalogue catalogue;
  for (const auto substrate : {model::Substrate::Aws, model::Substrate::Local}) {
    const bool local = substrate == model::Substrate::Local;
    std::vector<std::string> runs;
    for (const auto& type : catalogue.types()) {
      if (type.runs.on(substrate)) runs.emplace_back(type.type);
    }
    std::ranges::sort(runs);
    json::Value schema = json::schema<model::DeclaredPlacement>();
    for (auto& [key, properties, offset] : schema.members) {
      if (key != "properties") continue;
      auto& provider = properties.members.front().value;
      provider.add("const", json::Value::string(std::string(json::name_of(substrate))));
    }
    entries.push_back(
        {std::string(json::name_of(substrate)),
         local ? "This machine: `cls run` and `cls up` work on a home." : "An account of AWS.",
         runs.empty()
             ? "Project files for it are checked; it runs nothing yet."
             : (local ? "It runs: " : "These become CloudFormation: ") + join(runs, ", ") + ".",
         std::move(schema)});
  }
  return entries;
}

std::vector<Entry> entries_of(std::string_view kind) {
  if (kind == "provider") return providers();
  if (kind == "model") return models();
  const auto only = json::from_name<model::ComponentKind>(kind);
  return components([&](const auto& type) { return !only || type.kind == *only; });
}

/// The kind that `text` names, one or many of it.
std::string kind_of(const std::string& text) {
  static const std::vector<std::string> kinds{"provider", "component", "resource", "boundary",
                                              "barrier",  "arc",       "activity", "model"};
  std::string one = lower(text);
  if (one.ends_with("ies")) {
    one.replace(one.size() - 3, 3, "y");
  } else if (one.ends_with('s')) {
    one.pop_back();
  }
  if (std::ranges::find(kinds, one) != kinds.end()) return one;
  const auto near = closest(one, kinds);
  throw Error(format("nothing to show: '{}'; {}", text,
                     near ? format("did you mean 'cls show {}'?", *near)
                          : "there are: " + join(kinds, ", ")),
              ExitCode::Usage);
}

/// The part of a type's name behind the last colon: what people remember of it.
std::string last_part(const std::string& name) {
  return name.substr(name.rfind(':') + 1);
}

[[noreturn]] void unknown(const std::string& name, const std::string& kind,
                          const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  std::vector<std::string> parts;
  for (const auto& entry : entries) {
    names.push_back(entry.name);
    parts.push_back(last_part(entry.name));
  }
  std::optional<std::string> near = closest(name, names);
  if (const auto part = closest(last_part(name), parts)) {
    // Where two have this last part, the one that is nearer as a whole.
    if (!near || last_part(*near) != *part)
      near = names[static_cast<std::size_t>(std::ranges::find(parts, *part) - parts.begin())];
  }
  throw Error(format("no model found for: {}; {}", name,
                     near ? format("did you mean '{}'?", *near)
                          : format("`cls show {} --list` lists what there is", kind)));
}

std::string indented(const std::string& text) {
  std::string out;
  for (const auto& line : split(text, '\n')) {
    if (!line.empty()) out += "    " + line;
    out += '\n';
  }
  return out;
}

/// Without the backticks of the page: a terminal shows texts as they are.
std::string plain(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 3, "` `") == 0) {  // the words of a closed set
      out += " or ";
      i += 2;
    } else if (text[i] != '`') {
      out += text[i];
    }
  }
  return out;
}

std::string described(const Entry& entry) {
  std::string text;
  if (!entry.description.empty()) {
    append_filled(text, entry.description, 0, block_width);
    text += '\n';
  }
  for (const auto& row : model::field_rows(entry.schema)) {
    const std::string initial = row.initial == "–"          ? "optional"
                                : row.initial == "required" ? row.initial
                                                            : "default " + row.initial;
    append_filled(text, plain(format("{}: {}; {}", row.name, row.type, initial)), 8, block_width);
    if (!row.doc.empty()) {
      text += "    ";
      append_filled(text, plain(row.doc), 4, block_width - 4);
    }
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string template_text(const Entry& entry, const ShowOptions& options) {
  return json::to_pretty(model::template_of(entry.schema, options.required
                                                              ? model::TemplateFields::Required
                                                              : model::TemplateFields::All));
}

std::string block(const Entry& entry, const Options& all) {
  const ShowOptions& options = all.show;
  std::string text;
  for (const auto& [title, body] : {std::pair<std::string_view, std::string>{"Type", entry.name},
                                    {"Synopsis", plain(entry.synopsis)},
                                    {"Description", described(entry)},
                                    {"Template", template_text(entry, options)}}) {
    text += format("{}{}:\n{}", text.empty() ? "" : "\n", title, indented(body));
  }
  if (all.substrate != json::name_of(model::Substrate::Aws)) return text;
  const std::string becomes = aws::explanation(entry.name);
  return becomes.empty() ? text : text + format("\nOn AWS:\n{}", indented(becomes));
}

const Entry& named(const std::string& name, const std::string& kind,
                   const std::vector<Entry>& entries) {
  const auto found = std::ranges::find_if(
      entries, [&](const Entry& entry) { return lower(entry.name) == lower(name); });
  if (found == entries.end()) unknown(name, kind, entries);
  return *found;
}

}  // namespace

int show(const Options& options, World& world) {
  const ShowOptions& show = options.show;
  const std::string kind = kind_of(show.kind);
  const auto entries = entries_of(kind);
  std::string text;
  if (!show.model.empty()) {
    text = template_text(named(show.model, kind, entries), show) + "\n";
  } else if (const auto& one = show.describe.empty() ? show.name : show.describe; !one.empty()) {
    text = block(named(one, kind, entries), options);
  } else {
    for (const auto& entry : entries) {
      if (show.model_all) {
        text += template_text(entry, show) + "\n";
      } else if (show.describe_all) {
        text += (text.empty() ? "" : "\n") + block(entry, options);
      } else {
        text += entry.name + "\n";
      }
    }
  }
  world.console.out(text);
  return 0;
}

int schema(const Options& /*options*/, World& world) {
  world.console.out(json::to_pretty(model::project_schema()) + "\n");
  return 0;
}

}  // namespace cls::cli
