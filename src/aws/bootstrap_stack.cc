// SPDX-License-Identifier: Apache-2.0
// The stack that the projects of a placement share: stores, bus, images, network. What it exports:
// docs/formats/aws-names.md.
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "aws/buckets.h"
#include "aws/names.h"
#include "aws/synthesis.h"
#include "base/format.h"
#include "base/text.h"

namespace cls::aws {

namespace {

constexpr std::int64_t old_states_days = 30;
constexpr std::int64_t unfinished_upload_days = 7;
constexpr std::int64_t unnamed_image_days = 7;
constexpr std::int64_t blocks_of_network = 8;
constexpr unsigned public_blocks = 4;  ///< of them; private ones follow

struct StoreRow {
  record::StoreKind kind;
  std::string_view id;
  std::string_view export_type;
};

constexpr auto stores = std::to_array<StoreRow>({
    {record::StoreKind::Metadata, "MetadataStore", "metadata"},
    {record::StoreKind::ArcState, "ArcStateStore", "arcState"},
    {record::StoreKind::Manifest, "ManifestStore", "manifest"},
});

/// Unfinished uploads go; so do versions of states that another state has followed: claims and arc
/// states are written several times for each lot.
Value lifecycle(record::StoreKind kind) {
  Value rules =
      list({object({{"Id", text("unfinished-uploads")},
                    {"Status", text("Enabled")},
                    {"AbortIncompleteMultipartUpload",
                     object({{"DaysAfterInitiation", number(unfinished_upload_days)}})}})});
  if (kind == record::StoreKind::ArcState) {
    rules.items.push_back(object(
        {{"Id", text("old-states")},
         {"Status", text("Enabled")},
         {"ExpiredObjectDeleteMarker", flag(true)},
         {"NoncurrentVersionExpiration", object({{"NoncurrentDays", number(old_states_days)}})}}));
  }
  return object({{"Rules", std::move(rules)}});
}

/// What a push that did not end has left. An image with a tag is named by job definitions.
Value unnamed_images_go() {
  return object(
      {{"rules", list({object({{"rulePriority", number(1)},
                               {"description", text("images without a tag")},
                               {"selection", object({{"tagStatus", text("untagged")},
                                                     {"countType", text("sinceImagePushed")},
                                                     {"countUnit", text("days")},
                                                     {"countNumber", number(unnamed_image_days)}})},
                               {"action", object({{"type", text("expire")}})}})})}});
}

class Bootstrap {
 public:
  Bootstrap(const model::Placement& placement, BootstrapOptions options)
      : names_(placement), options_(std::move(options)) {}

  Stack stack() && {
    for (const auto& row : stores) add_store(row);
    add_bus();
    add_repository();
    add_network();
    for (unsigned one = 1; one <= options_.subnets; ++one) add_public_subnet(one);
    if (options_.private_subnets) add_private_subnets();
    return {.name = names_.staged({"clusterless-bootstrap"}),
            .placement = names_.placement(),
            .content = std::move(content_)};
  }

 private:
  void add_export(const std::string& id, std::string_view qualifier, std::string_view type,
                  std::string_view name, Value value) {
    content_.add(id, Output{.description = format("{} of {} {}", qualifier, type, name),
                            .value = std::move(value),
                            .export_name = names_.bootstrap_export(qualifier, type, name)});
  }

  void add_store(const StoreRow& row) {
    const std::string id(row.id);
    const std::string bucket = names_.store(row.kind);
    content_.add(
        id, Resource{.type = "AWS::S3::Bucket",
                     .properties =
                         object({{"BucketName", text(bucket)},
                                 {"BucketEncryption", encryption_at_rest()},
                                 {"PublicAccessBlockConfiguration", no_public_access()},
                                 {"OwnershipControls", bucket_owner_owns()},
                                 {"VersioningConfiguration", object({{"Status", text("Enabled")}})},
                                 {"LifecycleConfiguration", lifecycle(row.kind)}}),
                     .on_removal = Removal::Retain});
    content_.add(
        id + "Policy",
        Resource{.type = "AWS::S3::BucketPolicy",
                 .properties = object(
                     {{"Bucket", ref_to(id)},
                      {"PolicyDocument", policy_document({bucket_tls_only(names_, bucket)})}}),
                 .on_removal = Removal::Retain});
    add_export(id + "Name", "name", row.export_type, "store", ref_to(id));
    add_export(id + "Arn", "arn", row.export_type, "store", get_att(id, "Arn"));
  }

