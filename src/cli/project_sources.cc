// SPDX-License-Identifier: Apache-2.0
#include "cli/project_sources.h"

#include <filesystem>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "cli/jsonnet.h"
#include "cli/workspace.h"
#include "json/value.h"

namespace cls::cli {

namespace {

JsonnetSettings::Texts texts_of(const std::vector<std::string>& given, std::string_view option) {
  JsonnetSettings::Texts texts;
  for (const auto& text : given) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw Error(format("{} {}: write NAME=TEXT", option, text), ExitCode::Usage);
    }
    texts.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return texts;
}

/// A file beside one that is not there, whose name is near; empty, or as a message goes on.
std::string near_file(const std::string& file, World& world) {
  const std::filesystem::path path = absolute(file, world);
  const auto beside = world.files.entries(path.parent_path().string());
  if (!beside) return "";
  std::vector<std::string> names;
  for (const auto& entry : *beside) {
    if (entry.kind == FileKind::File) names.push_back(entry.name);
  }
  const auto near = closest(path.filename().string(), names);
  return near ? format("; did you mean '{}'?",
                       std::filesystem::path(file).replace_filename(*near).string())
              : "";
}

/// To its end, whatever its size is said to be: it may be a pipe, as `-p <(…)` in a shell.
std::string read_file(const std::string& file, World& world) {
  std::string text;
  auto read = world.files.read_pieces(absolute(file, world),
                                      [&](std::string_view piece) { text += piece; });
  if (!read && read.error().code == FailureCode::NotFound) {
    throw Error(format("does not exist: {}{}", file, near_file(file, world)), ExitCode::NoFile);
  }
  if (!read) throw Error(read.error());
  return text;
}

/// Jsonnet has everything that our JSON has, so this decides who reports what is wrong: the JSON
/// reader can say more, and knows the places of values.
bool is_json(const std::string& text) {
  Diagnostics unused;
  return json::parse_document("", text, unused).has_value();
}

bool is_jsonnet(const std::string& file, const std::string& text) {
  if (file == "-") return !is_json(text);
  return file.ends_with(".jsonnet") || file.ends_with(".libsonnet");
}

}  // namespace

std::vector<model::Source> read_sources(const Options& options, World& world,
                                        Diagnostics& problems) {
  if (options.projects.empty()) {
    throw Error("no project file: name one with -p FILE (- reads standard input)", ExitCode::Usage);
  }
  const JsonnetSettings settings{.external = texts_of(options.jsonnet.external, "--ext-str"),
                                 .top_level = texts_of(options.jsonnet.top_level, "--tla-str"),
                                 .import_directories = options.jsonnet.import_directories,
                                 .working_directory = world.working_directory};
  std::vector<model::Source> sources;
  for (const auto& file : options.projects) {
    std::string text = file == "-" ? world.read_standard_input() : read_file(file, world);
    if (!is_jsonnet(file, text)) {
      sources.push_back({file, std::move(text)});
      continue;
    }
    auto json = evaluate_jsonnet(file, text, settings, world.files, problems);
    if (json) sources.push_back({.file = file, .text = std::move(*json), .is_generated = true});
  }
  return sources;
}

}  // namespace cls::cli
