// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "cli/toml.h"

namespace cls::cli {

namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20U;

std::string name_suffix(std::string_view name) {
  return name == CommonSettings::name ? "" : format("-{}", name);
}

/// Puts what `layer` says over what `value` says, member by member.
void merge(json::Value& value, const json::Value& layer) {
  if (value.kind != json::Kind::Object || layer.kind != json::Kind::Object) {
    value = layer;
    return;
  }
  for (const auto& member : layer.members) {
    const auto same = std::ranges::find(value.members, member.key, &json::Member::key);
    if (same == value.members.end()) {
      value.members.push_back(member);
    } else {
      merge(same->value, member.value);
    }
  }
}

/// The file's tree; nullopt where there is no file, or (a problem) where it cannot be read.
std::optional<json::Document> read_layer(const std::string& path, World& world,
                                         Diagnostics& problems) {
  const auto status = world.files.status(path);
  if (!status && status.error().code == FailureCode::NotFound) return std::nullopt;
  const auto refuse = [&](std::string why) {
    problems.add({.file = path, .pointer = "", .message = std::move(why), .hint = ""});
    return std::nullopt;
  };
  if (!status) return refuse(status.error().message);
  if (status->kind != FileKind::File) return refuse("it is no file");
  if (status->size > most_bytes) return refuse("it is larger than 1 MiB");
  auto text = world.files.read(path, 0, most_bytes);
  if (!text) return refuse(text.error().message);
  return parse_toml(path, std::move(*text), problems);
}

json::Value property_value(const std::string& text) {
  if (text == "true" || text == "false") return json::Value::boolean_value(text == "true");
  const bool is_number = !text.empty() && text.size() < 10 &&
                         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (is_number) return json::Value::number(std::stoll(text));
  return json::Value::string(text);
}

/// `a.b.c=v` below the namespace `a` is `{"b": {"c": v}}`.
json::Value nested(const std::vector<std::string>& path, const std::string& text) {
  json::Value value = property_value(text);
  for (auto key = path.rbegin(); key != path.rend() - 1; ++key) {
    json::Value outer = json::Value::object();
    outer.add(*key, std::move(value));
    value = std::move(outer);
  }
  return value;
}

struct Property {
  std::vector<std::string> path;
  std::string text;
};

std::vector<Property> properties_of(const Options& options) {
  const std::vector<std::string> names{std::string(CommonSettings::name),
                                       std::string(AwsSettings::name)};
  std::vector<Property> properties;
  for (const auto& given : options.properties) {
    const auto equals = given.find('=');
    Property property{.path = split(given.substr(0, equals), '.'), .text = ""};
    if (equals == std::string::npos || property.path.size() < 2) {
      throw Error(format("-D {}: write NAMESPACE.KEY=VALUE, as "
                         "common.resource.removeAllOnDestroy=true",
                         given),
                  ExitCode::Usage);
    }
    if (std::ranges::find(names, property.path.front()) == names.end()) {
      const auto near = closest(property.path.front(), names);
      throw Error(
          format("-D {}: there are no settings '{}'; {}", given, property.path.front(),
                 near ? format("did you mean '{}'?", *near) : "there are: " + join(names, ", ")),
          ExitCode::Usage);
    }
    property.text = given.substr(equals + 1);
    properties.push_back(std::move(property));
  }
  return properties;
}

/// What -D says of one namespace, as a document without places.
json::Document property_layer(const Options& options, std::string_view name) {
  json::Document layer{.file = "-D", .text = "", .root = json::Value::object()};
  layer.is_generated = true;
  for (const auto& property : properties_of(options)) {
    if (property.path.front() == name) merge(layer.root, nested(property.path, property.text));
  }
  return layer;
}

std::filesystem::path user_directory(const World& world) {
  const auto path = std::filesystem::path(world.getenv("HOME").value_or("")).lexically_normal();
  return path.has_filename() ? path : path.parent_path();  // without a slash in the end
}

template <class Settings>
void check(const json::Document& layer, Diagnostics& problems) {
  json::Reader in(layer, problems, json::Unknown::Error);
  Settings read;
  json::decode(layer.root, read, in);
}

template <class Settings>
LoadedSettings load(const Options& options, World& world, Diagnostics& problems) {
  json::Value value = json::encode(Settings{});
  for (const auto scope : {Scope::Global, Scope::Local}) {
    if (scope == Scope::Global && user_directory(world).empty()) continue;
    const auto layer = read_layer(settings_file(Settings::name, scope, world), world, problems);
    if (!layer) continue;
    check<Settings>(*layer, problems);
    merge(value, layer->root);
  }
  merge(value, property_layer(options, Settings::name).root);
  return {.name = Settings::name, .value = std::move(value), .schema = json::schema<Settings>()};
}

}  // namespace

std::string settings_file(std::string_view name, Scope scope, const World& world) {
  const auto user = user_directory(world);
  if (scope == Scope::Global) {
    if (user.empty()) throw Error("there is no global file: HOME is not set", ExitCode::Usage);
    return (user / ".cls" / ("config" + name_suffix(name))).string();
  }
  const std::string file = ".clsconfig" + name_suffix(name);
  const std::filesystem::path start(world.working_directory);
  std::string here = (start / file).string();
  const std::string below = user.string() + "/";
  if (user.empty() || !start.string().starts_with(below)) return here;
  for (auto directory = start; directory != user; directory = directory.parent_path()) {
    std::string path = (directory / file).string();
    if (world.files.status(path)) return path;
  }
  return here;
}

std::vector<LoadedSettings> load_settings(const Options& options, World& world,
                                          Diagnostics& problems) {
  check_properties(options);
  std::vector<LoadedSettings> all;
  all.push_back(load<CommonSettings>(options, world, problems));
  all.push_back(load<AwsSettings>(options, world, problems));
  return all;
}

namespace {

template <class Settings>
Settings settings_of(const Options& options, World& world) {
  Diagnostics problems;
  json::Document document{.file = "settings", .text = "", .root = {}};
  document.is_generated = true;
  document.root = load<Settings>(options, world, problems).value;
  Settings settings;
  json::Reader in(document, problems, json::Unknown::Error);
  json::decode(document.root, settings, in);
  if (problems.has_errors()) throw Error(problems.all().front().to_string(), ExitCode::Usage);
  return settings;
}

}  // namespace

CommonSettings common_settings(const Options& options, World& world) {
  return settings_of<CommonSettings>(options, world);
}

AwsSettings aws_settings(const Options& options, World& world) {
  return settings_of<AwsSettings>(options, world);
}

json::Value defaults_of(std::string_view name) {
  return name == AwsSettings::name ? json::encode(AwsSettings{}) : json::encode(CommonSettings{});
}

void check_properties(const Options& options) {
  if (options.properties.empty()) return;
  Diagnostics problems;
  check<CommonSettings>(property_layer(options, CommonSettings::name), problems);
  check<AwsSettings>(property_layer(options, AwsSettings::name), problems);
  if (!problems.has_errors()) return;
  std::vector<std::string> lines;
  lines.reserve(problems.all().size());
  for (const auto& problem : problems.all()) lines.push_back(problem.to_string());
  throw Error(join(lines, "\n"), ExitCode::Usage);
}

}  // namespace cls::cli
