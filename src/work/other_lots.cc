// SPDX-License-Identifier: Apache-2.0
#include "work/other_lots.h"

#include <set>

#include "flow/claim_store.h"
#include "record/members.h"

namespace cls::work {

Result<OtherLots> OtherLots::read(store::ObjectStore& store, const flow::WorkloadContext& context,
                                  std::optional<Instant> since) {
  const auto& project = context.project.project;
  const Uri prefix = context.places.claims_prefix(project, context.arc.name);
  const Uri own = context.places.claim(project, context.arc.name, context.lot);
  std::vector<Uri> claims;
  auto listed = store::for_each_object(store, prefix, [&](const store::ObjectInfo& info) {
    if (info.uri != own && (!since || info.modified >= *since)) claims.push_back(info.uri);
  });
  if (!listed && listed.error().code != FailureCode::NotFound) return pass(std::move(listed));
  OtherLots lots;
  for (const auto& uri : claims) {
    auto stored = flow::read_claim(store, uri);
    if (!stored) return pass(std::move(stored));
    if (!*stored) continue;
    auto added = lots.add(store, (*stored)->claim, uri.bucket);
    if (!added) return pass(std::move(added));
  }
  return lots;
}

Result<> OtherLots::add(store::ObjectStore& store, const record::Claim& claim,
                        const std::string& bucket) {
  std::set<std::string> keys;  // sinks of one commit share their members file
  for (const auto& [role, sink] : claim.sinks) keys.insert(sink.members);
  for (const auto& key : keys) {
    auto object = store.get({"s3", bucket, key});
    if (!object) return pass(std::move(object));
    auto file = record::read_members(object->bytes);
    if (!file)
      return fail(file.error().code, object->info.uri.to_string() + ": " + file.error().message);
    for (const auto& line : file->lines) {
      const auto sink = claim.sinks.find(line.role);
      const bool current = sink != claim.sinks.end() && sink->second.members == key;
      if (line.vanished || !current) continue;
      by_uri_[line.uri].push_back({claim.lot, line.size, line.sha256, line.etag});
    }
  }
  return {};
}

std::optional<std::string> OtherLots::lists_otherwise(const record::MemberLine& line) const {
  const auto found = by_uri_.find(line.uri);
  if (found == by_uri_.end()) return std::nullopt;
  for (const auto& listed : found->second) {
    const bool known = listed.sha256 && line.sha256;
    const bool same = known ? *listed.sha256 == *line.sha256
                            : listed.size == line.size && listed.etag == line.etag;
    if (!same) return listed.lot;
  }
  return std::nullopt;
}

}  // namespace cls::work
