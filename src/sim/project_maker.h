// SPDX-License-Identifier: Apache-2.0
// ProjectMaker: the project of a world, and what it is changed to while it runs.
#pragma once

#include <map>
#include <vector>

#include "model/plan.h"
#include "sim/random.h"
#include "sim/recipe.h"

namespace cls::sim {

/// Used once.
class ProjectMaker {
 public:
  ProjectMaker(const Recipe& recipe, Random& shape, lot::LotUnit unit, bool day)
      : recipe_(recipe), shape_(shape), unit_(unit), day_(day) {}

  /// In the order in which they are deployed.
  std::vector<model::ProjectPlan> make();

 private:
  void change(model::ProjectPlan& plan, unsigned number);
  model::BoundaryPlan boundary(unsigned number);
  model::ArcPlan arc(unsigned number);
  model::SourceDataset source(unsigned dataset, bool subscribe) const;
  unsigned roots_of(unsigned dataset);
  static void follow_sinks(const model::ProjectPlan& plan, model::ArcPlan& reader);
  void move_sinks(model::ProjectPlan& plan);
  void come_or_go(model::ProjectPlan& plan);
  void silence(model::ProjectPlan& plan);
  void read_older(model::ProjectPlan& plan);

  const Recipe& recipe_;
  Random& shape_;
  lot::LotUnit unit_;
  bool day_;
  unsigned arcs_ = 0;                                // there ever were
  std::vector<model::ArcPlan> gone_;                 // arcs that were taken out
  std::map<std::string, std::vector<bool>> silent_;  // what their sources subscribed to before
  std::map<unsigned, unsigned> roots_;               // of an arc's files: one bit per boundary
};

}  // namespace cls::sim
