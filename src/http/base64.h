// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648, with padding).
#pragma once

#include <string>
#include <string_view>

namespace cls::http {

std::string base64(std::string_view bytes);

}  // namespace cls::http
