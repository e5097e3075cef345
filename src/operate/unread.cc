// SPDX-License-Identifier: Apache-2.0
#include "operate/unread.h"

#include "base/format.h"
#include "base/hash.h"
#include "base/seeded_hash.h"
#include "flow/left_out.h"

namespace cls::operate {

namespace {

/// Boundaries tell larger files apart by size and time alone.
constexpr std::uint64_t hash_limit = std::uint64_t{64} << 20U;
constexpr std::uint64_t hash_budget = std::uint64_t{256} << 20U;

/// Calls `take` with every object below the boundary's path that may be a member. A path that does
/// not exist has none.
Result<> for_each_candidate(store::ObjectStore& store, const model::BoundaryPlan& boundary,
                            const std::function<void(const store::ObjectInfo&)>& take) {
  const Uri path = boundary.dataset.path();
  auto listed = store::for_each_object(store, path, [&](const store::ObjectInfo& info) {
    if (!flow::left_out(boundary, path.key, info.uri)) take(info);
  });
  if (!listed && listed.error().code != FailureCode::NotFound) return listed;
  return {};
}

}  // namespace

void ListingDigest::add(const store::ObjectInfo& info) {
  ++count_;
  hash_ = SeededHash(hash_).of64(format("{}\n{} {} {}", info.uri.key, info.size,
                                        info.modified.time_since_epoch().count(), info.etag));
}

std::string ListingDigest::text() const {
  return format("{} {:016x}", count_, hash_);
}

Result<ListingDigest> digest_of_listing(store::ObjectStore& store,
                                        const model::BoundaryPlan& boundary) {
  ListingDigest digest;
  auto listed =
      for_each_candidate(store, boundary, [&](const store::ObjectInfo& info) { digest.add(info); });
  if (!listed) return pass(std::move(listed));
  return digest;
}

UnreadObjects::UnreadObjects(store::ObjectStore& store, const model::BoundaryPlan& boundary)
    : store_(store), boundary_(boundary), budget_(hash_budget) {}

Result<> UnreadObjects::list(const flow::LedgerLog& log) {
  return for_each_candidate(store_, boundary_, [&](const store::ObjectInfo& info) {
    listing_.add(info);
    record::ObjectVersion version{.size = info.size,
                                  .mtime = format_instant(info.modified),
                                  .sha256 = {},
                                  .etag = {},
                                  .versionId = {}};
    if (!info.etag.empty()) version.etag = info.etag;
    std::string text = info.uri.to_string();
    if (log.knows(text, version)) return;
    candidates_.emplace(std::move(text), Candidate{info.uri, std::move(version), std::nullopt});
  });
}

void UnreadObjects::see(const record::LedgerLine& line) {
  const auto found = candidates_.find(line.uri);
  if (found != candidates_.end()) found->second.known = line.object;
}

Result<bool> UnreadObjects::is_known(const Candidate& candidate) {
  if (!candidate.known) return false;
  if (record::same_version(*candidate.known, candidate.version)) return true;
  const std::uint64_t size = candidate.version.size;
  if (candidate.known->size != size || !candidate.known->sha256 || size > hash_limit ||
      size > budget_) {
    return false;
  }
  budget_ -= size;
  Digest digest = Digest::sha256();
  auto read =
      store_.get_pieces(candidate.uri, [&](std::string_view piece) { digest.update(piece); });
  // Gone since it was listed: nothing is left to be read.
  if (!read && read.error().code == FailureCode::NotFound) return true;
  // What may not be read is reported by the boundary; here it is not known.
  if (!read && read.error().code == FailureCode::Denied) return false;
  if (!read) return pass(std::move(read));
  return digest.hex() == *candidate.known->sha256;
}

Result<std::uint64_t> UnreadObjects::count() {
  std::uint64_t unread = 0;
  for (const auto& [text, candidate] : candidates_) {
    auto known = is_known(candidate);
    if (!known) return pass(std::move(known));
    unread += *known ? 0 : 1;
  }
  return unread;
}

}  // namespace cls::operate
