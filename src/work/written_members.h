// SPDX-License-Identifier: Apache-2.0
// Objects that a process wrote directly where they belong: made durable, measured, and checked
// against what other lots list. Rules: docs/workloads.md.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "store/object_store.h"
#include "work/command_host.h"
#include "work/step.h"

namespace cls::work {

/// Which objects lay below an arc's sinks before its process started.
class ObjectsBefore {
 public:
  static Step<ObjectsBefore> list(store::ObjectStore& store, const flow::WorkloadContext& context);
  /// May be wrong in saying yes, never in saying no.
  bool had(const Uri& uri) const;

 private:
  std::vector<std::size_t> hashes_;  ///< sorted; of the URIs, which would take ten times the room
};

/// When an attempt's process began, by the clock that stamps files, and what was there then.
struct AttemptBegin {
  Instant at;
  ObjectsBefore before;
};

/// The lines of the sink's members. Each object must exist; its file and the directories down from
/// the sink's are fsynced before its bytes are read; an object that the process has changed must
/// not be listed with other bytes by another lot's current manifest.
Step<record::MemberLines> take_written_members(store::ObjectStore& store,
                                               const flow::WorkloadContext& context,
                                               const CommandHost& host, const AttemptBegin& begin,
                                               const std::string& role,
                                               const std::set<Uri>& members);

}  // namespace cls::work
