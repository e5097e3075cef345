// SPDX-License-Identifier: Apache-2.0
// Workloads: the `workload` object of each arc type.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "model/component.h"

namespace cls::model {

enum class FunctionRuntime : std::uint8_t { python, node, java, native };
enum class FunctionManifest : std::uint8_t { returned, collect };
enum class PartitionType : std::uint8_t { named, value };
enum class PartitionResults : std::uint8_t { none, all, added };

struct RenameRule {
  std::string match;
  std::string to;
  json::Extras extras;

  static constexpr auto fields =
      std::tuple{json::required("match", &RenameRule::match, "RE2, of the relative path"),
                 json::required("to", &RenameRule::to, "template with $1 …, {lot}, {name}, {ext}")};
};

/// What aws:core:s3CopyArc says of its copy.
struct S3CopyProps {
  PathFilter filter;
  double failArcOnPartialPercent = 0;
  std::optional<OnConflict> onConflict;
  json::Extras extras;

  static constexpr auto fields = std::tuple{
      json::optional("filter", &S3CopyProps::filter, "which objects to copy"),
      json::optional("failArcOnPartialPercent", &S3CopyProps::failArcOnPartialPercent,
                     "the fraction of objects, 0 to 1, that may fail"),
      json::extension("onConflict", &S3CopyProps::onConflict,
                      "other bytes under the wanted key; default replace for aws:core: types, "
                      "else beside")};
};

struct CopyProps : S3CopyProps {
  std::vector<RenameRule> rename;
  json::Ordered<std::string> partition;

  static constexpr auto fields = std::tuple_cat(
      S3CopyProps::fields,
      std::tuple{
          json::optional("rename", &CopyProps::rename, "first match of each rule is replaced"),
          json::optional("partition", &CopyProps::partition,
                         "key to template, inserted as key=value/ before the path")});
};

template <class Props>
struct CopyWorkloadOf {
  static constexpr bool is_required = false;
  Props workloadProps;
  LambdaProps runtimeProps{.retryAttempts = 3, .timeoutMin = 15};
  json::Extras extras;

  static constexpr auto fields = std::tuple{
      json::optional("workloadProps", &CopyWorkloadOf::workloadProps, "how it copies"),
      json::optional("runtimeProps", &CopyWorkloadOf::runtimeProps, "of its function (aws)")};
};

using CopyWorkload = CopyWorkloadOf<CopyProps>;
using S3CopyWorkload = CopyWorkloadOf<S3CopyProps>;

struct CommandWorkload {
  static constexpr bool is_required = true;
  json::Value workloadProps = json::Value::object();
  std::vector<std::string> command;
  Environment environment;
  std::optional<std::string> imagePath;
  std::optional<std::string> image;
  std::optional<std::string> workingDir;
  std::optional<unsigned> memorySizeMB;
  std::optional<double> cpu;
  Sandbox sandbox = Sandbox::automatic;
  ManifestMode manifest = ManifestMode::workload;
  OnConflict onConflict = OnConflict::beside;
  bool fetch = false;
  json::Extras extras;

  static constexpr auto fields = std::tuple{
      json::optional("workloadProps", &CommandWorkload::workloadProps, "any JSON, handed over"),
      json::optional("command", &CommandWorkload::command,
                     "program and arguments; `$.…` is taken from the event"),
      json::optional("environment", &CommandWorkload::environment, "variables"),
      json::optional("imagePath", &CommandWorkload::imagePath,
                     "directory with a Containerfile or Dockerfile"),
      json::optional("image", &CommandWorkload::image, "name of a container image"),
      json::optional("workingDir", &CommandWorkload::workingDir,
                     "of a plain process; relative to the project file"),
      json::ranged("memorySizeMB", &CommandWorkload::memorySizeMB, "memory limit", 1, 16777216),
      json::optional("cpu", &CommandWorkload::cpu, "processors"),
      json::optional("sandbox", &CommandWorkload::sandbox,
                     "where its image runs on one machine; auto: the best there is"),
      json::optional("manifest", &CommandWorkload::manifest,
                     "workload: it writes the manifest; collect: what it wrote is the manifest"),
      json::optional("onConflict", &CommandWorkload::onConflict,
                     "other bytes under the wanted key, with collect"),
      json::optional("fetch", &CommandWorkload::fetch,
                     "on one machine: sources on S3 are given as files too")};
};

struct FunctionWorkload {
  static constexpr bool is_required = true;
  json::Value workloadProps = json::Value::object();
  FunctionRuntime runtime = FunctionRuntime::python;
  std::optional<std::string> handler;
  std::string codePath;
  unsigned memorySizeMB = 512;
  Environment environment;
  FunctionManifest manifest = FunctionManifest::returned;
  json::Extras extras;

