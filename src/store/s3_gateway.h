// SPDX-License-Identifier: Apache-2.0
// S3Gateway: serves directories as buckets of S3 on loopback, by the program versitygw.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "base/process_runner.h"
#include "base/result.h"
#include "http/listen_address.h"
#include "http/sigv4.h"
#include "store/s3_place.h"

namespace cls::store {

struct S3GatewaySetup {
  std::string program = "versitygw";
  std::string path;  ///< PATH, in which the program is looked up
  std::string root;  ///< its directories are the buckets
  std::string log;   ///< file that the program's words go to; its directory exists
  /// Called once if it ends by itself after it answered, from another thread; may be empty.
  std::function<void(const Failure&)> ended = {};
};

/// Serves as long as it lives; its process dies with this one.
class S3Gateway {
 public:
  /// Waits until it answers. NotFound where the program is not installed.
  static Result<std::unique_ptr<S3Gateway>> start(ProcessRunner& processes,
                                                  const S3GatewaySetup& setup);
  S3Gateway(const S3Gateway&) = delete;
  S3Gateway& operator=(const S3Gateway&) = delete;
  ~S3Gateway();

  const http::Origin& origin() const { return origin_; }
  /// Random, made for this process alone.
  const http::Credentials& credentials() const { return credentials_; }
  static constexpr const char* region = "us-east-1";
  /// What programs need in their environment to reach it: AWS_ENDPOINT_URL, keys, region ….
  std::map<std::string, std::string> environment() const;

 private:
  S3Gateway(ProcessRunner& processes, const S3GatewaySetup& setup);
  Result<> wait_until_it_answers(const S3GatewaySetup& setup);

  http::HeldPort port_;
  http::Origin origin_;
  http::Credentials credentials_;
  std::atomic<bool> answers_ = false;
  std::atomic<bool> ended_ = false;
  Failure failure_;  ///< read once ended_
  std::jthread runner_;
};

}  // namespace cls::store
