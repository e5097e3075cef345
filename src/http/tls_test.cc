// SPDX-License-Identifier: Apache-2.0
// TLS as clients meet it: trusted, not trusted, for another host, none at all.
#include <filesystem>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/format.h"
#include "http/client.h"
#include "http/scripted_server_test.h"

namespace cls::http {
namespace {

using ::testing::HasSubstr;

/// A key and a certificate for `s3.test` and 127.0.0.1 that nobody else has signed.
class Identity {
 public:
  Identity() : key_(EVP_RSA_gen(2048)), certificate_(X509_new()) {
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_set_version(certificate_, 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* name = X509_get_subject_name(certificate_);
    const auto* text = reinterpret_cast<const unsigned char*>("cls test");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(certificate_, name);
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:s3.test, IP:127.0.0.1");
    X509_add_ext(certificate_, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate_, key_, EVP_sha256());
  }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;
  ~Identity() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }

  std::string pem() const {
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(out, certificate_);
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(out, &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
  }
  /// Answers requests on the socket until its peer goes.
  void serve(int socket) const {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context, certificate_);
    SSL_CTX_use_PrivateKey(context, key_);
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, socket);
    if (SSL_accept(ssl) == 1) {
      std::array<char, 4096> bytes{};
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
      while (SSL_read(ssl, bytes.data(), bytes.size()) > 0) {
        SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
      }
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
  }

 private:
  EVP_PKEY* key_;
  X509* certificate_;
};

class TlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    file_ = ::testing::TempDir() + format("cls-tls-{}.pem", std::hash<std::string>()(me_.pem()));
    std::ofstream(file_) << me_.pem();
  }
  void TearDown() override { std::filesystem::remove(file_); }

  Result<Response> send(const Origin& to) {
    const auto client = Client::make(clock_,
                                     [this](const std::string& name) -> std::optional<std::string> {
                                       const auto found = environment_.find(name);
                                       if (found == environment_.end()) return std::nullopt;
                                       return found->second;
                                     },
                                     {.retry = {.tries = 1}});
    auto first = client->send({.origin = to});
    return first ? client->send({.origin = to}) : std::move(first);
  }
  static Origin secured(const ScriptedServer& server) {
    Origin origin = server.origin();
    origin.tls = true;
    return origin;
  }

  ManualClock clock_{Instant{}};
  Identity me_;
  std::string file_;
  std::map<std::string, std::string> environment_;
};

TEST_F(TlsTest, ATrustedServerIsSpokenTo) {
  const ScriptedServer server({[&](Peer& peer) { me_.serve(peer.socket()); }});
  environment_["SSL_CERT_FILE"] = file_;
  const auto response = send(secured(server));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "secret");
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(TlsTest, OneThatNobodyTrustsIsNot) {
  const ScriptedServer server({[&](Peer& peer) { me_.serve(peer.socket()); }});
  const Identity other;
  const std::string path = file_ + ".other";
  std::ofstream(path) << other.pem();
  environment_["SSL_CERT_FILE"] = path;
  const auto response = send(secured(server));
  std::filesystem::remove(path);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, FailureCode::Denied);
  EXPECT_THAT(response.error().message, HasSubstr("its certificate is not trusted: self-signed"));
  EXPECT_THAT(response.error().message, HasSubstr("SSL_CERT_FILE"));
}

TEST_F(TlsTest, NorOneWithTheCertificateOfAnother) {
  const ScriptedServer server({[&](Peer& peer) { me_.serve(peer.socket()); }});
  environment_["SSL_CERT_FILE"] = file_;
  Origin other = secured(server);
  other.host = "localhost";
  const auto response = send(other);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, FailureCode::Denied);
  EXPECT_THAT(response.error().message, ::testing::ContainsRegex("(hostname|IP address) mismatch"));
}

TEST_F(TlsTest, ThroughATunnel) {
  const ScriptedServer proxy({[&](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 Connection established\r\n\r\n");
    me_.serve(peer.socket());
  }});
  environment_["SSL_CERT_FILE"] = file_;
  environment_["HTTPS_PROXY"] = proxy.origin().to_string();
  const auto response = send({.host = "s3.test"});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "secret");
  EXPECT_EQ(proxy.connections(), 1U);
}

TEST_F(TlsTest, WhereThereIsNoTlsItIsSaid) {
  const ScriptedServer server({[](Peer& peer) {
    peer.more();
    peer.answer("400 Bad Request", "");
  }});
  environment_["SSL_CERT_FILE"] = file_;
  const auto response = send(secured(server));
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("is it https there?"));
}

TEST_F(TlsTest, WithoutCertificatesTheyAreAskedFor) {
  const ScriptedServer server({[&](Peer& peer) { me_.serve(peer.socket()); }});
  environment_["SSL_CERT_FILE"] = "/nowhere/at/all.pem";
  const auto response = send(secured(server));
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message,
              HasSubstr("SSL_CERT_FILE is /nowhere/at/all.pem, which gives no certificates"));
}

}  // namespace
}  // namespace cls::http
