// SPDX-License-Identifier: Apache-2.0
#include "store/aws_profile.h"

#include "base/format.h"
#include "base/text.h"

namespace cls::store {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

Result<std::map<std::string, Settings>> read_file(FileSystem& files, const std::string& path) {
  if (path.empty()) return std::map<std::string, Settings>();
  std::string text;
  auto read = files.read_pieces(path, [&](std::string_view piece) { text += piece; });
  if (!read && read.error().code == FailureCode::NotFound) return std::map<std::string, Settings>();
  if (!read) return pass(std::move(read));
  return parse_profiles(text);
}

std::string path_of(const Environment& getenv, const char* variable, const char* below_home) {
  if (auto path = getenv(variable); path && !path->empty()) return *path;
  const auto home = getenv("HOME");
  return home && !home->empty() ? *home + below_home : std::string();
}

}  // namespace

std::map<std::string, Settings> parse_profiles(std::string_view text) {
  std::map<std::string, Settings> sections;
  Settings* section = nullptr;
  for (const auto& line : split(text, '\n')) {
    const auto content = trimmed(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') continue;
    if (content.front() == '[') {
      const auto name = trimmed(content.substr(1, content.find(']') - 1));
      section = &sections[std::string(name)];
      continue;
    }
    const bool nested = line.front() == ' ' || line.front() == '\t';
    const auto equals = content.find('=');
    if (section == nullptr || nested || equals == std::string_view::npos) continue;
    (*section)[lower(trimmed(content.substr(0, equals)))] = trimmed(content.substr(equals + 1));
  }
  return sections;
}

std::string AwsProfile::get(const std::string& key) const {
  const auto found_at = settings.find(key);
  return found_at == settings.end() ? std::string() : found_at->second;
}

Result<AwsProfile> read_aws_profile(FileSystem& files, const Environment& getenv) {
  AwsProfile profile{
      .name = getenv("AWS_PROFILE").value_or(""),
      .credentials_file = path_of(getenv, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"),
      .config_file = path_of(getenv, "AWS_CONFIG_FILE", "/.aws/config")};
  if (profile.name.empty()) profile.name = getenv("AWS_DEFAULT_PROFILE").value_or("");
  if (profile.name.empty()) profile.name = "default";
  auto credentials = read_file(files, profile.credentials_file);
  if (!credentials) return pass(std::move(credentials));
  auto config = read_file(files, profile.config_file);
  if (!config) return pass(std::move(config));
  const auto take = [&](const std::map<std::string, Settings>& sections, const std::string& name) {
    const auto section = sections.find(name);
    if (section == sections.end()) return;
    profile.found = true;
    profile.settings.insert(section->second.begin(), section->second.end());
  };
  take(*credentials, profile.name);
  take(*config, "profile " + profile.name);
  if (profile.name == "default") take(*config, "default");
  return profile;
}

}  // namespace cls::store
