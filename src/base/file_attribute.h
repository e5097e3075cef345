// SPDX-License-Identifier: Apache-2.0
// Extended attributes of files.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace cls {

/// Gives the file `path` the attribute `name` (`user.…`), which it may have; writes nothing where
/// it has that value. Unavailable where that cannot be done, as on a file system that has none.
Result<> set_file_attribute(const std::string& path, const std::string& name,
                            std::string_view value);

}  // namespace cls
