// SPDX-License-Identifier: Apache-2.0
#include "base/uri.h"

#include <gtest/gtest.h>

namespace cls {
namespace {

TEST(Uri, PercentEncodesWhatAPathMayNotHold) {
  EXPECT_EQ(percent_encode_path("a b%{}|^`[]<>\"#?\\\x01\x7f"),
            "a%20b%25%7B%7D%7C%5E%60%5B%5D%3C%3E%22%23%3F%5C%01%7F");
  EXPECT_EQ(percent_encode_path("/a+b=c&d:~é日"), "/a+b=c&d:~é日");
}

TEST(Uri, EveryByteIsGivenBack) {
  std::string key;
  for (int byte = 1; byte < 256; ++byte) key += static_cast<char>(byte);
  const Uri uri{"s3", "b", key};
  EXPECT_EQ(Uri::parse(uri.to_string()).value(), uri);
  std::string text = "before ";
  append_percent_encoded(text, key);
  EXPECT_EQ(text, "before " + percent_encode_path(key));
}

}  // namespace
}  // namespace cls
