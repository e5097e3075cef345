// SPDX-License-Identifier: Apache-2.0
#include "flow/left_out.h"

namespace cls::flow {

namespace {

bool unfinished(std::string_view key) {
  const auto slash = key.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? key : key.substr(slash + 1);
  return name.starts_with('.') || name.ends_with(".tmp") || name.ends_with(".part") ||
         name.ends_with(".crdownload");
}

}  // namespace

bool left_out(const model::BoundaryPlan& boundary, std::string_view path_key, const Uri& uri) {
  return uri.key.ends_with('/') || (boundary.hide_unfinished && unfinished(uri.key)) ||
         !boundary.filter.keeps(uri.key, path_key);
}

}  // namespace cls::flow
