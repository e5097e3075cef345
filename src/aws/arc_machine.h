// SPDX-License-Identifier: Apache-2.0
// An arc's life on AWS: the rule that hears of lots, the state machine that takes one through its
// gates and workload, the functions of the gates, and what looks for lots that were lost.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/needs.h"
#include "aws/scope.h"
#include "aws/state_machine.h"

namespace cls::aws {

/// What arcs of every type share while one is made.
struct ArcParts {
  const model::ArcBase& declared;
  model::Place place;
  ArcDatasets datasets;
  std::int64_t lease_seconds = 0;  ///< how long a silent owner keeps a lot
};

/// A function or job of the workload as the machine sees it.
struct Substitution {
  std::string name;
  Value value;
};

/// The states between the gates. They begin with the first one that `states` adds, and end by
/// going to `complete_state`; an error goes there by `<state>Catch`.
struct WorkloadSegment {
  std::string first;
  std::function<void(StateMachine&)> states;
  std::vector<Substitution> substitutions;
  std::vector<Need> needs;           ///< of the machine
  std::int64_t longest_seconds = 0;  ///< that an attempt may take, tries of its job included
};

inline constexpr std::string_view complete_state = "CompleteInvoke";

/// Adds a call of a function of the workload, named as a state is, with its way out of errors.
void add_workload_call(StateMachine& machine, const std::string& state, std::string_view function,
                       std::string next = std::string(complete_state));
/// The way out of `state`'s errors.
void add_catch(StateMachine& machine, const std::string& state);
/// How it gets there.
Catch catch_of(const std::string& state);

/// An arc with its sources' owners.
ArcParts parts_of(const Scope& scope, const model::ArcBase& arc, const model::Place& place);

/// Everything but the workload.
void add_arc(Scope& scope, Piece& piece, const ArcParts& parts, const WorkloadSegment& workload);

/// What every workload function may do with records: read its sources, keep its claim, note what
/// it makes, publish nothing.
std::vector<Need> workload_needs(const Scope& scope, const ArcParts& parts);

/// The variables of functions and jobs of the workload.
std::vector<std::pair<std::string, std::string>> workload_environment(const Scope& scope,
                                                                      const ArcParts& parts,
                                                                      const Value& workload_props);

}  // namespace cls::aws
