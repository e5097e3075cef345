// SPDX-License-Identifier: Apache-2.0
#include "aws/names.h"

#include <algorithm>
#include <utility>

#include "aws/labels.h"
#include "base/error.h"
#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"

namespace cls::aws {

namespace {

constexpr std::size_t hash_digits = 8;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// A stack's name begins with a letter.
std::string stack_name(const std::string& name) {
  std::string result = fitted(name, stack_rule);
  const char first = result.empty() ? '-' : result.front();
  const bool is_letter = (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
  return is_letter ? result : fitted("cls-" + name, stack_rule);
}

std::string stage_part(const model::Placement& placement) {
  return placement.stage && !placement.stage->empty() ? lower(*placement.stage) + ":" : "";
}

}  // namespace

std::string fitted(const std::string& name, const NameRule& rule) {
  std::string result = name;
  std::ranges::replace_if(
      result,
      [&](char c) {
        return !is_alphanumeric(c) && rule.characters.find(c) == std::string_view::npos;
      },
      '-');
  if (result == name && name.size() <= rule.most) return name;
  result.resize(std::min(result.size(), rule.most - hash_digits - 1));
  return result + "-" + sha256_hex(name).substr(0, hash_digits);
}

std::string policy_text(std::string_view key) {
  std::string result;
  for (const char c : key) {
    const bool is_special = c == '*' || c == '?' || c == '$';
    result += is_special ? format("${{{}}}", c) : std::string(1, c);
  }
  return result;
}

std::string partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

PlacementNames::PlacementNames(model::Placement placement) : placement_(std::move(placement)) {
  if (!placement_.account || !placement_.region) {
    throw Error("a placement on aws needs an account and a region");
  }
}

std::string PlacementNames::staged(const std::vector<std::string>& parts) const {
  std::string name = join(parts, "-");
  if (!placement_.stage || placement_.stage->empty()) return name;
  return upper(*placement_.stage) + "-" + name;
}

std::string PlacementNames::store(record::StoreKind kind) const {
  return record::store_name(placement_, kind);
}

std::string PlacementNames::event_bus() const {
  return staged({"arc-events", region()});
}

std::string PlacementNames::image_repository() const {
  std::string name = "clusterless-images";
  if (!placement_.stage || placement_.stage->empty()) return name;
  return lower(*placement_.stage) + "-" + name;
}

std::string PlacementNames::image_registry() const {
  const std::string domain =
      partition_of(region()) == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  return format("{}.dkr.ecr.{}.{}", account(), region(), domain);
}

std::string PlacementNames::arn(std::string_view service, std::string_view resource) const {
  return format("arn:{}:{}:{}:{}:{}", partition_of(region()), service, region(), account(),
                resource);
}

std::string PlacementNames::bucket_arn(std::string_view bucket) const {
  return format("arn:{}:s3:::{}", partition_of(region()), bucket);
}

std::string PlacementNames::objects_arn(const Uri& prefix) const {
  return format("{}/{}*", bucket_arn(prefix.bucket), policy_text(prefix.key));
}

std::string PlacementNames::event_bus_arn() const {
  return arn("events", "event-bus/" + event_bus());
}

std::string PlacementNames::bootstrap_export(std::string_view qualifier, std::string_view type,
                                             std::string_view name) const {
  return format("ref:aws:{}:{}bootstrap:1:meta:{}:{}", qualifier, stage_part(placement_), type,
                name);
}

ProjectNames::ProjectNames(model::Placement placement, model::ProjectId project)
    : PlacementNames(std::move(placement)), project_(std::move(project)) {}

std::string ProjectNames::of_project(const std::vector<std::string>& parts) const {
  std::vector<std::string> all{lower_hyphen(project_.name)};
  all.insert(all.end(), parts.begin(), parts.end());
  return staged(all);
}

std::string ProjectNames::grouped_stack(std::size_t number) const {
  const std::string which = number <= 1 ? "" : format("-{}", number);
  return stack_name(of_project({"resource-activity-boundary" + which, project_.version, region()}));
}

std::string ProjectNames::arc_stack(std::string_view arc) const {
  return stack_name(of_project({"arc", lower_hyphen(arc), project_.version, region()}));
}

std::string ProjectNames::function(std::string_view component, std::string_view suffix) const {
  return fitted(
      of_project({lower_hyphen(component), std::string(suffix), project_.version, region()}),
      function_rule);
}

std::string ProjectNames::queue(std::string_view component) const {
  return fitted(of_project({lower_hyphen(component), project_.version}), queue_rule);
}

std::string ProjectNames::dead_letter_queue(std::string_view component) const {
  return fitted(of_project({lower_hyphen(component), project_.version}) + "-dlq", queue_rule);
}

std::string ProjectNames::dead_letters_of_arc(std::string_view arc) const {
  return fitted(of_project({lower_hyphen(arc), project_.version}) + "-arc-dlq", queue_rule);
}

std::string ProjectNames::function_arn(std::string_view component, std::string_view suffix) const {
  return arn("lambda", "function:" + function(component, suffix));
}

std::string ProjectNames::state_machine(std::string_view arc) const {
  return fitted(of_project({lower_hyphen(arc), project_.version}), machine_rule);
}

std::string ProjectNames::arc_rule(std::string_view arc, std::string_view suffix) const {
  return fitted(of_project({lower_hyphen(arc), project_.version}) + std::string(suffix),
                event_rule);
}

std::string ProjectNames::rule(std::string_view component, std::string_view suffix) const {
  return fitted(
      of_project({lower_hyphen(component), project_.version, region()}) + std::string(suffix),
      event_rule);
}

std::string ProjectNames::batch(std::string_view component) const {
  return fitted(of_project({lower_hyphen(component), project_.version}), batch_rule);
}

std::string ProjectNames::job(std::string_view arc) const {
  const auto& stage = placement().stage;
  return fitted((stage ? upper(*stage) : "") + camel(project_.name) + camel(arc) + project_.version,
                batch_rule);
}

std::string ProjectNames::alarm(std::string_view component, std::string_view what) const {
  return fitted(
      of_project({lower_hyphen(component), std::string(what), project_.version, region()}),
      alarm_rule);
}

std::string ProjectNames::resource_export(std::string_view qualifier, std::string_view type,
                                          std::string_view name) const {
  return fitted(format("ref:aws:{}:{}{}:{}:core:{}:{}", qualifier, stage_part(placement()),
                       lower_hyphen(project_.name), project_.version, type, lower_hyphen(name)),
                export_rule);
}

}  // namespace cls::aws
