// SPDX-License-Identifier: Apache-2.0
// Labels: how a name of a project file is written in the names of AWS resources. Rules and vectors:
// docs/formats/aws-names.md.
#pragma once

#include <string>
#include <string_view>

namespace cls::aws {

/// Words, each with its first letter upper-case and the rest lower: split at `-`, else at `_`, else
/// before every capital. `test-project`, `test_project` and `testProject` are `TestProject`.
std::string camel(std::string_view name);

/// The camel form split before every capital, lower-case, joined by `-`: `test-project`.
std::string lower_hyphen(std::string_view name);

}  // namespace cls::aws
