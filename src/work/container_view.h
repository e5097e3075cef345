// SPDX-License-Identifier: Apache-2.0
// What a command in an image sees of this machine. docs/containers.md.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "work/command_host.h"
#include "work/containers.h"
#include "work/step.h"

namespace cls::work {

/// True where the arc is to run in an image, if an engine does.
bool wants_image(const model::CommandPlan& plan);
/// True where it cannot run as a process in the image's directory.
bool needs_engine(const model::CommandPlan& plan);

/// The folders besides its image: as a process it might see all.
Step<std::vector<ContainerMount>> container_mounts(const flow::WorkloadContext& context,
                                                   const model::CommandPlan& plan,
                                                   const CommandHost& host,
                                                   const AttemptFolder& folder);

/// The variables that go inside.
std::set<std::string> container_variables(const std::map<std::string, std::string>& environment,
                                          const model::CommandPlan& plan);

}  // namespace cls::work
