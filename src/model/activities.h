// SPDX-License-Identifier: Apache-2.0
// Activities: what happens at intervals, apart from any lot.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <variant>

#include "model/component.h"

namespace cls::model {

/// A dataset named by something that neither reads lots of it nor owns it.
struct NamedDataset : DatasetId {
  json::Extras extras;
};

struct CoreRetention : Component {
  static constexpr std::string_view type = "core:retention";
  static constexpr std::string_view doc = "Removes what a dataset holds once it is old enough.";
  static constexpr RunsOn runs{};

  NamedDataset dataset;
  std::string keep;
  bool dryRun = false;

  static constexpr auto fields = std::tuple_cat(
      Component::fields,
      std::tuple{json::required("dataset", &CoreRetention::dataset, "whose lots"),
                 json::required("keep", &CoreRetention::keep, "how long, ISO 8601, as P30D"),
                 json::optional("dryRun", &CoreRetention::dryRun, "only say what would go")});
};

struct AwsCloudWatchExport : Component {
  static constexpr std::string_view type = "aws:core:cloudWatchExport";
  static constexpr std::string_view doc = "Exports a log group to S3 at intervals.";
  static constexpr RunsOn runs{.aws = true};

  UnitText interval;
  std::string logGroupName;
  std::optional<std::string> logStreamPrefix;
  std::optional<std::string> bucketRef;
  std::string pathURI;
  LambdaProps runtimeProps{.memorySizeMB = 1024, .retryAttempts = 3, .timeoutMin = 15};

  static constexpr auto fields = std::tuple_cat(
      Component::fields,
      std::tuple{
          json::required("interval", &AwsCloudWatchExport::interval, "how often, at most hourly"),
          json::required("logGroupName", &AwsCloudWatchExport::logGroupName, "what to export"),
          json::optional("logStreamPrefix", &AwsCloudWatchExport::logStreamPrefix, "only these"),
          json::optional("bucketRef", &AwsCloudWatchExport::bucketRef, "reference to a bucket"),
          json::required("pathURI", &AwsCloudWatchExport::pathURI,
                         "where to; with bucketRef `/prefix` or `s3:///prefix`"),
          json::optional("runtimeProps", &AwsCloudWatchExport::runtimeProps, "of its function")});
};

using Activity = std::variant<Undecoded, CoreRetention, AwsCloudWatchExport>;
extern template struct ComponentCodec<Activity>;

}  // namespace cls::model

template <>
struct cls::json::Codec<cls::model::Activity> : cls::model::ComponentCodec<cls::model::Activity> {};
