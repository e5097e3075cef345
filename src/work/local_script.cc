// SPDX-License-Identifier: Apache-2.0
#include "work/local_script.h"

#include <map>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "json/fields.h"
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
  Script(const flow::WorkloadContext& context, const CommandHost& host, std::string scratch)
      : context_(context),
        plan_(std::get<model::CommandPlan>(context.arc.workload)),
        host_(host),
        scratch_(std::move(scratch)),
        folder_(AttemptFolder::named(host.files, scratch_)) {}

  Step<std::string> text(Instant now) {
    add_head();
    if (auto added = add_lists(); !added) return pass_failed(std::move(added));
    if (auto added = add_directories(); !added) return pass_failed(std::move(added));
    if (auto added = add_variables(); !added) return pass_failed(std::move(added));
    if (auto added = add_command(now); !added) return pass_failed(std::move(added));
    return std::move(text_);
  }

 private:
  void add_head() {
    text_ = format(
        "#!/bin/bash\n"
        "# Runs arc {} of project {} on lot {} by hand. What it writes goes below\n"
        "# {}; the stores are only read.\n"
        "set -euo pipefail\n"
        "mkdir -p {}\n",
        context_.arc.name, context_.project.project.to_string(), context_.lot.to_string(), scratch_,
        shell_quoted(scratch_));
  }

  Step<> add_lists() {
    for (const auto& source : context_.sources) {
      std::string list;
      bool has_files = true;
      for (const auto& member : source.members) {
        auto path = host_.local_path(member.uri);
        has_files = path || path.error().code != FailureCode::Unsupported;
        if (!has_files) break;  // the workload reads them by their URIs
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

  Step<> add_command(Instant now) {
    auto command = expand_command(context_, plan_, now);
    if (!command) return end_for(command.error(), "Start", command.error().message);
    std::vector<std::string> words;
    for (const auto& word : *command) words.push_back(shell_quoted(word));
    text_ +=
        format("\n# Declared: {}\ncd {}\nexec {}\n", json::to_text(json::encode(plan_.command)),
               shell_quoted(plan_.working_dir.empty() ? folder_.work_path() : plan_.working_dir),
               join(words, " "));
    return {};
  }

  const flow::WorkloadContext& context_;
  const model::CommandPlan& plan_;
  const CommandHost& host_;
  std::string scratch_;
  AttemptFolder folder_;
  SourceFiles files_;
  std::string text_;
};

}  // namespace

Step<std::string> local_script(const flow::WorkloadContext& context, const CommandHost& host,
                               const std::string& scratch, Instant now) {
  const model::ArcPlan arc = in_scratch(context.arc, scratch);
  const flow::WorkloadContext here{.project = context.project,
                                   .arc = arc,
                                   .places = context.places,
                                   .lot = context.lot,
                                   .attempt = context.attempt,
                                   .sources = context.sources,
                                   .woken_by = context.woken_by,
                                   .stop = {}};
  return Script(here, host, scratch).text(now);
}

}  // namespace cls::work
