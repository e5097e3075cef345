// SPDX-License-Identifier: Apache-2.0
// A small world for the tests of this folder: one arc, one lot, its sources, in memory or on disk.
#pragma once

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/hash.h"
#include "flow/workload.h"
#include "record/claim.h"
#include "record/manifest.h"
#include "store/file_store.h"
#include "store/memory_store.h"
#include "store/scripted_file_system_test.h"
#include "work/command_host.h"

namespace cls::work::testing {

inline model::SinkDataset dataset(const std::string& name, const std::string& path) {
  model::SinkDataset made;
  made.name = name;
  made.version = "1";
  made.pathURI = path;
  return made;
}

inline Uri uri(const std::string& text) {
  return Uri::parse(text).value();
}

/// An arc from dataset `in` (s3://b/in/) to dataset `out` (s3://b/out/), each of role `main`.
class WorkWorld {
 public:
  explicit WorkWorld(model::ArcPlan plan) : arc(std::move(plan)) {
    project.project = {"p", "1"};
    project.placement = {.provider = "local", .stage = {}, .account = {}, .region = {}};
    arc.name = "a";
    model::SourceDataset declared;
    declared.name = "in";
    declared.version = "1";
    arc.sources = {{"main", declared}};
    arc.sinks = {{"main", dataset("out", "s3://b/out/")}};
    add_source("main", dataset("in", "s3://b/in/"));
  }
  WorkWorld(const WorkWorld&) = delete;
  WorkWorld& operator=(const WorkWorld&) = delete;
  virtual ~WorkWorld() = default;

  virtual store::ObjectStore& store() = 0;

  void add_source(const std::string& role, model::SinkDataset of) {
    const Uri manifest = places.manifest(of.id(), lot, record::ManifestState::complete);
    sources.push_back(
        {.role = role, .dataset = std::move(of), .manifest = manifest, .members = {}});
  }
  /// A second source of the arc, subscribed, at s3://b/<name>/.
  void declare_source(const std::string& role, const std::string& name) {
    model::SourceDataset declared;
    declared.name = name;
    declared.version = "1";
    arc.sources.emplace_back(role, declared);
    add_source(role, dataset(name, "s3://b/" + name + "/"));
  }

  Uri put(const std::string& text, const std::string& bytes) {
    if (!store().put(uri(text), bytes)) throw std::runtime_error("put " + text);
    return uri(text);
  }
  /// Stores an object and makes it a member of a source, in the version stored.
  flow::SourceMember member(const std::string& text, const std::string& bytes,
                            std::size_t source = 0) {
    const Uri at = put(text, bytes);
    const auto info = store().head(at).value();
    flow::SourceMember made{at, record::ObjectVersion{.size = info.size,
                                                      .mtime = format_instant(info.modified),
                                                      .sha256 = sha256_hex(bytes),
                                                      .etag = std::nullopt,
                                                      .versionId = std::nullopt}};
    sources[source].members.push_back(made);
    return made;
  }
  /// Stores the manifests of all sources.
  void publish_sources() {
    for (const auto& source : sources) {
      record::Manifest manifest{
          .state = source.state, .comment = {}, .lotId = lot.to_string(), .uris = {}};
      for (const auto& one : source.members) manifest.uris.push_back(one.uri.to_string());
      put(source.manifest.to_string(), record::write_manifest(manifest));
    }
  }
  /// The object's bytes, or what is wrong.
  std::string bytes(const std::string& text) {
    auto object = store().get(uri(text));
    return object ? object->bytes : "no object: " + object.error().message;
  }
  bool exists(const std::string& text) { return store().head(uri(text)).has_value(); }

