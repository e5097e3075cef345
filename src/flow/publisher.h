// SPDX-License-Identifier: Apache-2.0
// Publishing an arc's committed decision: from the claim, by anybody, any number of times.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/claim_store.h"
#include "record/manifest.h"
#include "record/members.h"

namespace cls::flow {

/// Makes the public manifests (and the .arc object) those that the claim names, keeps what stood
/// there as a former revision, and marks the sinks published. Bounded tries. Returns the datasets,
/// as the claim names them, whose manifest this call, or a concurrent one, made current: the lot's
/// events are due. NotFound if the claim is gone; Conflict if others keep changing it.
Result<std::vector<model::DatasetId>> publish_claim(store::ObjectStore& store, const ArcRef& arc,
                                                    const Uri& claim_uri);

/// The writes that publish a lot's first revisions: public manifests, which nothing stands at yet,
/// and the .arc object. For a commit to be followed by them at once.
store::WriteStep first_publication(const ArcRef& arc, const lot::LotId& lot,
                                   std::vector<record::Stored> manifests);

/// What the owner of a claim has published.
struct HeldPublication {
  std::vector<model::DatasetId> datasets;  ///< as publish_claim() returns them
  bool marked = false;                     ///< the claim says so already
};

/// The same as publish_claim() by the owner, who has the claim in hand; where it does not say
/// `marked`, finish_publication() is due. `written`: first_publication() is stored already.
Result<HeldPublication> publish_held(store::ObjectStore& store, const ArcRef& arc, HeldClaim& held,
                                     bool written);

/// Marks the sinks of a held claim published and tidies up after its commit.
Result<> finish_publication(store::ObjectStore& store, const ArcRef& arc, HeldClaim& held);

/// The members of a role, each URI once, sorted: what the sink's manifest lists.
std::vector<std::string> listed_members(const record::MemberLines& lines, const std::string& role);

/// The same in a manifest, whose own members do not count, without all of them in memory as texts.
std::vector<record::Stored> manifest_of_listed(const Uri& uri, const record::Manifest& manifest,
                                               const record::MemberLines& lines,
                                               const std::string& role, std::size_t part_limit);

/// The manifest of a sink's revision as its members file alone gives it.
record::Manifest manifest_of_members(const record::MembersFile& file, const std::string& role,
                                     const lot::LotId& lot, record::ManifestState state,
                                     std::uint64_t number);

/// True if a manifest, with these bytes, is what the members file gives for one of its roles. A
/// comment of the workload's own is in no other record: it is taken as it is.
bool is_given_by(const record::MembersFile& file, const lot::LotId& lot,
                 const record::Manifest& manifest, std::string_view bytes, const Limits& limits);

/// True if a sink of the claim is not yet marked published.
bool is_behind(const record::Claim& claim);

/// The manifest that a sink of the claim is committed to, wherever it is still to be had: from the
/// attempt's private key or its members file, its SHA-256 checked.
Result<std::string> committed_manifest(store::ObjectStore& store, const ArcRef& arc,
                                       const record::Claim& claim, const std::string& role);

/// The `.arc` object that a claim is published as, where it is over.
std::optional<record::ArcState> published_state(const record::Claim& claim);

/// Makes `<state>.arc` say how the lot ended, and takes other states away.
Result<> publish_arc_state(store::ObjectStore& store, const ArcRef& arc, const lot::LotId& lot,
                           record::ArcState state, bool first);

}  // namespace cls::flow
