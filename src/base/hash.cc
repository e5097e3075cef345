// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <array>

#include <openssl/evp.h>

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
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(std::size_t{2} * length);
  for (unsigned i = 0; i < length; ++i) {
    text += digits[bytes[i] >> 4U];
    text += digits[bytes[i] & 15U];
  }
  return text;
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
