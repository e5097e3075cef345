// SPDX-License-Identifier: Apache-2.0
// Scope: what the synthesis of one project shares between its components.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/assembly.h"
#include "aws/names.h"
#include "aws/synthesis.h"
#include "model/validate_context.h"
#include "record/places.h"

namespace cls::aws {

/// Who owns a dataset of the run.
struct Owner {
  model::ProjectId project;
  model::SinkDataset dataset;
  model::ComponentKind kind = model::ComponentKind::Arc;
  std::string component;
};
using Owners = std::map<std::pair<model::Placement, model::DatasetId>, Owner>;

/// A queue that a bucket of the same stack tells of new objects.
struct QueueNotification {
  std::string queue_arn;
  std::string prefix;
  std::string policy_id;  ///< logical id of what lets the bucket do so
};

/// What others want of a bucket that a project declares.
struct BucketWishes {
  std::vector<QueueNotification> notifications = {};
  std::vector<Statement> statements = {};  ///< of its policy
  bool events = false;                     ///< to the default bus, whatever it says itself
};

/// The part of a stack that one component becomes.
struct Piece {
  Template content{""};
  std::vector<Handler> handlers = {};
};

/// The documents of one project in one placement, and where what they become goes.
struct Scope {
  std::vector<const model::LoadedDocument*> documents;
  const std::vector<model::LoadedDocument>& run;  ///< these, and those of other projects
  ProjectNames names;
  record::Places places;
  const SynthesisOptions& options;
  const Owners& owners;
  model::Findings& findings;
  Assembly& assembly;
  std::map<std::string, BucketWishes> wishes = {};  ///< by bucket name, of declared buckets
  bool notifies_natively = true;  ///< false where queues lie in another stack than their bucket

  const model::ProjectId& project() const { return names.project(); }
  const Owner* owner_of(const model::DatasetId& dataset) const;
  /// The stage, upper-case; empty without one.
  std::string stage() const;
};

/// The placement as handlers are given it.
std::string placement_json(const Scope& scope);

}  // namespace cls::aws
