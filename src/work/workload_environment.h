// SPDX-License-Identifier: Apache-2.0
// The environment of a process workload. Every variable: docs/workloads.md.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/object_store.h"
#include "work/attempt_folder.h"
#include "work/command_host.h"
#include "work/step.h"

namespace cls::work {

/// A source object that the lists name, with the version seen.
struct GivenSource {
  std::size_t source = 0;  ///< index into the context's sources
  flow::SourceMember member;
  bool recorded = false;  ///< the producer recorded that version; else it was only seen
};

/// The source objects as files.
struct SourceFiles {
  std::map<std::string, std::string> lists;  ///< role → file of local paths, one a line
  std::vector<record::MemberLine> vanished;  ///< left out of the lists; their role is still empty
  std::vector<GivenSource> given;
  bool must_not_vanish = false;  ///< one of the vanished ones' boundary says overwrites: fail
};

/// Looks at every member of every source and writes the lists. Sources that are no files on this
/// machine get none, unless the plan says that they are fetched.
Step<SourceFiles> write_source_files(store::ObjectStore& store,
                                     const flow::WorkloadContext& context,
                                     const model::CommandPlan& plan, const CommandHost& host,
                                     AttemptFolder& folder);

/// Looks at what the lists name once more, after the process has read it: what was changed since
/// joins the vanished ones.
Step<> look_again(store::ObjectStore& store, const flow::WorkloadContext& context,
                  SourceFiles& files);

/// The directory that a workload writes its objects of a sink into: of `manifest: collect` private
/// to the attempt, else where the sink's path is; empty where that is no directory of this machine.
Step<std::string> sink_directory(const CommandHost& host, const AttemptFolder& folder,
                                 const model::CommandPlan& plan, const std::string& role,
                                 const model::SinkDataset& sink);

/// All variables: inherited ones, then the host's, those that the arc declares, those of cls.
Step<std::map<std::string, std::string>> workload_environment(const flow::WorkloadContext& context,
                                                              const model::CommandPlan& plan,
                                                              const CommandHost& host,
                                                              const AttemptFolder& folder,
                                                              const SourceFiles& sources);

/// A role as part of a variable's name: upper case, everything but A-Z and 0-9 as `_`.
std::string variable_part(std::string_view role);

}  // namespace cls::work