  static constexpr auto fields = std::tuple{
      json::optional("workloadProps", &FunctionWorkload::workloadProps, "any JSON, handed over"),
      json::required("runtime", &FunctionWorkload::runtime, "language"),
      json::optional("handler", &FunctionWorkload::handler, "what is called"),
      json::required("codePath", &FunctionWorkload::codePath, "directory of the code"),
      json::ranged("memorySizeMB", &FunctionWorkload::memorySizeMB, "memory", 128, 10240),
      json::optional("environment", &FunctionWorkload::environment, "variables"),
      json::optional("manifest", &FunctionWorkload::manifest,
                     "return: its result is the manifest; collect: what it wrote is")};
};

struct TransformWorkload {
  static constexpr bool is_required = true;
  json::Value pipeline;
  json::Extras extras;

  static constexpr auto fields = std::tuple{json::required("pipeline", &TransformWorkload::pipeline,
                                                           "a pipeline, or the path of its file")};
};

struct SqlWorkload {
  static constexpr bool is_required = true;
  json::Ordered<std::string> statements;
  std::optional<std::string> format;
  std::vector<std::string> partitions;
  json::Extras extras;

  static constexpr auto fields = std::tuple{
      json::required("statements", &SqlWorkload::statements, "sink role to SQL text or file"),
      json::optional("format", &SqlWorkload::format, "of the output"),
      json::optional("partitions", &SqlWorkload::partitions, "columns of the path")};
};

struct AddPartitionsProps {
  PartitionType partitionType = PartitionType::named;
  std::string namedPartitionDelimiter = "=";
  PartitionResults partitionResults = PartitionResults::added;
  json::Extras extras;

  static constexpr auto fields = std::tuple{
      json::optional("partitionType", &AddPartitionsProps::partitionType,
                     "named: text after the delimiter; value: the whole segment"),
      json::optional("namedPartitionDelimiter", &AddPartitionsProps::namedPartitionDelimiter,
                     "between name and value"),
      json::optional("partitionResults", &AddPartitionsProps::partitionResults,
                     "what the manifest lists")};
};

struct AddPartitionsWorkload {
  static constexpr bool is_required = false;
  AddPartitionsProps workloadProps;
  LambdaProps runtimeProps{.retryAttempts = 3, .timeoutMin = 15};
  json::Extras extras;

  static constexpr auto fields = std::tuple{
      json::optional("workloadProps", &AddPartitionsWorkload::workloadProps, "how it reads paths"),
      json::optional("runtimeProps", &AddPartitionsWorkload::runtimeProps,
                     "of its function (aws)")};
};

struct BatchWorkload {
  static constexpr bool is_required = true;
  json::Value workloadProps = json::Value::object();
  BatchProps batchRuntimeProps;
  LambdaProps lambdaRuntimeProps{.retryAttempts = 3, .timeoutMin = 15};
  std::string computeEnvironmentRef;
  std::string imagePath;
  Environment environment;
  std::vector<std::string> command;
  json::Extras extras;

  static constexpr auto fields = std::tuple{
      json::optional("workloadProps", &BatchWorkload::workloadProps, "any JSON, handed over"),
      json::optional("batchRuntimeProps", &BatchWorkload::batchRuntimeProps, "of the job"),
      json::optional("lambdaRuntimeProps", &BatchWorkload::lambdaRuntimeProps,
                     "of the function that collects results (aws)"),
      json::required("computeEnvironmentRef", &BatchWorkload::computeEnvironmentRef,
                     "reference to a computeEnvironment"),
      json::required("imagePath", &BatchWorkload::imagePath,
                     "directory with a Dockerfile, relative to the project file"),
      json::optional("environment", &BatchWorkload::environment, "variables"),
      json::optional("command", &BatchWorkload::command,
                     "container command; `$.…` is taken from the event")};
};

}  // namespace cls::model

namespace cls::json {
template <>
inline constexpr auto names_of<model::FunctionRuntime> =
    Names<model::FunctionRuntime, 4>{{{model::FunctionRuntime::python, "python"},
                                      {model::FunctionRuntime::node, "node"},
                                      {model::FunctionRuntime::java, "java"},
                                      {model::FunctionRuntime::native, "native"}}};
template <>
inline constexpr auto names_of<model::FunctionManifest> = Names<model::FunctionManifest, 2>{
    {{model::FunctionManifest::returned, "return"}, {model::FunctionManifest::collect, "collect"}}};
template <>
inline constexpr auto names_of<model::PartitionType> = Names<model::PartitionType, 2>{
    {{model::PartitionType::named, "named"}, {model::PartitionType::value, "value"}}};
template <>
inline constexpr auto names_of<model::PartitionResults> =
    Names<model::PartitionResults, 3>{{{model::PartitionResults::none, "none"},
                                       {model::PartitionResults::all, "all"},
                                       {model::PartitionResults::added, "added"}}};
}  // namespace cls::json
