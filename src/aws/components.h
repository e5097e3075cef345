// SPDX-License-Identifier: Apache-2.0
// What each component type becomes. A new type is an overload here, in the file of its kind.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "aws/scope.h"

namespace cls::aws {

/// A logical id from a kind and a component's name.
std::string component_id(std::string_view kind, std::string_view name);

/// Notes what boundaries and activities want of the buckets that the project declares itself.
void note_boundaries(Scope& scope);
void note_activities(Scope& scope);

/// A clock that ticks at each end of an interval, at least.
std::string schedule_of(lot::LotUnit unit);
/// One that ticks when lots can be closed: so long after each end of an interval, to the minute,
/// and every hour at least.
std::string closing_schedule(lot::LotUnit unit, std::chrono::seconds settle);
/// Every so many minutes.
std::string rate_of(unsigned minutes);

Piece piece_of(Scope& scope, const model::CoreBucket& bucket, const model::Place& place);
Piece piece_of(Scope& scope, const model::AwsS3Bucket& bucket, const model::Place& place);
Piece piece_of(Scope& scope, const model::AwsGlueDatabase& database, const model::Place& place);
Piece piece_of(Scope& scope, const model::CoreTable& table, const model::Place& place);
Piece piece_of(Scope& scope, const model::AwsGlueTable& table, const model::Place& place);
Piece piece_of(Scope& scope, const model::AwsComputeEnvironment& environment,
               const model::Place& place);
Piece piece_of(Scope& scope, const model::AwsEventBus& bus, const model::Place& place);

Piece piece_of(Scope& scope, const model::AwsCloudWatchExport& activity, const model::Place& place);

Piece piece_of(Scope& scope, const model::CorePutListenerBoundary& boundary,
               const model::Place& place);
Piece piece_of(Scope& scope, const model::AwsS3PutListenerBoundary& boundary,
               const model::Place& place);

Piece piece_of(Scope& scope, const model::CoreCopyArc& arc, const model::Place& place);
Piece piece_of(Scope& scope, const model::AwsS3CopyArc& arc, const model::Place& place);
Piece piece_of(Scope& scope, const model::CoreCommandArc& arc, const model::Place& place);
Piece piece_of(Scope& scope, const model::AwsBatchExecArc& arc, const model::Place& place);
Piece piece_of(Scope& scope, const model::CoreAddPartitionsArc& arc, const model::Place& place);
Piece piece_of(Scope& scope, const model::AwsGlueAddPartitionsArc& arc, const model::Place& place);

/// The environment that every core:commandArc of a project runs in.
Piece shared_compute_environment(Scope& scope);
/// Its name in a project file; a component of that name would collide.
inline constexpr std::string_view shared_environment_name = "default";

}  // namespace cls::aws
