// SPDX-License-Identifier: Apache-2.0
#include "local/stores.h"

#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/format.h"
#include "http/client.h"
#include "record/places.h"
#include "store/routed_store.h"

namespace cls::local {

namespace {

/// The object by which an endpoint is asked whether it heeds conditions; it stays.
constexpr const char* probe_key = ".cls-conditions";
constexpr std::string_view probe_text = "Conditional writes are heeded in this bucket.\n";

bool is_url(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

Result<> heeds_conditions(store::ObjectStore& store, const std::string& bucket,
                          const store::S3Place& place) {
  const Uri probe{"s3", bucket, probe_key};
  const auto ignores = [&](std::string_view what) {
    return fail(FailureCode::Unsupported,
                format("{} takes no notice of {}: it cannot hold records; an endpoint with "
                       "conditional writes can (AWS, MinIO, versitygw)",
                       place.to_string(), what));
  };
  // A refusal says yes; the first process of all finds the place empty, and asks again.
  for (int turn = 0; turn < 2; ++turn) {
    const auto put = store.put_if_absent(probe, probe_text);
    if (!put && put.error().code != FailureCode::Conflict) {
      return tl::unexpected<Failure>(put.error());
    }
    if (!put) break;
    if (turn == 1) return ignores("If-None-Match");
  }
  const auto replaced = store.replace_if(probe, std::string(32, '0'), probe_text);
  if (replaced) return ignores("If-Match");
  if (replaced.error().code == FailureCode::Conflict) return {};
  return tl::unexpected<Failure>(replaced.error());
}

}  // namespace

Result<> StoreMap::add(std::string_view text, const std::string& working_directory) {
  const auto refuse = [&](std::string_view why) {
    return fail(FailureCode::Invalid,
                format("'{}': {}; write s3://bucket=https://endpoint/bucket or s3://bucket=DIR",
                       text, why));
  };
  const auto equals = text.find('=');
  if (!text.starts_with("s3://") || equals == std::string_view::npos) {
    return refuse("it does not say which bucket is where");
  }
  std::string_view bucket = text.substr(5, equals - 5);
  if (bucket.ends_with('/')) bucket.remove_suffix(1);
  const std::string_view target = text.substr(equals + 1);
  if (bucket.empty() || bucket.find('/') != std::string_view::npos) {
    return refuse("before the = stands a bucket alone");
  }
  if (target.empty()) return refuse("nothing stands after the =");
  std::pair<std::string, std::string> name{"s3", bucket};
  if (directories.contains(name) || s3.contains(bucket)) return refuse("it is said twice");
  if (is_url(target)) {
    auto place = store::S3Place::parse(target);
    if (!place) return pass(std::move(place));
    s3.emplace(bucket, std::move(*place));
    return {};
  }
  if (target.find("://") != std::string_view::npos) return refuse("its URL is not http or https");
  std::string directory =
      (std::filesystem::path(working_directory) / target).lexically_normal().string();
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  directories.emplace(std::move(name), std::move(directory));
  return {};
}

/// All that buckets on S3 need, in the order in which they need each other.
struct Stores::OnS3 {
  OnS3(store::ObjectStore& local, FileSystem& files, const std::string& scratch,
       const StoreContext& context)
      : http(http::Client::make(*context.network_clock, context.getenv)),
        credentials(files, *context.network_clock, context.getenv),
        client(*http, *context.network_clock, credentials, context.map.s3),
        store(client, *context.clock),
        routed(local, store, files, scratch) {}

  std::unique_ptr<http::Client> http;
  store::AwsCredentials credentials;
  store::S3Client client;
  store::S3Store store;
  store::RoutedStore routed;
};

Stores::Stores(FileSystem& files, const std::string& directory, const StoreContext& context)
    : disk_(files),
      stores_(directory + "/stores"),
      map_(context.map),
      files_(files, {.stores = directory + "/stores", .buckets = context.map.directories}) {
  if (map_.s3.empty()) return;
  if (context.clock == nullptr || context.network_clock == nullptr) {
    throw Error("stores on S3 need a clock");
  }
  s3_ = std::make_unique<OnS3>(files_, files, directory + "/run", context);
}

Stores::~Stores() = default;

store::ObjectStore& Stores::all() {
  if (s3_) return s3_->routed;
  return files_;
}

Result<std::string> Stores::local_path(const Uri& uri) {
  if (!s3_ || !s3_->store.has(uri)) return files_.local_path(uri);
  return fail(FailureCode::Unsupported, format("{} is on S3: it is no file here", uri.to_string()));
}

Result<std::vector<std::string>> Stores::buckets() {
  std::set<std::string> names;
  for (const auto& [bucket, place] : map_.s3) names.insert(bucket);
  for (const auto& [name, directory] : map_.directories) names.insert(name.second);
  auto entries = disk_.entries(stores_ + "/s3");
  if (!entries && entries.error().code != FailureCode::NotFound) return pass(std::move(entries));
  if (entries) {
    for (const auto& entry : *entries) names.insert(entry.name);
  }
  return std::vector<std::string>(names.begin(), names.end());
}

std::optional<std::string> Stores::directory_of(const std::string& bucket) const {
  if (map_.s3.contains(bucket)) return std::nullopt;
  const auto elsewhere = map_.directories.find({"s3", bucket});
  return elsewhere == map_.directories.end() ? stores_ + "/s3/" + bucket : elsewhere->second;
}

Result<> Stores::check() {
  for (const auto& [name, directory] : map_.directories) {
    const auto there = disk_.status(directory, true);
    if (there && there->kind == FileKind::Directory) continue;
    return fail(
        FailureCode::NotFound,
        format("--store {}://{}={}: there is no such directory: make it, or correct --store",
               name.first, name.second, directory));
  }
  for (const auto& [bucket, place] : map_.s3) {
    if (auto there = s3_->store.check(bucket); !there) return there;
  }
  return {};
}

Result<> Stores::check_records() {
  for (const auto& [bucket, place] : map_.s3) {
    if (!record::parse_store_name(bucket)) continue;
    if (auto heeded = heeds_conditions(s3_->store, bucket, place); !heeded) return heeded;
  }
  for (const auto& [name, directory] : map_.directories) {
    if (!record::parse_store_name(name.second)) continue;
    if (auto works = files_.check_locks(name.first, name.second); !works) return works;
  }
  return {};
}

}  // namespace cls::local
