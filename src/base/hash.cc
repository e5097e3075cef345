// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/error.h"

namespace cls {

struct Digest::Context {
  explicit Context(const EVP_MD* kind) : md(EVP_MD_CTX_new()) {
    if (md == nullptr || EVP_DigestInit_ex(md, kind, nullptr) != 1) {
      throw Error("the digest is not available in this OpenSSL");
    }
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(md); }
  EVP_MD_CTX* md;
};

Digest::Digest(std::unique_ptr<Context> context) : context_(std::move(context)) {}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

Digest Digest::sha256() {
  return Digest(std::make_unique<Context>(EVP_sha256()));
}
Digest Digest::md5() {
  return Digest(std::make_unique<Context>(EVP_md5()));
}

void Digest::update(std::string_view bytes) {
  EVP_DigestUpdate(context_->md, bytes.data(), bytes.size());
}

std::string Digest::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned length = 0;
  EVP_DigestFinal_ex(context_->md, bytes.data(), &length);
  std::string raw(length, '\0');
  std::copy_n(bytes.begin(), length, raw.begin());
  return hex_of(raw);
}

std::string hex_of(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned length = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()),  // NOLINT(*-reinterpret-cast)
           bytes.size(), mac.data(), &length) == nullptr) {
    throw Error("HMAC is not available in this OpenSSL");
  }
  std::string raw(length, '\0');
  std::copy_n(mac.begin(), length, raw.begin());
  return raw;
}

std::string sha256_hex(std::string_view bytes) {
  Digest digest = Digest::sha256();
  digest.update(bytes);
  return digest.hex();
}

std::string md5_hex(std::string_view bytes) {
  Digest digest = Digest::md5();
  digest.update(bytes);
  return digest.hex();
}

}  // namespace cls
