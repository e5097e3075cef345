// SPDX-License-Identifier: Apache-2.0
// Which proxy a request goes through, as HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "http/message.h"

namespace cls::http {

struct Proxy {
  Origin origin;
  std::string credentials = {};  ///< the value of Proxy-Authorization; a secret
};

using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// The proxy for requests to `to`; nullopt: none. Names are looked at in lower case first;
/// HTTP_PROXY counts in lower case only, as elsewhere. NO_PROXY holds hosts, `.domains`, addresses
/// and `*`, separated by commas. Hosts of this machine need no proxy. Invalid: no http URL.
Result<std::optional<Proxy>> proxy_for(const Origin& to, const Environment& getenv);

}  // namespace cls::http
