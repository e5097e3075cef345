// SPDX-License-Identifier: Apache-2.0
#include "work/local_script.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "json/fields.h"
#include "work/container_view.h"
#include "work/fetched_source.h"
#include "work/workload_environment.h"
#include "work/workload_json.h"

namespace cls::work {

namespace {

constexpr std::string_view end_of_list = "CLS_END_OF_LIST";

Uri directory_uri(const std::string& path) {
  return Uri{"file", "", path.substr(1)}.as_path();
}

/// The arc with sinks below the scratch folder.
model::ArcPlan in_scratch(const model::ArcPlan& arc, const std::string& scratch) {
  model::ArcPlan changed = arc;
  for (auto& [role, sink] : changed.sinks) {
    sink.pathURI = directory_uri(scratch + "/sinks/" + variable_part(role)).to_string();
  }
  return changed;
}

/// Where a workload that writes its manifests itself puts them.
void redirect_manifests(json::Value& props, const std::string& scratch) {
  for (auto& member : props.members) {
    if (member.key != "sinkManifestTemplates") continue;
    for (auto& [role, value, offset] : member.value.members) {
      value = json::Value::string(directory_uri(scratch).to_string() + "manifests/" +
                                  variable_part(role) + "/lot={lot}/state={state}/manifest.json");
    }
  }
}

/// Writes one script. Lives as long as local_script() runs.
class Script {
 public:
  Script(const flow::WorkloadContext& context, const CommandHost& host,
         const LocalScriptRequest& request)
      : context_(context),
        plan_(std::get<model::CommandPlan>(context.arc.workload)),
        host_(host),
        request_(request),
        scratch_(request.scratch),
        folder_(AttemptFolder::named(host.files, scratch_)) {}

  Step<std::string> text() {
    if (auto found = find_engine(); !found) return pass_failed(std::move(found));
    if (auto added = add_lists(); !added) return pass_failed(std::move(added));
    if (auto added = add_directories(); !added) return pass_failed(std::move(added));
    if (auto added = add_variables(); !added) return pass_failed(std::move(added));
    if (auto added = add_command(); !added) return pass_failed(std::move(added));
    return head() + text_;
  }

 private:
  std::string head() const {
    return format(
        "#!/bin/bash\n"
        "# Runs arc {} of project {} on lot {} by hand. What it writes goes below\n"
        "# {}; the stores are only read.\n"
        "{}set -euo pipefail\n"
        "mkdir -p {}\n",
        context_.arc.name, context_.project.project.to_string(), context_.lot.to_string(), scratch_,
        notes_, shell_quoted(scratch_));
  }

  /// What an attempt would run under.
  Step<> find_engine() {
    if (!wants_image(plan_) || host_.containers == nullptr) return {};
    const ContainerEngine& engine = host_.containers->engine();
    if (!engine.problem.empty()) return end_attempt("Start", engine.problem);
    if (!engine.runs_images() && needs_engine(plan_)) {
      return end_attempt("Start",
                         format("arc '{}' needs a container engine, and none works here: install "
                                "podman or docker (docs/containers.md)",
                                context_.arc.name));
    }
    notes_ += format("# As an attempt on this machine, it runs under {}.\n", engine.version);
    engine_ = engine.kind;
    return {};
  }

  /// A member that is no file here.
  Step<std::string> fetched(const flow::WorkloadSource& source, const flow::SourceMember& member) {
    const Uri base = source.dataset.pathURI.empty() ? Uri{} : source.dataset.path();
    const std::string directory = folder_.sources_path() + "/" + variable_part(source.role);
    auto path = fetched_path(host_.files, base, directory, member.uri);
    if (!path) return end_for(path.error(), "Start", path.error().message);
    const auto at = request_.locate ? request_.locate(member.uri.bucket) : std::nullopt;
    if (!at) {
      notes_ += format("# Differs from an attempt: {} is not fetched to\n#   {}\n",
                       member.uri.to_string(), *path);
      return std::move(*path);
    }
    if (!std::exchange(fetches_, true)) {
      notes_ += "# It needs the AWS CLI to fetch members, in the versions that the lot lists.\n";
      text_ +=
          "fetch() { mkdir -p \"$(dirname -- \"$1\")\"; aws s3api get-object \"${@:2}\" \"$1\" "
          ">/dev/null; }\n";
    }
    text_ +=
        format("fetch {} --endpoint-url {} --bucket {} --key {}", shell_quoted(*path),
               shell_quoted(at->endpoint), shell_quoted(at->bucket), shell_quoted(member.uri.key));
    if (!at->region.empty()) text_ += " --region " + shell_quoted(at->region);
    if (member.version && member.version->versionId) {
      text_ += " --version-id " + shell_quoted(*member.version->versionId);
    } else if (member.version && member.version->etag) {
      text_ += " --if-match " + shell_quoted("\"" + *member.version->etag + "\"");
    }
    text_ += "\n";
    return std::move(*path);
  }

  Step<> add_lists() {
    for (const auto& source : context_.sources) {
      std::string list;
      bool has_files = true;
      for (const auto& member : source.members) {
        auto path = host_.local_path(member.uri);
        has_files = path || path.error().code != FailureCode::Unsupported || plan_.fetch;
        if (!has_files) break;  // the workload reads them by their URIs
        if (!path && path.error().code == FailureCode::Unsupported) {
          auto brought = fetched(source, member);
          if (!brought) return pass_failed(std::move(brought));
          list += *brought + "\n";
          continue;
        }
        if (!path) return end_for(path.error(), "Start", path.error().message);
        list += *path + "\n";
      }
      if (!has_files) continue;
      const std::string file = folder_.in("source-" + variable_part(source.role));
      text_ += format("cat >{} <<'{}'\n{}{}\n", shell_quoted(file), end_of_list, list, end_of_list);
      files_.lists.emplace(source.role, file);
    }
    return {};
  }

