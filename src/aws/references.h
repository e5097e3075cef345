// SPDX-License-Identifier: Apache-2.0
// References of one component to another: `name` … `provider:ns:type:name` of the same run, `ref:…`
// of another stack's export, `arn:…`.
#pragma once

#include <string>

#include "aws/scope.h"

namespace cls::aws {

/// The name of a database.
Value database_name_of(const Scope& scope, const std::string& reference);
/// The ARN of a compute environment.
Value compute_environment_of(const Scope& scope, const std::string& reference);

/// The bucket that a reference means, if the run declares it.
const model::BucketResource* declared_bucket(const Scope& scope, const std::string& reference);
/// The logical id of a database that the run declares; empty for others.
std::string database_id_of(const Scope& scope, const std::string& reference);
/// That of the database that the project declares under this physical name; empty where none is.
std::string database_id_named(const Scope& scope, const std::string& name);

}  // namespace cls::aws
