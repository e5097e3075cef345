// SPDX-License-Identifier: Apache-2.0
// The project's only door to fmt; its library part is compiled once, in format.cc.
#pragma once

#include <string>
#include <utility>

#include <fmt/core.h>

namespace cls {

using fmt::format;

}  // namespace cls
