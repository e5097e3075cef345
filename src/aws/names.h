// SPDX-License-Identifier: Apache-2.0
// Names: what the resources of a placement and project are called on AWS, their ARNs and exports.
// Every name follows from the project file alone. Rules: docs/formats/aws-names.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/uri.h"
#include "model/types.h"
#include "record/places.h"

namespace cls::aws {

/// What a kind of resource may be called.
struct NameRule {
  std::size_t most;             ///< characters
  std::string_view characters;  ///< beside ASCII letters and digits
};

inline constexpr NameRule function_rule{.most = 64, .characters = "-_"};
inline constexpr NameRule queue_rule{.most = 80, .characters = "-_"};
inline constexpr NameRule machine_rule{.most = 80, .characters = "-_"};
inline constexpr NameRule event_rule{.most = 64, .characters = "-_."};
inline constexpr NameRule batch_rule{.most = 128, .characters = "-_"};
inline constexpr NameRule stack_rule{.most = 128, .characters = "-"};
inline constexpr NameRule alarm_rule{.most = 255, .characters = "-_."};
inline constexpr NameRule export_rule{.most = 255, .characters = "-:"};

/// `name` if the rule permits it; else each character that it does not permit becomes `-`, and the
/// end gives way to `-` and 8 hex digits of the SHA-256 of `name`, so that two names stay two.
std::string fitted(const std::string& name, const NameRule& rule);

/// As a policy of IAM has a key that stands for itself: `*`, `?` and `$` are variables of theirs.
std::string policy_text(std::string_view key);

/// `aws`, `aws-cn` or `aws-us-gov`.
std::string partition_of(std::string_view region);

/// Names of a placement: its stores, bus, network. The placement has an account and a region.
class PlacementNames {
 public:
  explicit PlacementNames(model::Placement placement);

  const model::Placement& placement() const { return placement_; }
  const std::string& account() const { return *placement_.account; }
  const std::string& region() const { return *placement_.region; }
  /// `parts` joined by `-`, the stage (upper-case) before them if there is one.
  std::string staged(const std::vector<std::string>& parts) const;

  std::string store(record::StoreKind kind) const;
  std::string event_bus() const;
  std::string image_repository() const;
  std::string image_registry() const;  ///< the host

  /// `arn:PARTITION:service:REGION:ACCOUNT:resource`.
  std::string arn(std::string_view service, std::string_view resource) const;
  std::string bucket_arn(std::string_view bucket) const;
  /// Of all objects whose keys begin with the URI's.
  std::string objects_arn(const Uri& prefix) const;
  std::string event_bus_arn() const;

  /// `ref:aws:<qualifier>:[<stage>:]bootstrap:1:meta:<type>:<name>`.
  std::string bootstrap_export(std::string_view qualifier, std::string_view type,
                               std::string_view name) const;

 private:
  model::Placement placement_;
};

/// Names of a project in a placement.
class ProjectNames : public PlacementNames {
 public:
  ProjectNames(model::Placement placement, model::ProjectId project);

  const model::ProjectId& project() const { return project_; }

  std::string grouped_stack(std::size_t number) const;  ///< the first is 1
  std::string arc_stack(std::string_view arc) const;
  std::string function(std::string_view component, std::string_view suffix) const;
  std::string function_arn(std::string_view component, std::string_view suffix) const;
  std::string queue(std::string_view component) const;
  std::string dead_letter_queue(std::string_view component) const;
  std::string dead_letters_of_arc(
      std::string_view arc) const;  ///< it may be named as a boundary is
  std::string state_machine(std::string_view arc) const;
  std::string arc_rule(std::string_view arc, std::string_view suffix) const;
  std::string rule(std::string_view component, std::string_view suffix = "") const;
  /// Of job definitions, job queues and compute environments.
  std::string batch(std::string_view component) const;
  std::string job(std::string_view arc) const;
  std::string alarm(std::string_view component, std::string_view what) const;

  /// `ref:aws:<qualifier>:[<stage>:]<project>:<version>:core:<type>:<name>`.
  std::string resource_export(std::string_view qualifier, std::string_view type,
                              std::string_view name) const;

 private:
  std::string of_project(const std::vector<std::string>& parts) const;

  model::ProjectId project_;
};

}  // namespace cls::aws
