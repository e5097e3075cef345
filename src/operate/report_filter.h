// SPDX-License-Identifier: Apache-2.0
// ReportFilter: what a user wants to see of everything that is deployed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/deployment.h"
#include "lot/lot_range.h"

namespace cls::operate {

/// Which placements; every part that is given must hold.
struct PlacementFilter {
  std::vector<std::string> providers = {};  ///< any of them
  std::string account = {};
  std::string region = {};
  std::optional<std::string> stage = {};  ///< an empty one: no stage

  bool keeps(const model::Placement& placement) const;
  /// Nothing is asked for.
  bool keeps_all() const;
};

/// Every part that is given must hold; an empty one lets everything pass.
struct ReportFilter {
  std::vector<std::string> projects = {};  ///< `name` (of any version) or `name:version`; any of
  std::vector<std::string> names = {};     ///< of arcs, boundaries, or datasets; any of them
  std::map<std::string, std::string> labels = {};  ///< all of them, with exactly that value
  std::optional<lot::Moment> earliest = {};        ///< inclusive
  std::optional<lot::Moment> latest = {};          ///< exclusive; a lot given as such is included
  PlacementFilter placements = {};

  /// Nothing is asked for.
  bool keeps_all() const;
  /// Its placement and its name.
  bool keeps(const flow::Deployed& project) const;
  bool keeps(const flow::ArcRef& arc) const;
  bool keeps(const flow::BoundaryRef& boundary) const;
  /// A dataset's name may also be given as `name:version`.
  bool keeps(const flow::Deployed& owner, const model::SinkDataset& dataset) const;
};

}  // namespace cls::operate
