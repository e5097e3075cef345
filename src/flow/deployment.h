// SPDX-License-Identifier: Apache-2.0
// Deployment: who produces and who subscribes to which dataset, over all deployed projects.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.h"
#include "flow/limits.h"
#include "model/plan.h"
#include "record/places.h"

namespace cls::flow {

/// One deployed project: its plan and where its records are. Other limits than the defaults are for
/// the simulator.
struct Deployed {
  explicit Deployed(model::ProjectPlan the_plan, Limits the_limits = {})
      : plan(std::move(the_plan)), places(plan.placement), limits(the_limits) {}
  model::ProjectPlan plan;
  record::Places places;
  Limits limits;
};

struct BoundaryRef {
  const Deployed* project = nullptr;
  const model::BoundaryPlan* boundary = nullptr;

  /// Names it in logs and messages: `project/version boundary`.
  std::string to_string() const;
  LogFields log_fields(std::string lot = "") const;
};

struct ArcRef {
  const Deployed* project = nullptr;
  const model::ArcPlan* arc = nullptr;

  std::string to_string() const;
  LogFields log_fields(std::string lot = "", std::string attempt = "") const;
  bool operator==(const ArcRef&) const = default;
};

struct ArcSinkRef {
  ArcRef arc;
  std::string role;
};

/// Nobody deployed here: a dataset of the reference, or of a project that was destroyed.
struct ForeignProducer {};
using Producer = std::variant<ForeignProducer, BoundaryRef, ArcSinkRef>;

/// A fixed set of deployed projects with its indexes. Immutable, so safe for all threads.
class Deployment {
 public:
  explicit Deployment(std::vector<std::unique_ptr<const Deployed>> projects);

  const std::vector<std::unique_ptr<const Deployed>>& projects() const { return projects_; }
  const std::vector<BoundaryRef>& boundaries() const { return boundaries_; }
  const std::vector<ArcRef>& arcs() const { return arcs_; }
  Producer producer_of(const model::Placement& placement, const model::DatasetId& dataset) const;
  /// Arcs with a subscribed source of that dataset.
  std::vector<ArcRef> subscribers_of(const model::Placement& placement,
                                     const model::DatasetId& dataset) const;

 private:
  using DatasetKey = std::pair<model::Placement, model::DatasetId>;
  std::vector<std::unique_ptr<const Deployed>> projects_;
  std::vector<BoundaryRef> boundaries_;
  std::vector<ArcRef> arcs_;
  std::map<DatasetKey, Producer> producers_;
  std::multimap<DatasetKey, ArcRef> subscribers_;
};

/// Told when a lot of a dataset was published. A hint: it may be lost, repeated, delayed.
class LotEvents {
 public:
  virtual ~LotEvents() = default;
  virtual void available(const model::Placement& placement, const model::DatasetId& dataset,
                         const lot::LotId& lot) = 0;
};

}  // namespace cls::flow
