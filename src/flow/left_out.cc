// SPDX-License-Identifier: Apache-2.0
#include "flow/left_out.h"

namespace cls::flow {

namespace {

/// `key` is relative to the boundary's path: a hidden folder above that path hides nothing.
bool hidden(std::string_view key) {
  return key.starts_with('.') || key.find("/.") != std::string_view::npos ||
         key.ends_with(".tmp") || key.ends_with(".part") || key.ends_with(".crdownload");
}

}  // namespace

bool left_out(const model::BoundaryPlan& boundary, std::string_view path_key, const Uri& uri) {
  std::string_view below = uri.key;
  if (below.starts_with(path_key)) below.remove_prefix(path_key.size());
  return uri.key.ends_with('/') || (boundary.hide_unfinished && hidden(below)) ||
         !boundary.filter.keeps(uri.key, path_key);
}

}  // namespace cls::flow
