// SPDX-License-Identifier: Apache-2.0
// An assembly as files: a template per stack and `assembly.json`. Format:
// docs/formats/aws-assembly.md.
#pragma once

#include <string>

#include "aws/assembly.h"
#include "base/file_system.h"

namespace cls::aws {

/// `assembly.json`.
Value to_json(const Assembly& assembly);

/// Writes all of it below `directory`, made if need be; files of those names are replaced, and
/// templates that the assembly.json which was there named and this one does not are removed.
Result<> write_assembly(FileSystem& files, const std::string& directory, const Assembly& assembly);

}  // namespace cls::aws
