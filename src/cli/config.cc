// SPDX-License-Identifier: Apache-2.0
// cls config show, cls config init: the settings, and files of them.
#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/settings.h"

namespace cls::cli {

namespace {

/// As TOML writes it.
std::string value_text(const json::Value& value) {
  return value.kind == json::Kind::String ? format("'{}'", value.text) : json::to_text(value);
}

/// `resource.removeAllOnDestroy = false`, a line each.
void append_lines(std::string& out, const json::Value& value, const std::string& prefix) {
  for (const auto& member : value.members) {
    const std::string key = prefix.empty() ? member.key : prefix + "." + member.key;
    if (member.value.kind == json::Kind::Object) {
      append_lines(out, member.value, key);
    } else {
      out += format("{} = {}\n", key, value_text(member.value));
    }
  }
}

/// A file with all settings, each below what it is for.
std::string file_text(const LoadedSettings& settings) {
  std::string out;
  for (const auto& [table, content, offset] : settings.value.members) {
    const json::Value* schema = settings.schema.find("properties")->find(table);
    out +=
        format("{}# {}\n[{}]\n", out.empty() ? "" : "\n", schema->find("description")->text, table);
    for (const auto& [key, value, key_offset] : content.members) {
      const json::Value* field = schema->find("properties")->find(key);
      out += format("# {}\n{} = {}\n", field->find("description")->text, key, value_text(value));
    }
  }
  return out;
}

const LoadedSettings& named(const std::vector<LoadedSettings>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &LoadedSettings::name);
  if (found != all.end()) return *found;
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const auto& one : all) names.emplace_back(one.name);
  const auto near = closest(name, names);
  throw Error(
      format("there are no settings '{}'; {}", name,
             near ? format("did you mean '{}'?", *near) : "there are: " + join(names, ", ")),
      ExitCode::Usage);
}

std::vector<LoadedSettings> loaded(const Options& options, World& world) {
  Diagnostics problems;
  auto all = load_settings(options, world, problems);
  for (const auto& problem : problems.all()) world.console.err(problem.to_string() + "\n");
  if (problems.has_errors()) throw Error("the settings have errors");
  return all;
}

}  // namespace

int config_show(const Options& options, World& world) {
  const auto all = loaded(options, world);
  const auto& settings = named(all, options.config.name);
  std::string text;
  if (options.output == operate::Format::Json) {
    text = json::to_pretty(settings.value) + "\n";
  } else {
    append_lines(text, settings.value, "");
  }
  world.console.out(text);
  return 0;
}

int config_init(const Options& options, World& world) {
  const ConfigOptions& config = options.config;
  const Scope scope = config.is_global ? Scope::Global : Scope::Local;
  LoadedSettings settings = named(loaded(options, world), config.name);
  if (!config.merge) settings.value = defaults_of(settings.name);
  std::string path = settings_file(settings.name, scope, world);
  if (scope == Scope::Local) {  // here, wherever the one that counts now is
    path = (std::filesystem::path(world.working_directory) / std::filesystem::path(path).filename())
               .string();
  }
  const bool is_there = world.files.status(path).has_value();
  if (is_there && !config.force) {
    throw Error(format("{} config already exists at: {}; --force replaces it",
                       config.is_global ? "global" : "local", path),
                ExitCode::Refused);
  }
  need(world.files.make_directories(std::filesystem::path(path).parent_path().string()));
  const std::string written = path + ".new";
  static_cast<void>(world.files.unlink(written));  // of a run that was cut off
  need(world.files.write_new(written, file_text(settings)));
  need(world.files.rename(written, path));
  world.console.out(format("wrote {}\n", path));
  return 0;
}

}  // namespace cls::cli
