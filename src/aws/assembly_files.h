// SPDX-License-Identifier: Apache-2.0
// An assembly as files: a template per stack and `assembly.json`. Format:
// docs/formats/aws-assembly.md.
#pragma once

#include <string>

#include "aws/assembly.h"
#include "base/file_system.h"

namespace cls::aws {

/// Writes all of it below `directory`, made if need be; files of those names are replaced, and
/// templates that the assembly.json which was there named and this one does not are removed.
/// `assembly` is used up: a template is given up as soon as it is written.
Result<> write_assembly(FileSystem& files, const std::string& directory, Assembly assembly);

}  // namespace cls::aws
