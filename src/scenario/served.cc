// SPDX-License-Identifier: Apache-2.0
#include "scenario/served.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include "base/error.h"
#include "base/file_attribute.h"
#include "base/format.h"
#include "base/hash.h"
#include "model/regex.h"

namespace cls::scenario {

namespace {

namespace fs = std::filesystem;

/// Where versitygw keeps an object's ETag.
constexpr const char* etag_attribute = "user.etag";

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Names of buckets as S3 has them; others stay folders of the home.
bool is_bucket_name(const std::string& name) {
  static const auto pattern = model::Regex::compile("[a-z0-9][a-z0-9-]{2,62}").value();
  return pattern.matches(name);
}

/// The buckets that a text names in URIs.
void add_buckets_of(std::string_view text, std::set<std::string>& names) {
  static const auto uri = model::Regex::compile("s3://([^/\"${]+)").value();
  for (auto found = uri.search(text); found; found = uri.search(text)) {
    names.emplace(found->groups.at(1));
    text.remove_prefix(found->end);
  }
}

}  // namespace

Served::Served(const Sandbox& sandbox, const std::string& path)
    : sandbox_(sandbox), root_(sandbox.stores() + "/s3") {
  std::error_code error;
  fs::create_directories(root_, error);
  if (error) throw Error(format("cannot make {}: {}", root_, error.message()));
  auto gateway = store::S3Gateway::start(
      processes_, {.path = path, .root = root_, .log = sandbox.root() + "/versitygw.log"});
  if (!gateway) throw Error("versitygw: " + gateway.error().message);
  gateway_ = std::move(*gateway);
}

Result<std::vector<std::string>> Served::options() {
  std::set<std::string> names;
  for (const char* kind : {"metadata", "arc-state", "manifest"}) {
    names.insert(format("clusterless-{}-local-home", kind));
  }
  for (const auto& entry : fs::directory_iterator(sandbox_.root())) {
    if (!entry.is_regular_file()) continue;
    add_buckets_of(content(entry.path()), names);
  }
  for (const auto& entry : fs::directory_iterator(root_)) {
    names.insert(entry.path().filename().string());
  }
  std::vector<std::string> options;
  for (const auto& name : names) {
    if (!is_bucket_name(name)) continue;
    std::error_code error;
    fs::create_directories(fs::path(root_) / name, error);
    if (error) return fail(FailureCode::Unavailable, format("{}: {}", name, error.message()));
    options.push_back(format("--store=s3://{}={}/{}", name, gateway_->origin().to_string(), name));
  }
  return options;
}

Result<> Served::stamp() const {
  for (auto at = fs::recursive_directory_iterator(root_); at != fs::recursive_directory_iterator();
       ++at) {
    if (at->path().filename().string().starts_with('.')) {
      at.disable_recursion_pending();  // the server's own
    } else if (at->is_regular_file()) {
      const std::string etag = '"' + md5_hex(content(at->path())) + '"';
      auto set = set_file_attribute(at->path(), etag_attribute, etag);
      if (!set) return set;
    }
  }
  return {};
}

}  // namespace cls::scenario
