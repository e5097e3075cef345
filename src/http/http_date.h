// SPDX-License-Identifier: Apache-2.0
// Times as HTTP's headers have them.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace cls::http {

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110's preferred form); nullopt for anything else.
std::optional<Instant> parse_http_date(std::string_view text);

}  // namespace cls::http