  /// Stores the commit of another lot that lists one object in role `main`.
  void commit_other_lot(const std::string& other, const record::MemberLine& line) {
    const auto id = lot::LotId::parse(other).value();
    const Uri members = places.members(project.project, arc.name, id, "01OTHER");
    put(members.to_string(), record::write_members({.lines = {line}, .report = {}}));
    const Uri manifest = places.manifest({"out", "1"}, id, record::ManifestState::complete);
    record::Claim claim{.project = "p",
                        .projectVersion = "1",
                        .arc = arc.name,
                        .lot = other,
                        .state = record::ClaimState::committed,
                        .nonce = "n",
                        .attempt = "01OTHER",
                        .declaration = "d",
                        .sources = {},
                        .sinks = {{"main",
                                   {.manifest = manifest.to_string(),
                                    .sha256 = "s",
                                    .members = members.key,
                                    .revision = "r"}}},
                        .condemned = {}};
    put(places.claim(project.project, arc.name, id).to_string(), json::write_record(claim));
  }

  flow::WorkloadContext context() {
    return {.project = project,
            .arc = arc,
            .places = places,
            .lot = lot,
            .attempt = attempt,
            .sources = sources,
            .stop = stop.get_token()};
  }

  model::ProjectPlan project;
  model::ArcPlan arc;
  record::Places places{{.provider = "local", .stage = {}, .account = {}, .region = {}}};
  lot::LotId lot = lot::LotId::parse("20240501PT5M003").value();
  std::string attempt = "01HX0000000000000000000001";
  std::vector<flow::WorkloadSource> sources;
  std::stop_source stop;
};

class MemoryWorld final : public WorkWorld {
 public:
  explicit MemoryWorld(model::CopyPlan plan = {}) : WorkWorld(arc_of(std::move(plan))) {}
  store::ObjectStore& store() override { return memory; }
  model::CopyPlan& plan() { return std::get<model::CopyPlan>(arc.workload); }

  static model::ArcPlan arc_of(model::CopyPlan plan) {
    model::ArcPlan made;
    made.workload = std::move(plan);
    return made;
  }

  ManualClock clock{parse_instant("2024-05-01T00:20:00Z").value()};
  store::MemoryStore memory{clock};
};

/// A home on disk, below the directory for temporary files; removed at the end.
class DiskWorld final : public WorkWorld {
 public:
  explicit DiskWorld(model::CommandPlan plan = {}) : WorkWorld(arc_of(std::move(plan))) {
    std::string pattern = (std::filesystem::temp_directory_path() / "cls-work-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    home = std::filesystem::canonical(pattern).string();
    disk.emplace(files, store::FileStoreLayout{.stores = home + "/stores"});
  }
  ~DiskWorld() override {
    std::error_code ignored;
    std::filesystem::remove_all(home, ignored);
  }
  DiskWorld(const DiskWorld&) = delete;
  DiskWorld& operator=(const DiskWorld&) = delete;
  store::ObjectStore& store() override { return *disk; }
  model::CommandPlan& plan() { return std::get<model::CommandPlan>(arc.workload); }

  static model::ArcPlan arc_of(model::CommandPlan plan) {
    model::ArcPlan made;
    made.workload = std::move(plan);
    return made;
  }

  CommandHost host() {
    return {.files = files,
            .attempts_dir = home + "/attempts",
            .stores_dir = home + "/stores",
            .local_path = [this](const Uri& at) { return disk->local_path(at); },
            .getenv = [this](const std::string& name) -> std::optional<std::string> {
              const auto found = environment.find(name);
              return found == environment.end() ? std::nullopt : std::optional(found->second);
            },
            .started = {}};
  }
  std::string path(const std::string& text) { return disk->local_path(uri(text)).value(); }
  std::string attempt_path(const std::string& name) const {
    return home + "/attempts/" + attempt + "/" + name;
  }
  std::string read(const std::string& path_of_file) {
    return files.read(path_of_file, 0, std::nullopt).value_or("(no file)");
  }
  void write(const std::string& path_of_file, const std::string& bytes) {
    std::filesystem::create_directories(std::filesystem::path(path_of_file).parent_path());
    std::filesystem::remove(path_of_file);
    if (!files.append(path_of_file, bytes)) throw std::runtime_error("write " + path_of_file);
  }

  SystemClock clock;
  store::ScriptedFileSystem files;
  std::string home;
  std::optional<store::FileStore> disk;
  std::map<std::string, std::string> environment{{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                                 {"HOME", "/home/someone"},
                                                 {"SECRET_OF_CLS", "do-not-leak"}};
};

}  // namespace cls::work::testing
