// SPDX-License-Identifier: Apache-2.0
// What is particular to S3: answers that get lost or say otherwise, regions, credentials. A server
// answers as each test says; the suites of all stores run against a real one.
#include "store/s3_store.h"

#include <deque>
#include <functional>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "http/scripted_server_test.h"
#include "store/store_kinds_test.h"

namespace cls::store {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string ok(const std::string& body = "", const std::string& headers = "") {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}
std::string error(const std::string& status, const std::string& code,
                  const std::string& more = "") {
  const std::string body = "<?xml version=\"1.0\"?><Error><Code>" + code +
                           "</Code><Message>so it is</Message>" + more + "</Error>";
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}
const std::string etag_header = "ETag: \"abc\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
/// Takes the request, and closes without an answer.
const std::string lost = "lost";

class S3StoreTest : public ::testing::Test {
 protected:
  S3Store& store() {
    server_.emplace(std::vector<http::ScriptedServer::Script>{[this](http::Peer& peer) {
      for (std::string request; !(request = peer.read_request()).empty();) {
        const std::string reply = next(request);
        if (reply == lost) return;
        peer.send(reply);
      }
    }});
    const S3Place place{.endpoint = server_->origin(), .bucket = "real"};
    client_.emplace(*http_, clock_, credentials_, S3Places{{"b", place}});
    return store_.emplace(*client_, clock_);
  }
  std::string next(const std::string& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (answer_) return answer_(request);
    if (replies_.empty()) return error("500 Internal Server Error", "NoMoreReplies");
    std::string reply = replies_.front();
    replies_.pop_front();
    return reply;
  }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  static Uri uri(const std::string& key) { return {"s3", "b", key}; }

