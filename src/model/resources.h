// SPDX-License-Identifier: Apache-2.0
// Resources: what a project's data lies in.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "model/component.h"

namespace cls::model {

struct BucketResource : Component {
  std::string bucketName;
  bool versioned = false;
  bool enableEventBridge = true;
  bool removeOnDestroy = false;
  Labels tags;

  static constexpr auto fields = std::tuple_cat(
      Component::fields,
      std::tuple{
          json::required("bucketName", &BucketResource::bucketName, "physical name"),
          json::optional("versioned", &BucketResource::versioned, "keep versions of objects"),
          json::optional("enableEventBridge", &BucketResource::enableEventBridge,
                         "send object events to the default bus (aws)"),
          json::optional("removeOnDestroy", &BucketResource::removeOnDestroy,
                         "delete the bucket and its objects on destroy"),
          json::optional("tags", &BucketResource::tags, "extra tags (aws)")});
};

struct CoreBucket : BucketResource {
  static constexpr std::string_view type = "core:bucket";
  static constexpr std::string_view doc =
      "A bucket; on one machine a directory below `stores/`, which `destroy` never deletes.";
  static constexpr RunsOn runs{.local = true, .aws = true};
};

struct AwsS3Bucket : BucketResource {
  static constexpr std::string_view type = "aws:core:s3Bucket";
  static constexpr std::string_view doc = "An S3 bucket.";
  static constexpr RunsOn runs{.local = true, .aws = true};
};

struct AwsGlueDatabase : Component {
  static constexpr std::string_view type = "aws:core:glueDatabase";
  static constexpr std::string_view doc = "A Glue database.";
  static constexpr RunsOn runs{.aws = true};

  std::string databaseName;
  bool removeOnDestroy = false;
  Labels tags;

  static constexpr auto fields = std::tuple_cat(
      Component::fields,
      std::tuple{json::required("databaseName", &AwsGlueDatabase::databaseName, "physical name"),
                 json::optional("removeOnDestroy", &AwsGlueDatabase::removeOnDestroy,
                                "delete it on destroy"),
                 json::optional("tags", &AwsGlueDatabase::tags, "extra tags")});
};

struct TableColumn {
  std::string name;
  std::string type;
  std::optional<std::string> comment;
  json::Extras extras;

  static constexpr auto fields =
      std::tuple{json::required("name", &TableColumn::name, "column name"),
                 json::required("type", &TableColumn::type, "Hive type, passed through"),
                 json::optional("comment", &TableColumn::comment, "for people")};
};

struct TableSchema {
  std::vector<TableColumn> columns;
  std::vector<TableColumn> partitions;
  std::string dataFormat;
  json::Extras extras;

  static constexpr auto fields =
      std::tuple{json::optional("columns", &TableSchema::columns, "columns of the files"),
                 json::optional("partitions", &TableSchema::partitions, "columns of the path"),
                 json::required("dataFormat", &TableSchema::dataFormat,
                                "parquet, csv, tsv, json, orc, cloudtrail_logs or apache_logs")};
};

/// What both table types share after the name of their database.
struct TableResource : Component {
  std::string tableName;
  std::optional<std::string> description;
  TableSchema schema;
  std::string pathURI;
  bool removeOnDestroy = false;
  Labels tags;

  static constexpr auto table_fields = std::tuple{
      json::required("tableName", &TableResource::tableName, "table name"),
      json::optional("description", &TableResource::description, "for people"),
      json::required("schema", &TableResource::schema, "columns and format"),
      json::required("pathURI", &TableResource::pathURI, "where its files lie"),
      json::optional("removeOnDestroy", &TableResource::removeOnDestroy, "delete it on destroy"),
      json::optional("tags", &TableResource::tags, "extra tags")};
};

struct CoreTable : TableResource {
  static constexpr std::string_view type = "core:table";
  static constexpr std::string_view doc =
      "A table: a catalogue record, or a Glue database and table.";
  static constexpr RunsOn runs{.aws = true};

  std::string database;

  static constexpr auto fields = std::tuple_cat(
      Component::fields,
      std::tuple{json::required("database", &CoreTable::database, "name of its database")},
      table_fields);
};

struct AwsGlueTable : TableResource {
  static constexpr std::string_view type = "aws:core:glueTable";
  static constexpr std::string_view doc = "A Glue table.";
  static constexpr RunsOn runs{.aws = true};

  std::string databaseRef;

  static constexpr auto fields = std::tuple_cat(
      Component::fields,
      std::tuple{json::required("databaseRef", &AwsGlueTable::databaseRef,
                                "reference to a glueDatabase, declared before or after it")},
      table_fields);
};

struct AwsComputeEnvironment : Component {
  static constexpr std::string_view type = "aws:core:computeEnvironment";
  static constexpr std::string_view doc =
      "A Batch Fargate compute environment; on one machine the machine itself.";
  static constexpr RunsOn runs{.local = true, .aws = true};
  static constexpr std::array<std::string_view, 3> ignored{"computeType", "useSpot", "tags"};

  std::string computeEnvironmentName;

  static constexpr auto fields = std::tuple_cat(
      Component::fields, std::tuple{json::required("computeEnvironmentName",
                                                   &AwsComputeEnvironment::computeEnvironmentName,
                                                   "name within the project")});
};

struct AwsEventBus : Component {
  static constexpr std::string_view type = "aws:core:eventBus";
  static constexpr std::string_view doc = "An EventBridge bus.";
  static constexpr RunsOn runs{.aws = true};

  std::string eventBusName;

  static constexpr auto fields = std::tuple_cat(
      Component::fields,
      std::tuple{json::required("eventBusName", &AwsEventBus::eventBusName, "physical name")});
};

using Resource = std::variant<Undecoded, CoreBucket, CoreTable, AwsS3Bucket, AwsGlueDatabase,
                              AwsGlueTable, AwsComputeEnvironment, AwsEventBus>;
extern template struct ComponentCodec<Resource>;

}  // namespace cls::model

template <>
struct cls::json::Codec<cls::model::Resource> : cls::model::ComponentCodec<cls::model::Resource> {};