  void add_bus() {
    content_.add("EventBus", Resource{.type = "AWS::Events::EventBus",
                                      .properties = object({{"Name", text(names_.event_bus())}})});
    add_export("EventBusName", "name", "event-bus", "arc-event-bus", ref_to("EventBus"));
    add_export("EventBusArn", "arn", "event-bus", "arc-event-bus", get_att("EventBus", "Arn"));
  }

  void add_repository() {
    content_.add(
        "ImageRepository",
        Resource{.type = "AWS::ECR::Repository",
                 .properties = object(
                     {{"RepositoryName", text(names_.image_repository())},
                      {"ImageTagMutability", text("IMMUTABLE")},
                      {"LifecyclePolicy",
                       object({{"LifecyclePolicyText", text(json::to_text(unnamed_images_go()))}})},
                      {"ImageScanningConfiguration", object({{"ScanOnPush", flag(true)}})},
                      {"EncryptionConfiguration", object({{"EncryptionType", text("AES256")}})}}),
                 .on_removal = Removal::Retain});
  }

  void add_network() {
    const std::string vpc = names_.staged({"common-vpc"});
    content_.add("Vpc", Resource{.type = "AWS::EC2::VPC",
                                 .properties = object({{"CidrBlock", text(options_.cidr)},
                                                       {"EnableDnsHostnames", flag(true)},
                                                       {"EnableDnsSupport", flag(true)},
                                                       {"Tags", named(vpc)}})});
    content_.add("InternetGateway", Resource{.type = "AWS::EC2::InternetGateway",
                                             .properties = object({{"Tags", named(vpc)}})});
    content_.add(
        "InternetGatewayAttachment",
        Resource{.type = "AWS::EC2::VPCGatewayAttachment",
                 .properties = object({{"VpcId", ref_to("Vpc")},
                                       {"InternetGatewayId", ref_to("InternetGateway")}})});
    add_route_table("PublicRoutes");
    content_.add("PublicRoute",
                 Resource{.type = "AWS::EC2::Route",
                          .properties = object({{"RouteTableId", ref_to("PublicRoutes")},
                                                {"DestinationCidrBlock", text("0.0.0.0/0")},
                                                {"GatewayId", ref_to("InternetGateway")}}),
                          .depends_on = {"InternetGatewayAttachment"}});
    content_.add(
        "SecurityGroup",
        Resource{.type = "AWS::EC2::SecurityGroup",
                 .properties = object(
                     {{"GroupDescription", text("jobs of clusterless: outwards only")},
                      {"VpcId", ref_to("Vpc")},
                      {"SecurityGroupEgress", list({object({{"CidrIp", text("0.0.0.0/0")},
                                                            {"Description", text("anywhere")},
                                                            {"IpProtocol", text("-1")}})})},
                      {"Tags", named(vpc)}})});
    add_s3_endpoint();
    add_export("VpcId", "id", "vpc", "common-vpc", ref_to("Vpc"));
    add_export("VpcArn", "arn", "vpc", "common-vpc", vpc_arn());
    add_export("VpcName", "name", "vpc", "common-vpc", text(vpc));
    add_export("SecurityGroupId", "id", "security-group", "common-vpc",
               get_att("SecurityGroup", "GroupId"));
  }

  /// Objects travel without leaving the network, which costs nothing.
  void add_s3_endpoint() {
    Value tables = list({ref_to("PublicRoutes")});
    if (options_.private_subnets) tables.items.push_back(ref_to("PrivateRoutes"));
    content_.add(
        "S3Endpoint",
        Resource{.type = "AWS::EC2::VPCEndpoint",
                 .properties =
                     object({{"VpcId", ref_to("Vpc")},
                             {"VpcEndpointType", text("Gateway")},
                             {"ServiceName", text(format("com.amazonaws.{}.s3", names_.region()))},
                             {"RouteTableIds", std::move(tables)}})});
  }

  void add_route_table(const std::string& id) {
    content_.add(id,
                 Resource{.type = "AWS::EC2::RouteTable",
                          .properties = object({{"VpcId", ref_to("Vpc")},
                                                {"Tags", named(names_.staged({"common-vpc"}))}})});
  }