  ManualClock clock_{parse_instant("2026-01-01T00:00:00Z").value()};
  PosixFileSystem files_;
  std::map<std::string, std::string> environment_{{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                                                  {"AWS_SECRET_ACCESS_KEY", "very-secret"},
                                                  {"AWS_REGION", "eu-west-1"}};
  std::mutex mutex_;
  std::deque<std::string> replies_;
  std::function<std::string(const std::string&)> answer_;
  std::vector<std::string> requests_;
  std::unique_ptr<http::Client> http_ =
      http::Client::make(clock_, [](const std::string&) { return std::nullopt; });
  AwsCredentials credentials_{files_, clock_,
                              [this](const std::string& name) -> std::optional<std::string> {
                                const auto found = environment_.find(name);
                                if (found == environment_.end()) return std::nullopt;
                                return found->second;
                              }};
  std::optional<http::ScriptedServer> server_;
  std::optional<S3Client> client_;
  std::optional<S3Store> store_;
};

TEST_F(S3StoreTest, AWriteIsOneSignedRequest) {
  replies_ = {ok("", etag_header)};
  EXPECT_EQ(store().put_if_absent(uri("a b"), "hello").value(), "abc");
  ASSERT_EQ(requests().size(), 1U);
  EXPECT_THAT(
      requests()[0],
      AllOf(StartsWith("PUT /real/a%20b HTTP/1.1\r\n"), HasSubstr("If-None-Match: *\r\n"),
            HasSubstr("X-Amz-Content-SHA256: " + sha256_hex("hello") + "\r\n"),
            HasSubstr("/20260101/eu-west-1/s3/aws4_request"), Not(HasSubstr("very-secret"))));
}

TEST_F(S3StoreTest, AWriteWhoseAnswerWasLostIsReadBack) {
  replies_ = {lost, error("412 Precondition Failed", "PreconditionFailed"),
              ok("hello", etag_header)};
  EXPECT_EQ(store().put_if_absent(uri("k"), "hello").value(), "abc");
  replies_ = {lost, error("412 Precondition Failed", "PreconditionFailed"),
              ok("other", etag_header)};
  EXPECT_EQ(code_of(store_->put_if_absent(uri("k"), "hello")), FailureCode::Conflict);
  replies_ = {lost, error("412 Precondition Failed", "PreconditionFailed"),
              ok("hello", etag_header)};
  EXPECT_EQ(store_->replace_if(uri("k"), "old", "hello").value(), "abc");
  // The first answer counts where it is one.
  replies_ = {error("412 Precondition Failed", "PreconditionFailed")};
  EXPECT_EQ(code_of(store_->put_if_absent(uri("k"), "hello")), FailureCode::Conflict);
}

TEST_F(S3StoreTest, A409IsTriedAgainA412IsNot) {
  replies_ = {error("409 Conflict", "ConditionalRequestConflict"), ok("", etag_header)};
  EXPECT_EQ(store().replace_if(uri("k"), "e", "x").value(), "abc");
  EXPECT_EQ(requests().size(), 2U);
  replies_ = {error("404 Not Found", "NoSuchKey"), error("404 Not Found", "NoSuchKey")};
  EXPECT_EQ(code_of(store_->replace_if(uri("k"), "e", "x")), FailureCode::Conflict);
}

TEST_F(S3StoreTest, AnErrorUnder200IsNoSuccess) {
  const std::string head = ok("", etag_header);
  // The first copy shows that the server heeds the condition: the next one is left to it.
  replies_ = {ok("hello", etag_header),
              head,
              error("412 Precondition Failed", "PreconditionFailed"),
              head,
              ok("<Error><Code>SlowDown</Code></Error>"),
              ok("<CopyObjectResult><ETag>\"new\"</ETag></CopyObjectResult>")};
  ASSERT_TRUE(store().copy_if_absent(uri("a"), uri("b")));
  EXPECT_EQ(store_->copy_if_absent(uri("a"), uri("c")).value().etag, "new");
  EXPECT_THAT(requests()[5], AllOf(HasSubstr("X-Amz-Copy-Source: /real/a\r\n"),
                                   HasSubstr("X-Amz-Copy-Source-If-Match: \"abc\"\r\n")));
  // An empty answer is none either.
  replies_ = {head};
  answer_ = [&](const std::string& request) {
    return request.starts_with("HEAD") ? head : ok("<Error><Code>AccessDenied</Code></Error>");
  };
  const auto refused = store_->copy_if_absent(uri("a"), uri("c"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, FailureCode::Denied);
}

TEST_F(S3StoreTest, WhatIsWrongIsSaid) {
  const auto said = [&](const std::string& reply) {
    answer_ = [reply](const std::string&) { return reply; };
    if (!server_) store();
    const auto got = store_->get(uri("k"));
    return got ? "nothing" : got.error().message;
  };
  EXPECT_THAT(said(error("403 Forbidden", "InvalidAccessKeyId")),
              AllOf(HasSubstr("GET s3://b/k (bucket 'real' at http://127.0.0.1:"),
                    HasSubstr("does not know this access key")));
  EXPECT_THAT(said(error("403 Forbidden", "SignatureDoesNotMatch")),
              HasSubstr("set AWS_SECRET_ACCESS_KEY"));
  EXPECT_THAT(said(error("403 Forbidden", "RequestTimeTooSkewed")), HasSubstr("clock is wrong"));
  EXPECT_THAT(said(error("400 Bad Request", "ExpiredToken")), HasSubstr("have expired"));
  EXPECT_THAT(said("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\n<hr>"),
              HasSubstr("status 403"));
  EXPECT_THAT(said("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
              HasSubstr("status 400"));
  EXPECT_EQ(code_of(store_->check("b")), FailureCode::Invalid);
  answer_ = [](const std::string&) { return error("404 Not Found", "NoSuchBucket"); };
  EXPECT_THAT(store_->check("b").error().message, HasSubstr("make it, or correct --store"));
  EXPECT_THAT(requests(), Each(Not(HasSubstr("very-secret"))));
}

TEST_F(S3StoreTest, WithoutCredentialsNothingIsAsked) {
  environment_.erase("AWS_SECRET_ACCESS_KEY");
  EXPECT_EQ(code_of(store().get(uri("k"))), FailureCode::Denied);
  EXPECT_EQ(requests().size(), 0U);
}

TEST_F(S3StoreTest, ABucketElsewhereIsFound) {
  replies_ = {"HTTP/1.1 400 Bad Request\r\nX-Amz-Bucket-Region: ap-south-1\r\n\r\n",
              ok("", etag_header),
              error("301 Moved Permanently", "PermanentRedirect", "<Region>us-west-2</Region>"),
              ok("x", etag_header), ok("x", etag_header)};
  replies_[0] =
      "HTTP/1.1 400 Bad Request\r\nX-Amz-Bucket-Region: ap-south-1\r\nContent-Length: 0"
      "\r\n\r\n";
  EXPECT_TRUE(store().head(uri("k")));
  EXPECT_THAT(requests().back(), HasSubstr("/ap-south-1/s3/"));
  EXPECT_TRUE(store_->get(uri("k")));
  EXPECT_TRUE(store_->get(uri("k")));
  EXPECT_THAT(requests().back(), HasSubstr("/us-west-2/s3/"));
  EXPECT_EQ(requests().size(), 5U);
}

TEST_F(S3StoreTest, ExpiredCredentialsAreReadAgain) {
  environment_["AWS_SESSION_TOKEN"] = "one";
  answer_ = [](const std::string& request) {
    return request.find("X-Amz-Security-Token: two") == std::string::npos
               ? error("400 Bad Request", "ExpiredToken")
               : ok("fine", etag_header);
  };
  store();
  EXPECT_EQ(code_of(store_->get(uri("k"))), FailureCode::Denied);
  environment_["AWS_SESSION_TOKEN"] = "two";
  EXPECT_EQ(store_->get(uri("k")).value().bytes, "fine");
}

/// A server that keeps count of an upload.
struct UploadServer {
  int parts = 0;
  bool aborted = false;
  int lose_completions = 0;
  std::string fail_part = {};
  std::string completed = {};

  std::string operator()(const std::string& request) {
    const std::string line = request.substr(0, request.find('\r'));
    if (line.find("?uploads=") != std::string::npos) {
      return ok(
          "<InitiateMultipartUploadResult><UploadId>u/1</UploadId>"
          "</InitiateMultipartUploadResult>");
    }
    if (line.starts_with("DELETE")) {
      aborted = line.find("uploadId=u%2F1") != std::string::npos;
      return "HTTP/1.1 204 No Content\r\n\r\n";
    }
    if (line.starts_with("HEAD")) return ok("", "ETag: \"" + completed + "\"\r\n");
    if (line.starts_with("PUT")) {
      ++parts;
      if (!fail_part.empty() && line.find(fail_part) != std::string::npos) {
        return error("403 Forbidden", "AccessDenied");
      }
      return ok("", "ETag: \"" + md5_hex(std::to_string(parts % 1)) + "\"\r\n");
    }
    if (completed.empty()) {
      const std::string digest = md5_hex("0");
      std::string raw;
      for (int i = 0; i < parts; ++i) {
        for (std::size_t c = 0; c < 32; c += 2) {
          raw += static_cast<char>(std::stoi(digest.substr(c, 2), nullptr, 16));
        }
      }
      completed = md5_hex(raw) + "-" + std::to_string(parts);
      if (lose_completions > 0) return lost;
    } else {
      return error("404 Not Found", "NoSuchUpload");
    }
    return ok("<CompleteMultipartUploadResult><ETag>\"" + completed +
              "\"</ETag></CompleteMultipartUploadResult>");
  }
};

TEST_F(S3StoreTest, WhatIsLargeGoesInParts) {
  UploadServer server;
  answer_ = std::ref(server);
  const std::string bytes((16U << 20U) + 1, 'x');
  EXPECT_EQ(store().put_if_absent(uri("k"), bytes).value(), server.completed);
  EXPECT_EQ(server.parts, 3);
  EXPECT_FALSE(server.aborted);
  const auto all = requests();
  EXPECT_THAT(all.back(), HasSubstr("If-None-Match: *\r\n"));
  EXPECT_THAT(all.back(), HasSubstr("<Part><PartNumber>3</PartNumber><ETag>"));
}

TEST_F(S3StoreTest, AnUploadWhoseEndWasLostIsLookedFor) {
  UploadServer server{.lose_completions = 1};
  answer_ = std::ref(server);
  const std::string bytes((16U << 20U) + 1, 'x');
  EXPECT_EQ(store().put_if_absent(uri("k"), bytes).value(), server.completed);
}

TEST_F(S3StoreTest, AFailedUploadIsTakenBack) {
  UploadServer server{.fail_part = "partNumber=2"};
  answer_ = std::ref(server);
  const std::string bytes((16U << 20U) + 1, 'x');
  EXPECT_EQ(code_of(store().put(uri("k"), bytes)), FailureCode::Denied);
  EXPECT_TRUE(server.aborted);
  EXPECT_EQ(server.completed, "");
}

TEST_F(S3StoreTest, WhatCopiesWithoutConditionIsCopiedThroughHere) {
  // CopyObject takes no notice of If-None-Match at this endpoint: found out once, after a copy.
  int copies = 0;
  answer_ = [&](const std::string& request) {
    if (request.find("X-Amz-Copy-Source:") != std::string::npos) {
      ++copies;
      return ok("<CopyObjectResult><ETag>\"abc\"</ETag></CopyObjectResult>");
    }
    if (request.starts_with("GET")) {
      return ok("hello", etag_header + "Content-Type: text/x\r\nx-amz-meta-Who: me\r\n");
    }
    return ok("", etag_header);
  };
  EXPECT_EQ(store().copy_if_absent(uri("a"), uri("c")).value().size, 5U);
  EXPECT_EQ(copies, 1);
  EXPECT_TRUE(store_->copy_if_absent(uri("a"), uri("d")));
  EXPECT_EQ(copies, 1);
  EXPECT_THAT(requests().back(), AllOf(StartsWith("PUT /real/d"), HasSubstr("content-type: text/x"),
                                       HasSubstr("x-amz-meta-who: me\r\n"),
                                       HasSubstr("If-None-Match: *"), HasSubstr("hello")));
}

TEST_F(S3StoreTest, WhatObeysTheConditionIsCopiedThere) {
  answer_ = [&](const std::string& request) {
    if (request.find("X-Amz-Copy-Source:") != std::string::npos) {
      return request.starts_with("PUT /real/free")
                 ? ok("<CopyObjectResult><ETag>\"abc\"</ETag></CopyObjectResult>")
                 : error("412 Precondition Failed", "PreconditionFailed");
    }
    return request.starts_with("GET") ? ok("hello", etag_header) : ok("", etag_header);
  };
  EXPECT_TRUE(store().copy_if_absent(uri("a"), uri("c")));
  EXPECT_TRUE(store_->copy_if_absent(uri("a"), uri("free")));
  EXPECT_THAT(requests().back(),
              AllOf(StartsWith("PUT /real/free"), HasSubstr("X-Amz-Copy-Source: /real/a\r\n"),
                    HasSubstr("If-None-Match: *\r\n")));
  EXPECT_EQ(code_of(store_->copy_if_absent(uri("a"), uri("taken"))), FailureCode::Conflict);
}

TEST_F(S3StoreTest, AVersionIsCopiedAsThatVersionOrNotAtAll) {
  std::string taken;
  answer_ = [&](const std::string& request) {
    const bool changed = request.find("\"old\"") != std::string::npos;
    if (request.starts_with("HEAD /real/free")) return error("404 Not Found", "NoSuchKey");
    if (changed || request.starts_with("PUT /real/taken")) {
      return error("412 Precondition Failed", "PreconditionFailed");
    }
    // A copy to what is there is refused.
    const std::string line = request.substr(0, request.find('\r'));
    const bool copies = request.find("X-Amz-Copy-Source:") != std::string::npos;
    if (copies && line == taken) return error("412 Precondition Failed", "PreconditionFailed");
    taken = line;
    if (copies) return ok("<CopyObjectResult><ETag>\"abc\"</ETag></CopyObjectResult>");
    return request.starts_with("GET") ? ok("hello", etag_header) : ok("", etag_header);
  };
  const ObjectInfo from{.uri = uri("a"), .size = 5, .modified = {}, .etag = "abc"};
  ObjectInfo former = from;
  former.etag = "old";
  EXPECT_EQ(code_of(store().copy_version_if_absent(former, uri("c"))), FailureCode::NotFound);
  EXPECT_EQ(store_->copy_version_if_absent(from, uri("c")).value().size, 5U);
  EXPECT_THAT(requests()[1], AllOf(StartsWith("GET /real/a"), HasSubstr("If-Match: \"abc\"")));
  // That copies heed conditions is known now: one request is enough.
  const auto before = requests().size();
  EXPECT_TRUE(store_->copy_version_if_absent(from, uri("d")));
  EXPECT_EQ(requests().size(), before + 1);
  EXPECT_THAT(requests().back(), HasSubstr("X-Amz-Copy-Source-If-Match: \"abc\"\r\n"));
  EXPECT_EQ(code_of(store_->copy_version_if_absent(from, uri("taken"))), FailureCode::Conflict);
  // 412 may be about the source: nothing is at the target.
  EXPECT_EQ(code_of(store_->copy_version_if_absent(former, uri("free"))), FailureCode::NotFound);
}

TEST_F(S3StoreTest, ManyAreDeletedByARequestThatSaysWhichItCouldNot) {
  replies_ = {
      ok("<DeleteResult/>"),
      ok("<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>")};
  EXPECT_TRUE(store().remove_all({uri("a"), uri("b")}));
  EXPECT_THAT(requests()[0], AllOf(StartsWith("POST /real?delete= "), HasSubstr("Content-MD5: "),
                                   HasSubstr("<Object><Key>a</Key></Object>")));
  const auto refused = store_->remove_all({uri("a"), uri("b")});
  EXPECT_EQ(code_of(refused), FailureCode::Denied);
  EXPECT_THAT(refused.error().message, HasSubstr("delete s3://b/b: AccessDenied"));
}

TEST_F(S3StoreTest, AnObjectThatChangesUnderAReaderIsSaid) {
  const std::string part(8U << 20U, 'x');
  replies_ = {
      "HTTP/1.1 206 Partial\r\nETag: \"one\"\r\nContent-Range: bytes 0-8388607/8388609\r\n"
      "Content-Length: 8388608\r\n\r\n" +
          part,
      error("412 Precondition Failed", "PreconditionFailed")};
  const auto read = store().get_pieces(uri("k"), [](std::string_view) {});
  EXPECT_EQ(code_of(read), FailureCode::Unavailable);
  EXPECT_THAT(read.error().message, HasSubstr("was changed while it was read"));
  EXPECT_THAT(requests().back(), HasSubstr("If-Match: \"one\"\r\n"));
}

TEST_F(S3StoreTest, ListedKeysAreDecodedOnlyWhereTheyAreEncoded) {
  const auto page = [](const std::string& encoding, const std::string& key) {
    return ok("<ListBucketResult>" + encoding + "<IsTruncated>false</IsTruncated><Contents><Key>" +
              key +
              "</Key><Size>3</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
              "<ETag>&quot;e&quot;</ETag></Contents></ListBucketResult>");
  };
  replies_ = {page("<EncodingType>url</EncodingType>", "a+b%2Bc%0A"), page("", "a+b%2B&amp;"),
              ok("no listing at all")};
  const ListRequest all{.prefix = uri("")};
  const auto first = store().list(all).value().objects.at(0);
  EXPECT_EQ(first.uri.key, "a b+c\n");
  EXPECT_EQ(first.etag, "e");
  EXPECT_EQ(first.size, 3U);
  EXPECT_EQ(store_->list(all).value().objects.at(0).uri.key, "a+b%2B&");
}

TEST_F(S3StoreTest, WhatVersitygwListsWhileItReplacesAnObjectIsNone) {
  std::string page = "<ListBucketResult><IsTruncated>false</IsTruncated>";
  for (const auto* key :
       {"a/.n.txt.sgwtmp.1795741503123456789", ".n.sgwtmp.1", "a/n.txt", "a/.n.txt", "a/n.sgwtmp.1",
        "a/.sgwtmp.1", "a/.n.sgwtmp.", "a/.n.sgwtmp.x1"}) {
    page += std::string("<Contents><Key>") + key +
            "</Key><Size>3</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            "<ETag>&quot;e&quot;</ETag></Contents>";
  }
  page += "</ListBucketResult>";
  const auto listed = [&](const std::string& server) {
    replies_ = {ok(page, server)};
    const auto found = store().list({.prefix = uri("")}).value();
    std::vector<std::string> keys;
    keys.reserve(found.objects.size());
    for (const auto& info : found.objects) keys.push_back(info.uri.key);
    return keys;
  };
  EXPECT_THAT(listed("Server: VERSITYGW\r\n"),
              ::testing::ElementsAre("a/.n.sgwtmp.", "a/.n.sgwtmp.x1", "a/.n.txt", "a/.sgwtmp.1",
                                     "a/n.sgwtmp.1", "a/n.txt"));
  EXPECT_EQ(listed("Server: AmazonS3\r\n").size(), 8U) << "there it is an object like any other";
}

TEST(S3Place, IsReadFromAUrl) {
  const auto place = S3Place::parse("https://minio.example:9000/my-bucket?region=eu").value();
  EXPECT_EQ(place.endpoint.to_string(), "https://minio.example:9000");
  EXPECT_EQ(place.bucket, "my-bucket");
  EXPECT_EQ(place.region, "eu");
  EXPECT_EQ(place.path("a/b"), "/my-bucket/a/b");
  const auto aws = S3Place::parse("https://s3.eu-west-1.amazonaws.com/my-bucket/").value();
  EXPECT_EQ(aws.region, "eu-west-1");
  EXPECT_EQ(aws.origin().host, "my-bucket.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(aws.path("a"), "/a");
  EXPECT_EQ(S3Place::parse("https://s3.amazonaws.com/b").value().region, "");
  EXPECT_EQ(S3Place::parse("https://s3.amazonaws.com/with.dots").value().origin().host,
            "s3.amazonaws.com");
}

TEST(S3Place, ThatIsNoneIsRefused) {
  for (const auto* text : {"https://h", "https://h/", "https://h/a/b", "https://h/b?x=y",
                           "https://h/b?region=", "ftp://h/b", "https://h/%zz"}) {
    EXPECT_FALSE(S3Place::parse(text)) << text;
  }
  EXPECT_THAT(S3Place::parse("https://id:secret@h/b").error().message, Not(HasSubstr("secret@")));
}

}  // namespace
}  // namespace cls::store
