// SPDX-License-Identifier: Apache-2.0
// Buckets, databases, tables, compute environments, event buses.
#include <algorithm>
#include <array>
#include <utility>

#include "aws/buckets.h"
#include "aws/components.h"
#include "aws/references.h"
#include "base/format.h"
#include "base/text.h"

namespace cls::aws {

namespace {

Removal removal(const Scope& scope, bool removes) {
  return removes || scope.options.removes_all_on_destroy ? Removal::Delete : Removal::Retain;
}

std::optional<Value> tag_list(const model::Labels& tags) {
  if (tags.empty()) return std::nullopt;
  Value result = Value::array();
  for (const auto& [key, value] : tags) {
    result.items.push_back(object({{"Key", text(key)}, {"Value", text(value)}}));
  }
  return result;
}

std::optional<Value> notifications(const BucketWishes& wishes, bool events) {
  if (!events && wishes.notifications.empty()) return std::nullopt;
  std::optional<Value> bridge;
  if (events) bridge = object({{"EventBridgeEnabled", flag(true)}});
  std::optional<Value> queues;
  if (!wishes.notifications.empty()) {
    queues = Value::array();
    for (const auto& one : wishes.notifications) {
      std::optional<Value> filter;
      if (!one.prefix.empty()) {
        const Value rule = object({{"Name", text("prefix")}, {"Value", text(one.prefix)}});
        filter = object({{"S3Key", object({{"Rules", list({rule})}})}});
      }
      queues->items.push_back(object({{"Event", text("s3:ObjectCreated:*")},
                                      {"Queue", text(one.queue_arn)},
                                      {"Filter", filter}}));
    }
  }
  return object({{"EventBridgeConfiguration", bridge}, {"QueueConfigurations", queues}});
}

Piece bucket_piece(Scope& scope, const model::BucketResource& bucket, std::string_view type) {
  const std::string id = component_id("Bucket", bucket.name);
  const BucketWishes& wishes = scope.wishes[bucket.bucketName];
  std::optional<Value> versioning;
  if (bucket.versioned) versioning = object({{"Status", text("Enabled")}});
  Resource resource{
      .type = "AWS::S3::Bucket",
      .properties = object({{"BucketName", text(bucket.bucketName)},
                            {"BucketEncryption", encryption_at_rest()},
                            {"PublicAccessBlockConfiguration", no_public_access()},
                            {"OwnershipControls", bucket_owner_owns()},
                            {"VersioningConfiguration", versioning},
                            {"NotificationConfiguration",
                             notifications(wishes, bucket.enableEventBridge || wishes.events)},
                            {"Tags", tag_list(bucket.tags)}}),
      .on_removal = removal(scope, bucket.removeOnDestroy)};
  const Removal on_removal = resource.on_removal;
  for (const auto& one : wishes.notifications) resource.depends_on.push_back(one.policy_id);
  Piece piece;
  piece.content.add(id, std::move(resource));
  std::vector<Statement> statements{bucket_tls_only(scope.names, bucket.bucketName)};
  statements.insert(statements.end(), wishes.statements.begin(), wishes.statements.end());
  piece.content.add(
      id + "Policy",
      Resource{.type = "AWS::S3::BucketPolicy",
               .properties = object(
                   {{"Bucket", ref_to(id)}, {"PolicyDocument", policy_document(statements)}}),
               .on_removal = on_removal});
  piece.content.add(id,
                    Output{.description = format("ARN of the bucket {}", bucket.bucketName),
                           .value = get_att(id, "Arn"),
                           .export_name = scope.names.resource_export("arn", type, bucket.name)});
  return piece;
}

/// How Hive reads a format.
struct FormatRow {
  std::string_view name;
  std::string_view input;
  std::string_view output;
  std::string_view reader;
  std::string_view classification;
};

constexpr std::string_view text_input = "org.apache.hadoop.mapred.TextInputFormat";
constexpr std::string_view text_output =
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";

constexpr auto format_rows = std::to_array<FormatRow>({
    {"apache_logs", text_input, text_output, "org.apache.hadoop.hive.serde2.RegexSerDe", ""},
    {"cloudtrail_logs", "com.amazon.emr.cloudtrail.CloudTrailInputFormat", text_output,
     "com.amazon.emr.hive.serde.CloudTrailSerde", ""},
    {"csv", text_input, text_output, "org.apache.hadoop.hive.serde2.OpenCSVSerde", "csv"},
    {"json", text_input, text_output, "org.openx.data.jsonserde.JsonSerDe", "json"},
    {"orc", "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
     "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
     "org.apache.hadoop.hive.ql.io.orc.OrcSerde", "orc"},
    {"parquet", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
     "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
     "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", "parquet"},
    {"tsv", text_input, text_output, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "tsv"},
});

Value columns(const std::vector<model::TableColumn>& declared) {
  Value result = Value::array();
  for (const auto& column : declared) {
    result.items.push_back(object(
        {{"Name", text(column.name)},
         {"Type", text(column.type)},
         {"Comment", column.comment ? std::optional(text(*column.comment)) : std::nullopt}}));
  }
  return result;
}

std::string location(const std::string& path) {
  return path.ends_with('/') ? path : path + "/";
}

Value table_input(const model::TableResource& table, const FormatRow& row) {
  const auto classified =
      row.classification.empty() ? std::nullopt : std::optional(text(row.classification));
  const auto separator =
      row.name == "tsv" ? std::optional(object({{"field.delim", text("\t")}})) : std::nullopt;
  return object(
      {{"Name", text(table.tableName)},
       {"Description", table.description ? std::optional(text(*table.description)) : std::nullopt},
       {"TableType", text("EXTERNAL_TABLE")},
       {"PartitionKeys", columns(table.schema.partitions)},
       {"Parameters",
        object({{"classification", classified}, {"has_encrypted_data", text("false")}})},
       {"StorageDescriptor",
        object({{"Columns", columns(table.schema.columns)},
                {"Location", text(location(table.pathURI))},
                {"InputFormat", text(row.input)},
                {"OutputFormat", text(row.output)},
                {"SerdeInfo",
                 object({{"SerializationLibrary", text(row.reader)}, {"Parameters", separator}})},
                {"StoredAsSubDirectories", flag(false)}})}});
}

void add_table(Scope& scope, Piece& piece, const model::TableResource& table, const std::string& id,
               Value database, std::vector<std::string> depends_on) {
  const auto* const row =
      std::ranges::find(format_rows, lower(table.schema.dataFormat), &FormatRow::name);
  if (row == format_rows.end()) return;  // validation has said so
  piece.content.add(id, Resource{.type = "AWS::Glue::Table",
                                 .properties = object({{"CatalogId", text(scope.names.account())},
                                                       {"DatabaseName", std::move(database)},
                                                       {"TableInput", table_input(table, *row)}}),
                                 .depends_on = std::move(depends_on),
                                 .on_removal = removal(scope, table.removeOnDestroy)});
}

void add_database(const Scope& scope, Piece& piece, const std::string& id, const std::string& name,
                  bool removes) {
  piece.content.add(
      id, Resource{.type = "AWS::Glue::Database",
                   .properties = object({{"CatalogId", text(scope.names.account())},
                                         {"DatabaseInput", object({{"Name", text(name)}})}}),
                   .on_removal = removal(scope, removes)});
}

void export_arn(const Scope& scope, Piece& piece, const std::string& id, std::string_view type,
                const std::string& name, const std::string& arn) {
  piece.content.add(id, Output{.description = format("ARN of the {} {}", type, name),
                               .value = text(arn),
                               .export_name = scope.names.resource_export("arn", type, name)});
}

}  // namespace

Piece piece_of(Scope& scope, const model::CoreBucket& bucket, const model::Place& /*place*/) {
  return bucket_piece(scope, bucket, "bucket");
}

Piece piece_of(Scope& scope, const model::AwsS3Bucket& bucket, const model::Place& /*place*/) {
  return bucket_piece(scope, bucket, "s3-bucket");
}

Piece piece_of(Scope& scope, const model::AwsGlueDatabase& database,
               const model::Place& /*place*/) {
  const std::string id = component_id("Database", database.name);
  Piece piece;
  add_database(scope, piece, id, database.databaseName, database.removeOnDestroy);
  export_arn(scope, piece, id, "glue-database", database.name,
             scope.names.arn("glue", "database/" + database.databaseName));
  return piece;
}

Piece piece_of(Scope& scope, const model::CoreTable& table, const model::Place& /*place*/) {
  const std::string id = component_id("Table", table.name);
  Piece piece;
  const std::string declared = database_id_named(scope, table.database);
  if (declared.empty()) {
    // Several tables may lie in one database of that name: who comes first makes it.
    const std::string database = component_id("TableDatabase", table.database);
    add_database(scope, piece, database, table.database, table.removeOnDestroy);
    add_table(scope, piece, table, id, ref_to(database), {});
  } else {
    add_table(scope, piece, table, id, text(table.database), {declared});
  }
  export_arn(scope, piece, id, "table", table.name,
             scope.names.arn("glue", format("table/{}/{}", table.database, table.tableName)));
  return piece;
}

Piece piece_of(Scope& scope, const model::AwsGlueTable& table, const model::Place& /*place*/) {
  const std::string id = component_id("Table", table.name);
  Piece piece;
  const std::string database = database_id_of(scope, table.databaseRef);
  std::vector<std::string> depends_on;
  if (!database.empty()) depends_on.push_back(database);
  const Value name = database_name_of(scope, table.databaseRef);
  add_table(scope, piece, table, id, name, std::move(depends_on));
  const Value arn =
      object({{"Fn::Join", list({text(""), list({text(scope.names.arn("glue", "table/")), name,
                                                 text("/" + table.tableName)})})}});
  piece.content.add(
      id, Output{.description = format("ARN of the table {}", table.tableName),
                 .value = arn,
                 .export_name = scope.names.resource_export("arn", "glue-table", table.name)});
  return piece;
}

Piece piece_of(Scope& scope, const model::AwsEventBus& bus, const model::Place& /*place*/) {
  const std::string id = component_id("EventBus", bus.name);
  Piece piece;
  piece.content.add(id, Resource{.type = "AWS::Events::EventBus",
                                 .properties = object({{"Name", text(bus.eventBusName)}})});
  piece.content.add(
      id + "Arn", Output{.description = format("ARN of the event bus {}", bus.eventBusName),
                         .value = get_att(id, "Arn"),
                         .export_name = scope.names.resource_export("arn", "event-bus", bus.name)});
  piece.content.add(
      id + "Name",
      Output{.description = format("name of the event bus {}", bus.eventBusName),
             .value = ref_to(id),
             .export_name = scope.names.resource_export("name", "event-bus", bus.name)});
  return piece;
}

}  // namespace cls::aws
