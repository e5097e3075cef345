// SPDX-License-Identifier: Apache-2.0
#include "aws/needs.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/format.h"

namespace cls::aws {

namespace {

const std::vector<std::string> reads{"s3:GetObject"};
const std::vector<std::string> reads_and_writes{"s3:GetObject", "s3:PutObject"};

/// The URI of an object as the beginning of others' keys.
std::vector<Uri> uris_of(const std::vector<std::string>& paths) {
  std::vector<Uri> result;
  for (const auto& path : paths) {
    auto uri = Uri::parse(path);
    if (uri && uri->scheme == "s3") result.push_back(uri->as_path());
  }
  return result;
}

std::string object_arn(const PlacementNames& names, const Uri& uri) {
  return format("{}/{}", names.bucket_arn(uri.bucket), policy_text(uri.key));
}

bool contains(const std::vector<std::string>& texts, std::string_view one) {
  return std::ranges::find(texts, one) != texts.end();
}

/// Whether a listing of these keys (or pattern of keys) in a bucket is among the needs.
bool lists(const std::vector<Need>& needs, const std::string& bucket, std::string_view keys) {
  const auto covers = [&](std::string_view prefix) {
    if (!prefix.ends_with('*')) return keys == prefix;
    prefix.remove_suffix(1);
    return keys.starts_with(prefix);
  };
  return std::ranges::any_of(needs, [&](const Need& need) {
    return contains(need.actions, "s3:ListBucket") && contains(need.resources, bucket) &&
           std::ranges::any_of(need.prefixes, covers);
  });
}

}  // namespace

void add_absences(std::vector<Need>& needs) {
  std::map<std::string, std::vector<std::string>> absent;  // by ARN of the bucket
  for (const auto& need : needs) {
    if (!contains(need.actions, "s3:GetObject")) continue;
    for (const auto& arn : need.resources) {
      const auto slash = arn.find('/');
      if (slash == std::string::npos) continue;
      const std::string bucket = arn.substr(0, slash);
      const std::string keys = arn.substr(slash + 1);
      if (!lists(needs, bucket, keys)) absent[bucket].push_back(keys);
    }
  }
  for (auto& [bucket, keys] : absent) {
    needs.push_back({.why = "see what is absent from " + bucket.substr(bucket.rfind(':') + 1),
                     .actions = {"s3:ListBucket"},
                     .resources = {bucket},
                     .prefixes = std::move(keys)});
  }
}

void add(std::vector<Need>& needs, Need need) {
  needs.push_back(std::move(need));
}

void add(std::vector<Need>& needs, std::vector<Need> more) {
  std::ranges::move(more, std::back_inserter(needs));
}

Need RecordNeeds::listing(std::string why, const std::vector<Uri>& prefixes) const {
  Need need{.why = std::move(why), .actions = {"s3:ListBucket"}, .resources = {}};
  for (const auto& prefix : prefixes) {
    const auto arn = scope_->names.bucket_arn(prefix.bucket);
    if (std::ranges::find(need.resources, arn) == need.resources.end()) {
      need.resources.push_back(arn);
    }
    need.prefixes.push_back(policy_text(prefix.key) + "*");
  }
  return need;
}

Need RecordNeeds::objects(std::string why, std::vector<std::string> actions,
                          const std::vector<Uri>& prefixes) const {
  Need need{.why = std::move(why), .actions = std::move(actions), .resources = {}};
  for (const auto& prefix : prefixes) need.resources.push_back(scope_->names.objects_arn(prefix));
  return need;
}

Need RecordNeeds::log(const std::string& function) const {
  return {.why = "write its log",
          .actions = {"logs:CreateLogStream", "logs:PutLogEvents"},
          .resources = {scope_->names.arn("logs", format("log-group:/aws/lambda/{}:*", function))}};
}

Need RecordNeeds::announce() const {
  return {.why = "announce lots",
          .actions = {"events:PutEvents"},
          .resources = {scope_->names.event_bus_arn()}};
}

Need RecordNeeds::project() const {
  const Uri uri = scope_->places.project(scope_->project());
  return {
      .why = "read the project", .actions = reads, .resources = {object_arn(scope_->names, uri)}};
}

Need RecordNeeds::subscription_of_arc(const std::string& arc) const {
  const Uri uri = scope_->places.arc_subscription(scope_->project(), arc);
  return {.why = "read the subscription",
          .actions = reads,
          .resources = {object_arn(scope_->names, uri)}};
}

Need RecordNeeds::subscription_of_boundary(const std::string& boundary) const {
  const Uri uri = scope_->places.boundary_subscription(scope_->project(), boundary);
  return {.why = "read the subscription",
          .actions = reads,
          .resources = {object_arn(scope_->names, uri)}};
}

std::vector<Need> RecordNeeds::claims(const std::string& arc) const {
  const Uri prefix = scope_->places.claims_prefix(scope_->project(), arc);
  return {objects("claim lots", reads_and_writes, {prefix}), listing("find claims", {prefix})};
}

std::vector<Need> RecordNeeds::arc_states(const std::string& arc) const {
  const Uri prefix = scope_->places.arc_state_path(scope_->project(), arc, std::nullopt);
  return {objects("show states", {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}, {prefix}),
          listing("find states", {prefix})};
}

std::vector<Need> RecordNeeds::source_manifests(const std::vector<const Owner*>& owners) const {
  std::vector<Uri> prefixes;
  prefixes.reserve(owners.size());
  for (const auto* owner : owners) {
    prefixes.push_back(scope_->places.manifests_prefix(owner->dataset.id()));
  }
  if (prefixes.empty()) return {};
  return {objects("read source manifests", reads, prefixes),
          listing("find source manifests", prefixes)};
}

std::vector<Need> RecordNeeds::sources(const std::vector<const Owner*>& owners) const {
  std::vector<Uri> claims;
  std::vector<Uri> ledgers;
  for (const auto* owner : owners) {
    if (owner->kind == model::ComponentKind::Arc) {
      claims.push_back(scope_->places.claims_prefix(owner->project, owner->component));
    } else {
      ledgers.push_back(scope_->places.segments_prefix(owner->project, owner->component));
    }
  }
  std::vector<Need> needs = source_manifests(owners);
  if (!claims.empty()) needs.push_back(objects("read claims of sources", reads, claims));
  if (!ledgers.empty()) {
    needs.push_back(objects("read ledgers of sources", reads, ledgers));
    needs.push_back(listing("find ledgers of sources", ledgers));
  }
  return needs;
}

std::vector<Need> RecordNeeds::sink_manifests(const std::vector<model::SinkDataset>& sinks) const {
  std::vector<Uri> prefixes;
  prefixes.reserve(sinks.size());
  for (const auto& sink : sinks) prefixes.push_back(scope_->places.manifests_prefix(sink.id()));
  if (prefixes.empty()) return {};
  return {objects("publish manifests", reads_and_writes, prefixes),
          listing("find manifests", prefixes)};
}

std::vector<Need> RecordNeeds::private_manifests(const std::string& arc) const {
  const Uri prefix = scope_->places.private_prefix(scope_->project(), arc);
  return {objects("keep manifests of attempts", {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
                  {prefix}),
          listing("find manifests of attempts", {prefix})};
}

Need RecordNeeds::attempt_notes(const std::string& arc) const {
  return objects("note members", reads_and_writes,
                 {scope_->places.members_prefix(scope_->project(), arc),
                  scope_->places.overwrites_prefix(scope_->project(), arc)});
}

std::vector<Need> RecordNeeds::ledger(const std::string& boundary) const {
  const Uri prefix = scope_->places.segments_prefix(scope_->project(), boundary);
  return {objects("keep the ledger", reads_and_writes, {prefix}),
          listing("find segments", {prefix})};
}

std::vector<Need> RecordNeeds::read_data(const std::vector<std::string>& paths) const {
  const auto prefixes = uris_of(paths);
  if (prefixes.empty()) return {};
  return {objects("read data",
                  {"s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging",
                   "s3:GetObjectVersionTagging"},
                  prefixes),
          listing("find data", prefixes)};
}

std::vector<Need> RecordNeeds::write_data(const std::vector<std::string>& paths) const {
  const auto prefixes = uris_of(paths);
  if (prefixes.empty()) return {};
  return {objects("write data",
                  {"s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload",
                   "s3:ListMultipartUploadParts"},
                  prefixes),
          listing("find written data", prefixes)};
}

std::vector<Need> RecordNeeds::data(const ArcDatasets& datasets) const {
  std::vector<std::string> sources;
  std::vector<std::string> sinks;
  sources.reserve(datasets.sources.size());
  sinks.reserve(datasets.sinks.size());
  for (const auto* owner : datasets.sources) sources.push_back(owner->dataset.pathURI);
  for (const auto& sink : datasets.sinks) sinks.push_back(sink.pathURI);
  std::vector<Need> needs = read_data(sources);
  add(needs, write_data(sinks));
  return needs;
}

}  // namespace cls::aws
