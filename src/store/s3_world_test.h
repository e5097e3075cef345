// SPDX-License-Identifier: Apache-2.0
// S3World: a server of S3 on loopback and a store on it, for one test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/posix_process_runner.h"
#include "http/client.h"
#include "store/aws_credentials.h"
#include "store/s3_gateway.h"
#include "store/s3_store.h"
#include "store/test_directory_test.h"

#ifndef CLS_TOOLS
#define CLS_TOOLS "build/tools"  // NOLINT(readability-identifier-naming): as the build names it
#endif

namespace cls::store {

using S3Buckets = std::vector<std::string>;

/// Buckets are there once they are made.
class S3World {
 public:
  explicit S3World(const S3Buckets& buckets = {"bucket", "other-bucket", "no-bucket"}) {
    if (const char* server = std::getenv("CLS_TEST_S3")) {
      use(server, buckets);
      return;
    }
    std::filesystem::create_directory(directory_.path() + "/root");
    auto started = S3Gateway::start(processes_, {.program = program(),
                                                 .path = "/usr/bin:/bin",
                                                 .root = directory_.path() + "/root",
                                                 .log = directory_.path() + "/log"});
    if (!started) {
      trouble_ = started.error().message + "; tools/setup installs it";
      return;
    }
    gateway_ = std::move(*started);
    variables_ = gateway_->environment();
    connect(gateway_->origin(), "", buckets);
  }

  bool ready() const { return store_.has_value(); }
  /// Of a server whose objects are files.
  bool on_files() const { return gateway_ != nullptr; }
  const std::string& trouble() const { return trouble_; }
  void make_bucket(const std::string& name) {
    const auto made = client_->send({.method = "PUT", .uri = {"s3", name, ""}});
    ASSERT_TRUE(made) << made.error().message;
  }
  S3Store& store() { return *store_; }
  S3Client& client() { return *client_; }

 private:
  /// A server that is there, with buckets of this test's own.
  void use(const std::string& endpoint, const S3Buckets& buckets) {
    variables_ = {{"AWS_ACCESS_KEY_ID", "test"}, {"AWS_SECRET_ACCESS_KEY", "test"}};
    const std::string name = directory_.path().substr(directory_.path().rfind('/') + 1);
    connect(http::Url::parse(endpoint).value().origin, name + "-", buckets);
  }

  void connect(const http::Origin& endpoint, const std::string& prefix, const S3Buckets& buckets) {
    S3Places places;
    for (const auto& name : buckets) {
      places[name] = S3Place{.endpoint = endpoint, .bucket = prefix + name};
    }
    client_.emplace(*http_, clock_, credentials_, places);
    store_.emplace(*client_, clock_);
  }

  static std::string program() {
    const char* named = std::getenv("CLS_VERSITYGW");
    return named != nullptr ? named : CLS_TOOLS "/bin/versitygw";
  }
  std::optional<std::string> variable(const std::string& name) const {
    const auto found = variables_.find(name);
    if (found == variables_.end()) return std::nullopt;
    return found->second;
  }

  TestDirectory directory_;
  SystemClock clock_;
  PosixFileSystem files_;
  PosixProcessRunner processes_;
  std::unique_ptr<S3Gateway> gateway_;
  std::string trouble_;
  std::map<std::string, std::string> variables_;
  std::unique_ptr<http::Client> http_ =
      http::Client::make(clock_, [](const std::string&) { return std::nullopt; });
  AwsCredentials credentials_{files_, clock_,
                              [this](const std::string& name) { return variable(name); }};
  std::optional<S3Client> client_;
  std::optional<S3Store> store_;
};

}  // namespace cls::store
