// SPDX-License-Identifier: Apache-2.0
// Operator: deploys the project and carries out the orders of the script.
#pragma once

#include "flow/deploy.h"
#include "sim/port.h"
#include "sim/world.h"

namespace cls::sim {

/// What a deploy of the project stores whose number among the script's is this.
flow::ProjectRecords records_of(const model::ProjectPlan& plan, unsigned number);
/// Its project.json.
std::string deployment_json(unsigned number);

class Operator {
 public:
  Operator(World& world, Process& process);
  /// One life; the first deploys the project.
  void run();

 private:
  void store(const model::ProjectPlan& plan, unsigned number);
  void deploy(unsigned number);
  unsigned present(unsigned number);
  void carry_out(const Step& order);
  void redeploy(const Step& order);
  void destroy(bool with_records, bool unlisted);
  void others(bool deletes);
  void delete_records(const flow::Deployed& project);
  void look_for(const flow::Deployed& project, bool is_there);
  void switch_one(const std::string& name, bool enabled);
  void retry(const std::string& arc, unsigned which);
  void replay(const std::string& arc, unsigned which);
  const flow::ArcRef* find(const std::string& arc) const;

  World& world_;
  Process& process_;
  StorePort store_;
};

}  // namespace cls::sim
