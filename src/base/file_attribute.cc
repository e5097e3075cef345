// SPDX-License-Identifier: Apache-2.0
#include "base/file_attribute.h"

#include <cerrno>
#include <sys/xattr.h>
#include <system_error>

#include "base/format.h"

namespace cls {

Result<> set_file_attribute(const std::string& path, const std::string& name,
                            std::string_view value) {
  std::string there(value.size() + 1, '\0');
  const auto size = ::getxattr(path.c_str(), name.c_str(), there.data(), there.size());
  const bool is_it =
      size >= 0 && std::string_view(there).substr(0, static_cast<std::size_t>(size)) == value;
  if (is_it || ::setxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) == 0) {
    return {};
  }
  const std::error_code error(errno, std::generic_category());
  return fail(FailureCode::Unavailable,
              format("{}: cannot set its attribute {}: {}", path, name, error.message()));
}

}  // namespace cls
