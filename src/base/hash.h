// SPDX-License-Identifier: Apache-2.0
// Digests as lower-case hex: SHA-256 for identity, MD5 only because S3's ETags are MD5.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace cls {

std::string sha256_hex(std::string_view bytes);
std::string md5_hex(std::string_view bytes);
/// HMAC with SHA-256: 32 bytes, not hex.
std::string hmac_sha256(std::string_view key, std::string_view bytes);
/// Two lower-case digits a byte.
std::string hex_of(std::string_view bytes);

/// Digests bytes that come in pieces. Not thread-safe.
class Digest {
 public:
  static Digest sha256();
  static Digest md5();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  ~Digest();
  void update(std::string_view bytes);
  /// Ends the digest; call once.
  std::string hex();

 private:
  struct Context;
  explicit Digest(std::unique_ptr<Context> context);
  std::unique_ptr<Context> context_;
};

}  // namespace cls
