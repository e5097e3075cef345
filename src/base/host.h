// SPDX-License-Identifier: Apache-2.0
// Host: what tells one process of one host from all others, and whether another still lives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cls {

/// A process on a host; `start_time` in clock ticks since boot tells a reused pid apart.
struct ProcessIdentity {
  std::string host;
  std::string boot;
  std::string pid_namespace;
  std::uint64_t pid = 0;
  std::uint64_t start_time = 0;

  bool operator==(const ProcessIdentity&) const = default;
};

/// This process. Throws Error where /proc is not readable.
ProcessIdentity this_process();

/// The start time of a process; nullopt where there is none with that pid.
std::optional<std::uint64_t> start_time_of(std::uint64_t pid);

/// True if a process group has a living member.
bool process_group_lives(int group);

/// True if a living member of the group was started with this `NAME=value` in its environment, as
/// far as it can be read.
bool process_group_has(int group, const std::string& variable);

/// Ends a process group with SIGKILL.
void kill_process_group(int group);

/// Whose rights this process has.
struct EffectiveIds {
  unsigned user = 0;
  unsigned group = 0;
};
EffectiveIds effective_ids();

}  // namespace cls
