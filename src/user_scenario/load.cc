// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/load.h"

#include <algorithm>
#include <map>

#include "base/format.h"
#include "base/text.h"
#include "user_scenario/number_format.h"

namespace cls::user_scenario {

namespace {

constexpr std::string_view file_name = "scenario.json";
constexpr int level_limit = 20;
constexpr std::size_t entry_limit = 200'000;
constexpr std::size_t scenario_limit = 1'000;
constexpr std::uint64_t file_limit = std::uint64_t{1} << 20U;
/// Objects are made in memory.
constexpr std::uint64_t object_limit = std::uint64_t{64} << 20U;

/// Looks through a folder.
class Search {
 public:
  explicit Search(FileSystem& files) : files_(files) {}

  Result<> walk(const std::string& directory, int level) {
    auto entries = files_.entries(directory);
    if (!entries) return pass(std::move(entries));
    for (const auto& entry : *entries) {
      if (++looked_at_ > entry_limit || found_.size() > scenario_limit) {
        return fail(FailureCode::Invalid,
                    format("too much to look through: more than {} scenarios or {} files; name a "
                           "smaller folder",
                           scenario_limit, entry_limit));
      }
      const std::string path = directory + "/" + entry.name;
      if (entry.kind == FileKind::File && entry.name == file_name) {
        found_.push_back(path);
      } else if (entry.kind == FileKind::Directory && level + 1 < level_limit &&
                 !entry.name.starts_with('.')) {
        if (auto walked = walk(path, level + 1); !walked) return walked;
      }
    }
    return {};
  }

  std::vector<std::string>& found() { return found_; }

 private:
  FileSystem& files_;
  std::size_t looked_at_ = 0;
  std::vector<std::string> found_;
};

std::string parent(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

/// True if an object of that name lies below its store's path, and nowhere else.
bool is_plain_name(const std::string& name) {
  return std::ranges::none_of(split(name, '/'), [](const std::string& part) {
    return part.empty() || part == "." || part == "..";
  });
}

/// Checks one file's scenario, with the places of what is wrong.
class Check {
 public:
  Check(FileSystem& files, Scenario& scenario, json::Reader& in)
      : files_(files), scenario_(scenario), in_(in) {}

  void run() {
    check_name();
    check_each("placements", scenario_.placements);
    check_each("ingressStores", scenario_.ingressStores);
    check_each("watchedStores", scenario_.watchedStores);
    find_projects();
    find_twins();
  }

 private:
  template <class T>
  void check_each(const std::string& list, std::vector<T>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      at_ = "/" + list + "/" + std::to_string(i);
      check(values[i]);
    }
  }

  void problem(const std::string& field, std::string message, std::string hint) const {
    const std::string pointer = at_ + field;
    in_.problem_at(in_.document().offset_of(pointer), pointer, std::move(message), std::move(hint));
  }

  std::string place() const {
    const auto [line, column] = in_.document().position(in_.document().offset_of(at_));
    return format("{}:{}:{}", scenario_.file, line, column);
  }

  void check(const Placement& placement) const {
    for (const auto& [field, text] :
         {std::pair{"/account", placement.account}, std::pair{"/region", placement.region},
          std::pair{"/stage", placement.stage}}) {
      if (!text || (!text->empty() && text->find('/') == std::string::npos &&
                    !text->starts_with('.') && !text->starts_with('-'))) {
        continue;
      }
      problem(field, format("'{}' cannot be part of a folder's name", *text),
              "a word without /, that begins with neither . nor -");
    }
  }

  /// The path of a store, as a folder.
  Uri store_uri(const std::string& path) const {
    auto uri = Uri::parse(path);
    if (uri && (uri->scheme == "s3" || uri->scheme == "file")) return uri->as_path();
    if (in_.document().at(at_ + "/path") == nullptr) return {};  // that is said already
    problem("/path", uri ? format("'{}' is no place on this machine", path) : uri.error().message,
            "s3://bucket/path/ or file:///path/");
    return {};
  }

  void check(IngressStore& store) const {
    store.place = place();
    store.uri = store_uri(store.path);
    const auto name = NumberFormat::parse(store.objectName, 2);
    if (!name) {
      problem("/objectName", name.error().message, "as data-%04d-%d.txt");
    } else if (!is_plain_name(name->fill({1, 0}))) {
      problem("/objectName", format("'{}' names no object below the path", store.objectName),
              "segments that are neither empty nor . or ..");
    }
    const auto line = NumberFormat::parse(store.record.value, 1);
    if (!line) {
      problem("/record/value", line.error().message, "as %d,value");
      return;
    }
    const std::uint64_t bytes =
        store.record.header.value_or("").size() +
        (line->fill({store.record.numRecords}).size() + 1) * std::uint64_t{store.record.numRecords};
    if (bytes > object_limit) {
      problem("/record", format("objects of {} bytes are too large", bytes),
              format("up to {} bytes", object_limit));
    }
  }

  void check(WatchedStore& store) const {
    store.place = place();
    if (store.watchType == WatchType::Glue) {
      if (!scenario_.enabled) return;
      problem("/watchType", "a glue catalogue cannot be watched on this machine: it has none",
              "watch the objects of the table's data with \"watchType\": \"s3\", or say "
              "\"enabled\": false");
      return;
    }
    store.uri = store_uri(store.path);
  }

  /// It is printed, and stands in reports.
  void check_name() const {
    constexpr std::size_t most = 200;
    const std::string name = scenario_.name.value_or("");
    const bool is_printable = std::ranges::none_of(
        name, [](const char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; });
    if (is_printable && name.size() <= most) return;
    problem("/name", "the name cannot be printed in one line",
            format("up to {} bytes, no control characters", most));
  }

  void find_projects() {
    for (std::size_t i = 0; i < scenario_.projectFiles.size(); ++i) {
      std::string& path = scenario_.projectFiles[i];
      at_ = "/projectFiles/" + std::to_string(i);
      const bool is_empty = path.empty();
      if (!path.starts_with('/')) path.insert(0, scenario_.directory + "/");
      if (!scenario_.enabled) continue;
      const auto status = files_.status(path, true);
      if (is_empty || !status || status->kind == FileKind::Directory) {
        problem("", format("there is no file {}", path), "relative to the scenario's file");
      }
    }
    at_.clear();
    if (scenario_.enabled && scenario_.projectFiles.empty()) {
      problem("/projectFiles", "there is no project to deploy", "name one at least");
    }
  }

  /// Two stores that put the same names into one path would write over each other's objects.
  void find_twins() {
    for (std::size_t i = 0; i < scenario_.ingressStores.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        const auto& one = scenario_.ingressStores[i];
        const auto& former = scenario_.ingressStores[k];
        if (one.uri.scheme.empty() || one.uri != former.uri || one.objectName != former.objectName)
          continue;
        at_ = "/ingressStores/" + std::to_string(i);
        problem("/objectName", format("/ingressStores/{} writes objects of the same names", k),
                "another path or another objectName");
      }
    }
  }

