// SPDX-License-Identifier: Apache-2.0
#include "aws/function.h"

#include <algorithm>

#include "aws/needs.h"
#include "base/format.h"
#include "base/hash.h"

namespace cls::aws {

namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view json_suffix = "_JSON";

std::size_t size_of(const Environment& environment) {
  std::size_t size = 0;
  for (const auto& [name, value] : environment) size += name.size() + value.size();
  return size;
}

/// Moves the longest `…_JSON` to an object of the metadata store.
bool move_longest(Scope& scope, FunctionSpec& spec) {
  auto longest = spec.environment.end();
  for (auto one = spec.environment.begin(); one != spec.environment.end(); ++one) {
    if (!one->first.ends_with(json_suffix)) continue;
    if (longest == spec.environment.end() || one->second.size() > longest->second.size()) {
      longest = one;
    }
  }
  if (longest == spec.environment.end()) return false;
  const std::string bucket = scope.names.store(record::StoreKind::Metadata);
  const std::string key = format("assets/{}.json", sha256_hex(longest->second));
  scope.findings.warning(
      spec.place,
      format("the variables of function {} are more than the {} bytes that Lambda permits; {} "
             "is put in s3://{}/{}",
             spec.name, most_environment_bytes, longest->first, bucket, key));
  scope.assembly.assets.push_back({.kind = AssetKind::Object,
                                   .placement = scope.names.placement(),
                                   .place = format("s3://{}/{}", bucket, key),
                                   .source = longest->second,
                                   .architecture = ""});
  add(spec.needs, Need{.why = "read " + longest->first,
                       .actions = {"s3:GetObject"},
                       .resources = {format("{}/{}", scope.names.bucket_arn(bucket), key)}});
  longest->first.replace(longest->first.size() - json_suffix.size(), json_suffix.size(), "_URI");
  longest->second = format("s3://{}/{}", bucket, key);
  return true;
}

void fit_environment(Scope& scope, FunctionSpec& spec) {
  while (size_of(spec.environment) > most_environment_bytes) {
    if (!move_longest(scope, spec)) {
      scope.findings.error(
          spec.place,
          format("the variables of function {} are {} bytes", spec.name, size_of(spec.environment)),
          format("Lambda permits {} bytes", most_environment_bytes));
      return;
    }
  }
}

Value variables_of(const Environment& environment) {
  Value variables = Value::object();
  for (const auto& [name, value] : environment) variables.add(name, text(value));
  return object({{"Variables", std::move(variables)}});
}

Need giving_up(const Scope& scope, const FailedCalls& failed) {
  return {.why = "give up calls",
          .actions = {"sqs:SendMessage"},
          .resources = {scope.names.arn("sqs", failed.name)}};
}

/// Dead letters of a rule are what did not reach the function. What it failed at, Lambda forgets
/// after its own retries, unless it is told where to put it.
void add_failed_calls(Piece& piece, const FunctionSpec& spec) {
  constexpr std::int64_t most_retries = 2;  // that Lambda permits
  const auto retries = std::min(most_retries, static_cast<std::int64_t>(spec.props.retryAttempts));
  const Value destination = object({{"Destination", get_att(spec.failed_calls->id, "Arn")}});
  piece.content.add(spec.id + "FailedCalls",
                    Resource{.type = "AWS::Lambda::EventInvokeConfig",
                             .properties = object(
                                 {{"FunctionName", ref_to(spec.id)},
                                  {"Qualifier", text("$LATEST")},
                                  {"MaximumRetryAttempts", number(retries)},
                                  {"DestinationConfig", object({{"OnFailure", destination}})}})});
}

std::string code_key(const Scope& scope, model::Architecture architecture) {
  const std::string name(json::name_of(architecture));
  const auto found = scope.options.code_hashes.find(name);
  return format("assets/{}.zip", found == scope.options.code_hashes.end() ? "none" : found->second);
}

}  // namespace

void add_log_group(const Scope& scope, Piece& piece, const std::string& id,
                   const std::string& name) {
  piece.content.add(
      id, Resource{.type = "AWS::Logs::LogGroup",
                   .properties =
                       object({{"LogGroupName", text(name)},
                               {"RetentionInDays", number(scope.options.log_retention_days)}})});
}

void add_function(Scope& scope, Piece& piece, FunctionSpec spec) {
  add(spec.needs, RecordNeeds(scope).log(spec.name));
  if (spec.failed_calls) add(spec.needs, giving_up(scope, *spec.failed_calls));
  fit_environment(scope, spec);
  add_absences(spec.needs);
  add_log_group(scope, piece, spec.id + "LogGroup", "/aws/lambda/" + spec.name);
  add_role(piece.content, spec.id + "Role", "lambda.amazonaws.com", spec.needs);
  const bool is_arm = spec.props.architecture == model::Architecture::Arm64;
  piece.content.add(
      spec.id,
      Resource{
          .type = "AWS::Lambda::Function",
          .properties = object(
              {{"FunctionName", text(spec.name)},
               {"Runtime", text("provided.al2023")},
               {"Handler", text(spec.handler)},
               {"Architectures", list({text(is_arm ? "arm64" : "x86_64")})},
               {"Code", object({{"S3Bucket", text(scope.names.store(record::StoreKind::Metadata))},
                                {"S3Key", text(code_key(scope, spec.props.architecture))}})},
               {"MemorySize", number(spec.props.memorySizeMB)},
               {"Timeout", number(60 * static_cast<std::int64_t>(spec.props.timeoutMin))},
               {"Role", get_att(spec.id + "Role", "Arn")},
               {"LoggingConfig", object({{"LogGroup", ref_to(spec.id + "LogGroup")}})},
               {"Environment", variables_of(spec.environment)}})});
  if (spec.failed_calls) add_failed_calls(piece, spec);
  piece.handlers.push_back(
      {.function = spec.id, .name = spec.handler, .needs = std::move(spec.needs)});
}

void permit_call(Piece& piece, const std::string& function_id, std::string_view service,
                 const std::string& source_arn, std::string_view what) {
  piece.content.add(function_id + "Permit" + logical_id(what),
                    Resource{.type = "AWS::Lambda::Permission",
                             .properties = object({{"Action", text("lambda:InvokeFunction")},
                                                   {"FunctionName", get_att(function_id, "Arn")},
                                                   {"Principal", text(service)},
                                                   {"SourceArn", text(source_arn)}})});
}

}  // namespace cls::aws