  /// The block-th part of the network, in the zone of that number.
  void add_subnet(const std::string& id, unsigned zone, unsigned block, const std::string& routes) {
    const Value blocks =
        object({{"Fn::Cidr", list({text(options_.cidr), number(blocks_of_network),
                                   number(subnet_host_bits(options_.cidr).value())})}});
    content_.add(
        id,
        Resource{.type = "AWS::EC2::Subnet",
                 .properties = object({{"VpcId", ref_to("Vpc")},
                                       {"AvailabilityZone", select(zone, availability_zones())},
                                       {"CidrBlock", select(block, blocks)},
                                       {"MapPublicIpOnLaunch", flag(false)},
                                       {"Tags", named(names_.staged({"clusterless-subnet"}))}})});
    content_.add(id + "Routes", Resource{.type = "AWS::EC2::SubnetRouteTableAssociation",
                                         .properties = object({{"SubnetId", ref_to(id)},
                                                               {"RouteTableId", ref_to(routes)}})});
  }

  void add_public_subnet(unsigned which) {
    const std::string id = format("PublicSubnet{}", which);
    add_subnet(id, which - 1, which - 1, "PublicRoutes");
    add_export(id + "Id", "id", "subnet", format("common-vpc-{}", which), ref_to(id));
  }

  void add_private_subnets() {
    content_.add("NatAddress", Resource{.type = "AWS::EC2::EIP",
                                        .properties = object({{"Domain", text("vpc")}}),
                                        .depends_on = {"InternetGatewayAttachment"}});
    content_.add(
        "NatGateway",
        Resource{.type = "AWS::EC2::NatGateway",
                 .properties = object({{"AllocationId", get_att("NatAddress", "AllocationId")},
                                       {"SubnetId", ref_to("PublicSubnet1")}}),
                 .depends_on = {"PublicRoute"}});
    add_route_table("PrivateRoutes");
    content_.add("PrivateRoute",
                 Resource{.type = "AWS::EC2::Route",
                          .properties = object({{"RouteTableId", ref_to("PrivateRoutes")},
                                                {"DestinationCidrBlock", text("0.0.0.0/0")},
                                                {"NatGatewayId", ref_to("NatGateway")}})});
    for (unsigned which = 1; which <= options_.subnets; ++which) {
      const std::string id = format("PrivateSubnet{}", which);
      add_subnet(id, which - 1, public_blocks + which - 1, "PrivateRoutes");
      add_export(id + "Id", "id", "subnet", format("common-vpc-private-{}", which), ref_to(id));
    }
  }

  static Value named(const std::string& name) {
    return list({object({{"Key", text("Name")}, {"Value", text(name)}})});
  }

  Value vpc_arn() const {
    return object(
        {{"Fn::Join", list({text(""), list({text(names_.arn("ec2", "vpc/")), ref_to("Vpc")})})}});
  }

  PlacementNames names_;
  BootstrapOptions options_;
  Template content_{"Clusterless: what the projects of a placement share"};
};

}  // namespace

Result<unsigned> subnet_host_bits(const std::string& cidr) {
  constexpr unsigned address_bits = 32;
  constexpr unsigned eighth = 3;
  constexpr unsigned largest = 16;
  constexpr unsigned smallest = 25;
  const auto refuse = [&] {
    return fail(FailureCode::Invalid, format("'{}' is no network of /{} to /{}, as 10.14.0.0/16",
                                             cidr, largest, smallest));
  };
  std::uint32_t address = 0;
  unsigned prefix = 0;
  std::string_view rest = cidr;
  for (int part = 0; part < 5; ++part) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    const bool is_last = part == 4;
    if (error != std::errc() || value > (is_last ? address_bits : 255U)) return refuse();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const std::string_view next = is_last ? "" : part == 3 ? "/" : ".";
    if (!rest.starts_with(next) || (is_last && !rest.empty())) return refuse();
    rest.remove_prefix(next.size());
    if (is_last) {
      prefix = value;
    } else {
      address = address << 8U | value;
    }
  }
  if (prefix < largest || prefix > smallest) return refuse();
  if ((address & ((1U << (address_bits - prefix)) - 1)) != 0) return refuse();
  return address_bits - prefix - eighth;
}

Stack bootstrap_stack(const model::Placement& placement, const BootstrapOptions& options) {
  return Bootstrap(placement, options).stack();
}

}  // namespace cls::aws