  FileSystem& files_;
  Scenario& scenario_;
  json::Reader& in_;
  std::string at_;
};

std::optional<Scenario> load_one(FileSystem& files, const std::string& path,
                                 const std::string& shown, Diagnostics& problems) {
  const auto refuse = [&](const std::string& why) {
    problems.add({.file = shown, .pointer = {}, .message = why, .hint = {}});
    return std::nullopt;
  };
  const auto status = files.status(path, true);
  if (!status) return refuse(status.error().message);
  if (status->kind != FileKind::File) return refuse("is neither a file nor a folder");
  if (status->size > file_limit) {
    return refuse(format("{} bytes are too many; up to {}", status->size, file_limit));
  }
  auto text = files.read(path, 0, file_limit);
  if (!text) return refuse(text.error().message);
  const auto document = json::parse_document(shown, std::move(*text), problems);
  if (!document) return std::nullopt;
  Scenario scenario;
  scenario.file = shown;
  scenario.directory = parent(path);
  json::Reader in(*document, problems, json::Unknown::Error);
  json::decode(document->root, scenario, in);
  if (document->root.kind == json::Kind::Object) Check(files, scenario, in).run();
  return scenario;
}

/// Scenarios are told apart by their names.
void name_all(std::vector<Scenario>& scenarios, const std::string& directory,
              Diagnostics& problems) {
  std::map<std::string, std::string> named;
  for (auto& scenario : scenarios) {
    if (!scenario.name || scenario.name->empty()) {
      const bool is_root = scenario.directory.size() <= directory.size();
      scenario.name = is_root ? scenario.directory.substr(scenario.directory.rfind('/') + 1)
                              : scenario.directory.substr(directory.size() + 1);
    }
    if (!scenario.enabled) continue;
    const auto [found, is_new] = named.emplace(*scenario.name, scenario.file);
    if (is_new) continue;
    problems.add({.file = scenario.file,
                  .pointer = "/name",
                  .message = format("there are two scenarios '{}'", *scenario.name),
                  .hint = "the other one is " + found->second});
  }
}

}  // namespace

Result<std::vector<std::string>> find_scenarios(FileSystem& files, const std::string& directory) {
  const auto status = files.status(directory, true);
  if (!status) return fail(status.error().code, status.error().message);
  if (status->kind != FileKind::Directory) return std::vector<std::string>{directory};
  Search search(files);
  if (auto walked = search.walk(directory, 0); !walked) return pass(std::move(walked));
  if (search.found().empty()) {
    return fail(FailureCode::NotFound,
                format("there is no {} in {} or below it", file_name, directory));
  }
  std::ranges::sort(search.found());
  return std::move(search.found());
}

std::vector<Scenario> load_scenarios(FileSystem& files, const std::vector<std::string>& paths,
                                     const std::string& directory, const std::string& shown,
                                     Diagnostics& problems) {
  std::vector<Scenario> loaded;
  for (const auto& path : paths) {
    const bool is_below = path.size() > directory.size();
    const std::string below = is_below ? path.substr(directory.size()) : "";
    auto scenario = load_one(files, path, shown + below, problems);
    if (scenario) loaded.push_back(std::move(*scenario));
  }
  name_all(loaded, directory, problems);
  return loaded;
}

}  // namespace cls::user_scenario
