// SPDX-License-Identifier: Apache-2.0
// What the files of the validation share: places, and where problems go.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "model/catalogue.h"
#include "model/validate.h"

namespace cls::model {

/// A value of a document, by its pointer within the deployable.
struct Place {
  const LoadedDocument* document = nullptr;
  std::string pointer;

  Place below(std::string_view segment) const {
    return {document, pointer + "/" + json::pointer_segment(segment)};
  }
  Place below(std::size_t index) const { return {document, pointer + "/" + std::to_string(index)}; }
  /// True if a text (or what counts as one) is written there.
  bool has_text() const;
  bool exists() const { return document->at(pointer) != nullptr; }
  /// `file:line`, for messages about two places.
  std::string to_string() const;
};

/// Adds located problems; the same problem of the same place is added once.
class Findings {
 public:
  Findings(const Options& options, Diagnostics& problems)
      : options_(&options), problems_(&problems) {}

  void error(const Place& place, std::string message, std::string hint = "");
  void warning(const Place& place, std::string message, std::string hint = "");
  /// An error for which something that is deployed is the reason.
  void refusal(const Place& place, std::string message, std::string hint = "");
  /// What the substrate cannot do yet: a warning, or an error for who is about to act.
  void cannot_run(const Place& place, std::string message);
  const Options& options() const { return *options_; }

 private:
  void add(Severity severity, const Place& place, std::string message, std::string hint,
           bool is_refusal = false);

  const Options* options_;
  Diagnostics* problems_;
  std::set<std::string> seen_;
};

/// A component in its list, whatever its type.
struct ComponentPlace : Place {
  ComponentKind kind = ComponentKind::Resource;
  std::string_view type;
  RunsOn runs;
};

template <class Variant, class Body>
void each_in_list(const LoadedDocument& document, ComponentKind kind,
                  const std::vector<Variant>& list, Body& body) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    std::visit(
        [&]<class T>(const T& component) {
          if constexpr (!std::is_same_v<T, Undecoded>) {
            ComponentPlace place;
            place.document = &document;
            place.pointer = "/" + std::string(list_of(kind)) + "/" + std::to_string(i);
            place.kind = kind;
            place.type = T::type;
            place.runs = T::runs;
            body(component, place);
          }
        },
        list[i]);
  }
}

/// Calls `body(component, place)` for every component that could be read, excluded ones too.
template <class Body>
void each_component(const LoadedDocument& document, Body&& body) {
  const Deployable& model = document.model;
  each_in_list(document, ComponentKind::Resource, model.resources, body);
  each_in_list(document, ComponentKind::Activity, model.activities, body);
  each_in_list(document, ComponentKind::Boundary, model.boundaries, body);
  each_in_list(document, ComponentKind::Barrier, model.barriers, body);
  each_in_list(document, ComponentKind::Arc, model.arcs, body);
}

using Documents = std::vector<LoadedDocument>;

/// What each component says by itself (validate_components.cc, validate_workloads.cc).
void check_components(const LoadedDocument& document, Findings& findings);
void check_workload(const CopyWorkload& copy, const ArcBase& arc, const Place& place,
                    Findings& findings);
void check_workload(const S3CopyWorkload& copy, const ArcBase& arc, const Place& place,
                    Findings& findings);
void check_workload(const CommandWorkload& command, const ArcBase& arc, const Place& place,
                    Findings& findings);
void check_workload(const BatchWorkload& batch, const ArcBase& arc, const Place& place,
                    Findings& findings);
void check_workload(const FunctionWorkload& function, const ArcBase& arc, const Place& place,
                    Findings& findings);
void check_workload(const TransformWorkload& transform, const ArcBase& arc, const Place& place,
                    Findings& findings);
void check_workload(const SqlWorkload& sql, const ArcBase& arc, const Place& place,
                    Findings& findings);
void check_workload(const AddPartitionsWorkload& partitions, const ArcBase& arc, const Place& place,
                    Findings& findings);
/// References between resources (validate_references.cc).
void check_references(const Documents& documents, Findings& findings);
/// Owners, cycles, units and paths of datasets (validate_datasets.cc, validate_paths.cc).
void check_datasets(const Documents& documents, const Deployed& deployed, Findings& findings);
void check_paths(const Documents& documents, const Deployed& deployed, Findings& findings);

/// Checks that several parts share.
void check_filter(const PathFilter& filter, const Place& place, Findings& findings);
/// Which paths a dataset may lie at.
enum class PathUse : std::uint8_t { Objects, Table };
void check_path(const std::string& uri, PathUse use, const Place& place, Findings& findings);

}  // namespace cls::model
