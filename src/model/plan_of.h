// SPDX-License-Identifier: Apache-2.0
// From what a project file says to what the engine runs; and the two things a deployer notes on
// each arc: the directory its relative paths are meant from, and the hash of its declaration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/deployable.h"
#include "model/plan.h"

namespace cls::model {

/// Extras of a deployed arc, as stored in the project's record.
inline constexpr std::string_view directory_extra = "x-cls-directory";
inline constexpr std::string_view declaration_extra = "x-cls-declaration";

/// What the engine runs. `deployable` must be valid; documents of one project and placement are to
/// be merged() first. Excluded components, and types that do not run on one machine, are left out.
/// Relative working directories and files are resolved against the arc's `x-cls-directory`; without
/// it they stay as written. A pure function.
ProjectPlan plan_of(const Deployable& deployable);

/// Notes both on an arc, in place of older ones: the absolute `directory` of its project file, and
/// `declaration`, the SHA-256 of declaration_json() and the files of the working directory.
/// Throws Error for an arc that could not be read.
void set_origin(Arc& arc, const std::string& directory, const std::string& declaration);

/// The canonical JSON of an arc without what set_origin() notes.
std::string declaration_json(const Arc& arc);

/// Joins the documents of one project and resolved placement into one, in the order first seen:
/// lists appended, labels and extras merged (the first to name one counts).
std::vector<Deployable> merged(std::vector<Deployable> documents);

}  // namespace cls::model
