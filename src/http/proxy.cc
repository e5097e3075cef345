// SPDX-License-Identifier: Apache-2.0
#include "http/proxy.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "http/base64.h"
#include "http/listen_address.h"

namespace cls::http {

namespace {

std::optional<std::string> variable(const Environment& getenv, const std::string& name,
                                    std::string& found) {
  for (const auto& one : {lower(name), name}) {
    auto value = getenv(one);
    if (!value || value->empty()) continue;
    found = one;
    return value;
  }
  return std::nullopt;
}

bool excepted(const Origin& to, std::string_view list) {
  return std::ranges::any_of(split(list, ','), [&](const std::string& entry) {
    const auto first = entry.find_first_not_of(" \t");
    if (first == std::string::npos) return false;
    std::string rule = lower(entry.substr(first, entry.find_last_not_of(" \t") + 1 - first));
    if (rule == "*" || rule == to.host || rule == to.host_header()) return true;
    if (rule.starts_with("*.")) rule.erase(0, 1);
    if (!rule.starts_with('.')) rule.insert(0, 1, '.');
    return to.host.ends_with(rule) || "." + to.host == rule;
  });
}

}  // namespace

Result<std::optional<Proxy>> proxy_for(const Origin& to, const Environment& getenv) {
  std::optional<Proxy> none;
  if (to.host == "localhost" || is_loopback(to.host)) return none;
  std::string name;
  auto text = to.tls ? variable(getenv, "HTTPS_PROXY", name) : std::nullopt;
  if (!to.tls) {
    name = "http_proxy";
    text = getenv(name);
  }
  if (!text || text->empty()) text = variable(getenv, "ALL_PROXY", name);
  if (!text) return none;
  std::string exceptions;
  if (const auto list = variable(getenv, "NO_PROXY", exceptions); list && excepted(to, *list)) {
    return none;
  }
  const bool has_scheme = text->find("://") != std::string::npos;
  auto url = Url::parse(has_scheme ? *text : "http://" + *text);
  if (!url || url->origin.tls) {
    // Not repeated: it may hold a password.
    return fail(FailureCode::Invalid,
                format("{} is no proxy that can be used; write http://host:port", name));
  }
  Proxy proxy{.origin = url->origin};
  if (!url->user.empty()) proxy.credentials = "Basic " + base64(url->user);
  return std::optional(std::move(proxy));
}

}  // namespace cls::http