  Step<> add_directories() {
    std::vector<std::string> wanted;
    if (plan_.working_dir.empty()) wanted.push_back(folder_.work_path());
    for (const auto& [role, sink] : context_.arc.sinks) {
      auto directory = sink_directory(host_, folder_, plan_, role, sink);
      if (!directory) return pass_failed(std::move(directory));
      wanted.push_back(std::move(*directory));
    }
    for (const auto& directory : wanted) text_ += format("mkdir -p {}\n", shell_quoted(directory));
    return {};
  }

  Step<> add_variables() {
    text_ += "\n# What cls gives to each attempt.\n";
    model::CommandPlan bare = plan_;
    bare.environment.clear();
    auto environment = workload_environment(context_, bare, host_, folder_, files_);
    if (!environment) return pass_failed(std::move(environment));
    json::Value props = arc_props_json(context_, plan_);
    redirect_manifests(props, scratch_);
    (*environment)["CLS_ARC_PROPS_JSON"] = json::to_text(props);
    environment_ = *environment;
    for (const auto& [name, value] : *environment) {
      // The others are those of the shell that runs the script.
      if (!name.starts_with("CLS_") && !name.starts_with("AWS_BATCH_")) continue;
      text_ += format("export {}={}\n", name, shell_quoted(value));
    }
    if (!plan_.environment.empty()) text_ += "\n# What the arc declares.\n";
    for (const auto& [name, value] : plan_.environment) text_ += declared(name, value);
    return {};
  }

  static std::string declared(const std::string& name, const model::EnvironmentValue& value) {
    using From = model::EnvironmentValue::From;
    switch (value.from) {
      case From::Environment:
        return format("export {}=\"${{{}:?is taken from the environment of cls}}\"\n", name,
                      value.text);
      case From::File:
        return format("{}=\"$(cat -- {})\"\nexport {}\n", name, shell_quoted(value.text), name);
      case From::Text:
        break;
    }
    return format("export {}={}\n", name, shell_quoted(value.text));
  }

  Step<> add_command() {
    auto command = expand_command(context_, plan_, request_.now);
    if (!command) return end_for(command.error(), "Start", command.error().message);
    ProcessSpec spec;
    spec.command = std::move(*command);
    spec.working_directory = plan_.working_dir.empty() ? folder_.work_path() : plan_.working_dir;
    auto outer = in_sandbox(std::move(spec));
    if (!outer) return pass_failed(std::move(outer));
    text_ += format("\n# Declared: {}\n", json::to_text(json::encode(plan_.command)));
    text_ += before_command_;
    text_ +=
        format("cd {}\nexec {}\n", shell_quoted(outer->working_directory), quoted(outer->command));
    return {};
  }

  static std::string quoted(const std::vector<std::string>& command) {
    std::vector<std::string> words;
    words.reserve(command.size());
    for (const auto& word : command) words.push_back(shell_quoted(word));
    return join(words, " ");
  }

  Step<ProcessSpec> in_sandbox(ProcessSpec spec) {
    if (!engine_ || *engine_ == EngineKind::Process) return spec;
    auto mounts = container_mounts(context_, plan_, host_, folder_);
    if (!mounts) return pass_failed(std::move(mounts));
    Containers& containers = *host_.containers;
    if (*engine_ == EngineKind::Bubblewrap) return containers.fenced(spec, *mounts);
    ContainerRun run{.attempt = context_.attempt,
                     .image = plan_.image,
                     .mounts = std::move(*mounts),
                     .variables = {},
                     .memory_mb = plan_.memory_mb,
                     .cpus = plan_.cpus};
    if (run.image.empty()) {
      run.image = containers.tag_of(context_.arc.declaration);
      auto build = containers.build_command(plan_.image_path, run.image);
      if (!build) return end_attempt("Image", build.error().message);
      before_command_ =
          format("{} image inspect {} >/dev/null 2>&1 ||\n  {}\n", shell_quoted(build->front()),
                 shell_quoted(run.image), quoted(*build));
    }
    spec.environment = environment_;
    for (const auto& [name, value] : plan_.environment) spec.environment[name] = value.text;
    run.variables = container_variables(spec.environment, plan_);
    spec.working_directory = scratch_;
    ProcessSpec outer = containers.contained(spec, run);
    const auto conf = outer.environment.find("CONTAINERS_CONF");
    if (conf != outer.environment.end()) {
      before_command_ =
          format("export CONTAINERS_CONF={}\n", shell_quoted(conf->second)) + before_command_;
    }
    return outer;
  }

  const flow::WorkloadContext& context_;
  const model::CommandPlan& plan_;
  const CommandHost& host_;
  const LocalScriptRequest& request_;
  const std::string& scratch_;
  AttemptFolder folder_;
  SourceFiles files_;
  std::optional<EngineKind> engine_;  ///< that runs its image
  std::map<std::string, std::string> environment_;
  bool fetches_ = false;
  std::string notes_;           ///< comments of the head
  std::string before_command_;  ///< what makes its image
  std::string text_;
};

}  // namespace

Step<std::string> local_script(const flow::WorkloadContext& context, const CommandHost& host,
                               const LocalScriptRequest& request) {
  const model::ArcPlan arc = in_scratch(context.arc, request.scratch);
  const flow::WorkloadContext here{.project = context.project,
                                   .arc = arc,
                                   .places = context.places,
                                   .lot = context.lot,
                                   .attempt = context.attempt,
                                   .sources = context.sources,
                                   .woken_by = context.woken_by,
                                   .stop = {}};
  return Script(here, host, request).text();
}

}  // namespace cls::work
