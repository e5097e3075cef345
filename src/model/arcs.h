// SPDX-License-Identifier: Apache-2.0
// Arcs: what runs on each lot.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "model/component.h"
#include "model/workloads.h"

namespace cls::model {

/// What all arcs share, whatever their workload.
struct ArcBase : Component {
  json::Ordered<SourceDataset> sources;
  json::Ordered<SinkDataset> sinks;
  Labels labels;
  unsigned attempts = 4;
  unsigned backoffSec = 2;
  unsigned leaseSec = 60;
  std::optional<unsigned> timeoutMin;
  unsigned concurrency = 4;
  unsigned parallel = 4;

  static constexpr auto head_fields = std::tuple_cat(
      Component::fields,
      std::tuple{json::required("sources", &ArcBase::sources, "role to dataset it reads"),
                 json::required("sinks", &ArcBase::sinks, "role to dataset it owns and writes")});
  static constexpr auto own_fields = std::tuple{
      json::extension("labels", &ArcBase::labels, "texts that reports filter by"),
      json::extension("attempts", &ArcBase::attempts, "tries of a lot", 1, 1000),
      json::extension("backoffSec", &ArcBase::backoffSec,
                      "pause after the first failure; doubled, jittered, at most 300", 0, 300),
      json::extension("leaseSec", &ArcBase::leaseSec, "how long a silent owner keeps a lot", 3,
                      3600),
      json::extension(
          "timeoutMin", &ArcBase::timeoutMin,
          "time limit of an attempt; default 15, or that of the workload's runtimeProps", 1, 20160),
      json::extension("concurrency", &ArcBase::concurrency,
                      "lots at once; with 1 they run in order, oldest first", 1, 10000),
      json::extension("parallel", &ArcBase::parallel, "parts of one lot at once", 1, 10000)};
};

/// An arc with its workload, written after the sinks.
template <class Workload>
struct ArcOf : ArcBase {
  Workload workload;

  static constexpr auto fields =
      std::tuple_cat(head_fields,
                     std::tuple{json::Field<ArcOf, Workload>{
                         "workload", &ArcOf::workload, "what it runs", Workload::is_required}},
                     own_fields);
};

struct CoreCopyArc : ArcOf<CopyWorkload> {
  static constexpr std::string_view type = "core:copyArc";
  static constexpr std::string_view doc = "Copies the objects of a lot.";
  static constexpr RunsOn runs{.local = true, .aws = true};
};

struct CoreCommandArc : ArcOf<CommandWorkload> {
  static constexpr std::string_view type = "core:commandArc";
  static constexpr std::string_view doc = "Runs a command on each lot.";
  static constexpr RunsOn runs{.local = true, .aws = true};
};

struct CoreFunctionArc : ArcOf<FunctionWorkload> {
  static constexpr std::string_view type = "core:functionArc";
  static constexpr std::string_view doc = "Calls a function under the Lambda Runtime API.";
  static constexpr RunsOn runs{};
};

struct CoreTransformArc : ArcOf<TransformWorkload> {
  static constexpr std::string_view type = "core:transformArc";
  static constexpr std::string_view doc = "Runs a transform pipeline.";
  static constexpr RunsOn runs{};
};

struct CoreSqlArc : ArcOf<SqlWorkload> {
  static constexpr std::string_view type = "core:sqlArc";
  static constexpr std::string_view doc = "Runs SQL over the objects of a lot.";
  static constexpr RunsOn runs{};
};

struct CoreAddPartitionsArc : ArcOf<AddPartitionsWorkload> {
  static constexpr std::string_view type = "core:addPartitionsArc";
  static constexpr std::string_view doc = "Registers the partitions of a lot in a table.";
  static constexpr RunsOn runs{.aws = true};
};

struct AwsS3CopyArc : ArcOf<S3CopyWorkload> {
  static constexpr std::string_view type = "aws:core:s3CopyArc";
  static constexpr std::string_view doc = "Copies the objects of a lot.";
  static constexpr RunsOn runs{.local = true, .aws = true};
};

struct AwsBatchExecArc : ArcOf<BatchWorkload> {
  static constexpr std::string_view type = "aws:core:batchExecArc";
  static constexpr std::string_view doc =
      "Runs a container on each lot; on one machine its command, in the image's directory.";
  static constexpr RunsOn runs{.local = true, .aws = true};
};

struct AwsGlueAddPartitionsArc : ArcOf<AddPartitionsWorkload> {
  static constexpr std::string_view type = "aws:core:glueAddPartitionsArc";
  static constexpr std::string_view doc = "Registers the partitions of a lot in a Glue table.";
  static constexpr RunsOn runs{.aws = true};
};

using Arc = std::variant<Undecoded, CoreCopyArc, CoreCommandArc, CoreFunctionArc, CoreTransformArc,
                         CoreSqlArc, CoreAddPartitionsArc, AwsS3CopyArc, AwsBatchExecArc,
                         AwsGlueAddPartitionsArc>;
extern template struct ComponentCodec<Arc>;

/// The shared part of an arc; null for one that could not be read.
const ArcBase* arc_base(const Arc& arc);

}  // namespace cls::model

template <>
struct cls::json::Codec<cls::model::Arc> : cls::model::ComponentCodec<cls::model::Arc> {};
