// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/test_documents.h"

namespace cls::model {
namespace {

using testing::check;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::on_aws;

std::string database(const std::string& name) {
  return R"({"type":"aws:core:glueDatabase","name":")" + name + R"(","databaseName":"d"})";
}

std::string table(const std::string& reference) {
  return R"({"type":"aws:core:glueTable","name":"orders","databaseRef":")" + reference +
         R"(","tableName":"t","schema":{"dataFormat":"csv"},"pathURI":"s3://buk/t/"})";
}

std::vector<std::string> errors_of(const std::string& resources) {
  const auto checked =
      check(R"({"project":{"name":"p","version":"1"},"placement":{"provider":"aws",)"
            R"("account":"1","region":"r"},)"
            "\n\"resources\":[" +
                resources + "]}",
            on_aws);
  std::vector<std::string> errors;
  for (const auto& line : checked.lines) {
    if (line.find(": warning: ") == std::string::npos) errors.push_back(line);
  }
  return errors;
}

// The reference resolves in the order of declaration.
TEST(ValidateReferences, F11ForwardReference) {
  EXPECT_THAT(errors_of(table("db") + "," + database("db")), IsEmpty());
  EXPECT_THAT(errors_of(database("db") + "," + table("db")), IsEmpty());
}

TEST(ValidateReferences, EveryFormOfALocalName) {
  for (const std::string reference : {"myDb", "my-db", "my_db", "glueDatabase:myDb",
                                      "core:glueDatabase:myDb", "aws:core:glueDatabase:myDb"}) {
    EXPECT_THAT(errors_of(table(reference) + "," + database("my-db")), IsEmpty()) << reference;
  }
}

// The reference refuses both, because it splits them as local names.
TEST(ValidateReferences, F2FullReferencesAreParsed) {
  for (const std::string reference :
       {"ref:aws:arn:prod:test-project:20230101-00:core:glue-database:db",
        "ref:aws:name:test-project:20230101-00:core:glue-database:db",
        "arn:aws:glue:us-west-2:111122223333:database/db"}) {
    EXPECT_THAT(errors_of(table(reference)), IsEmpty()) << reference;
  }
  EXPECT_THAT(errors_of(table("ref:aws:arm:p:1:core:glue-database:db")),
              ElementsAre(HasSubstr("/resources/0/databaseRef: 'ref:aws:arm:p:1:core:glue-database:"
                                    "db' is no full reference; write ref:")));
  EXPECT_THAT(errors_of(table("arn:aws:glue")),
              ElementsAre(HasSubstr("'arn:aws:glue' is no ARN; write arn:")));
}

TEST(ValidateReferences, SaysWhatThereIs) {
  EXPECT_THAT(errors_of(table("ordres") + "," + database("orders")),
              ElementsAre("p.json:2:73: /resources/0/databaseRef: no resource 'ordres' of type "
                          "aws:core:glueDatabase (did you mean 'orders'?)"));
  EXPECT_THAT(errors_of(table("x") + "," + database("orders")),
              ElementsAre(HasSubstr("(there are: orders)")));
  EXPECT_THAT(errors_of(table("x")),
              ElementsAre(HasSubstr("(declare it, or write its full ref:… or arn:…)")));
  EXPECT_THAT(
      errors_of(table("bus") + R"(,{"type":"aws:core:eventBus","name":"bus","eventBusName":"b"})"),
      ElementsAre(HasSubstr("'bus' is of type aws:core:eventBus, not "
                            "aws:core:glueDatabase")));
  EXPECT_THAT(errors_of(table("a:b:c:d:e")), ElementsAre(HasSubstr("'a:b:c:d:e' is no reference")));
}

TEST(ValidateReferences, AmbiguousNames) {
  EXPECT_THAT(errors_of(table("my-db") + "," + database("my-db") + "," + database("my_db")),
              ElementsAre(HasSubstr("'my-db' is ambiguous (write one of: "
                                    "aws:core:glueDatabase:my-db, aws:core:glueDatabase:my_db)")));
}

}  // namespace
}  // namespace cls::model
