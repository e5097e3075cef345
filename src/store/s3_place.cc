// SPDX-License-Identifier: Apache-2.0
#include "store/s3_place.h"

#include "base/format.h"
#include "base/text.h"
#include "base/uri.h"
#include "http/listen_address.h"

namespace cls::store {

namespace {

bool is_amazons(std::string_view host) {
  return host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
}

/// `eu-west-1` of `s3.eu-west-1.amazonaws.com`, also with `s3-fips`, `s3.dualstack` before it.
std::string region_of(std::string_view host) {
  if (!is_amazons(host)) return {};
  const auto labels = split(host.substr(0, host.find(".amazonaws.com")), '.');
  const std::string& last = labels.back();
  return labels.size() > 1 && last != "dualstack" && !last.starts_with("s3") ? last : "";
}

}  // namespace

Result<S3Place> S3Place::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(FailureCode::Invalid, format("'{}': {}; write https://endpoint/bucket or "
                                             "https://endpoint/bucket?region=NAME",
                                             text, why));
  };
  auto url = http::Url::parse(text);
  if (!url) return pass(std::move(url));
  if (!url->user.empty()) {
    return fail(FailureCode::Invalid,
                "the URL of a store holds no user and password: credentials come from the "
                "environment or a profile (docs/s3.md)");
  }
  S3Place place{.endpoint = url->origin};
  auto path = percent_decode(url->path.substr(1));
  if (!path) return refuse(path.error().message);
  if (path->ends_with('/')) path->pop_back();
  if (path->empty()) return refuse("it names no bucket");
  if (path->find('/') != std::string::npos) return refuse("a bucket is one part of a path");
  place.bucket = std::move(*path);
  place.region = region_of(place.endpoint.host);
  if (url->query.empty()) return place;
  if (!url->query.starts_with("region=") || url->query.find('&') != std::string::npos) {
    return refuse("only region=NAME may follow the ?");
  }
  place.region = url->query.substr(7);
  if (place.region.empty()) return refuse("the region is empty");
  return place;
}

bool S3Place::by_host() const {
  return is_amazons(endpoint.host) && bucket.find('.') == std::string::npos &&
         bucket.find('_') == std::string::npos;
}

http::Origin S3Place::origin() const {
  http::Origin origin = endpoint;
  if (by_host()) origin.host.insert(0, bucket + ".");
  return origin;
}

std::string S3Place::path(std::string_view key) const {
  std::string text = "/";
  if (!by_host()) {
    text += bucket;
    if (key.empty()) return text;
    text += '/';
  }
  return text.append(key);
}

std::string S3Place::to_string() const {
  return format("bucket '{}' at {}", bucket, endpoint.to_string());
}

}  // namespace cls::store
