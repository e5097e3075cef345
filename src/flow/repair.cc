// SPDX-License-Identifier: Apache-2.0
#include "flow/repair.h"

#include <algorithm>

#include "base/format.h"
#include "flow/lot_publication.h"
#include "flow/publisher.h"

namespace cls::flow {

namespace {

/// Two placements may have a project of one name: the plan's URI tells them apart.
template <class Ref>
const Ref* named(const std::vector<Ref>& refs, const std::optional<std::string>& name,
                 const std::string& uri, record::StoreKind kind) {
  const auto found = std::ranges::find_if(refs, [&](const Ref& ref) {
    const auto bucket = record::store_name(ref.project->plan.placement, kind);
    return name == ref.to_string() && uri.starts_with("s3://" + bucket + "/");
  });
  return found == refs.end() ? nullptr : &*found;
}

Result<> publish_lot(store::ObjectStore& store, const Deployment& deployment, LedgerLogs& logs,
                     const AuditRepair& one, const lot::LotId& lot) {
  const auto* boundary =
      named(deployment.boundaries(), one.boundary, one.uri, record::StoreKind::Manifest);
  if (boundary == nullptr) return fail(FailureCode::NotFound, "the boundary is not deployed");
  LedgerLog& log = logs.of(*boundary);
  if (auto read = log.refresh(); !read) return pass(std::move(read));
  if (!log.is_closed(lot)) return fail(FailureCode::NotFound, "the ledger does not close the lot");
  return publish_boundary_lot(store, log, lot);
}

Result<> publish_commit(store::ObjectStore& store, const Deployment& deployment,
                        const AuditRepair& one, const lot::LotId& lot) {
  const auto* arc = named(deployment.arcs(), one.arc, one.uri, record::StoreKind::Manifest);
  if (arc == nullptr) arc = named(deployment.arcs(), one.arc, one.uri, record::StoreKind::ArcState);
  if (arc == nullptr) return fail(FailureCode::NotFound, "the arc is not deployed");
  auto published = publish_claim(store, *arc, claim_uri(*arc, lot));
  if (!published) return pass(std::move(published));
  return {};
}

}  // namespace

std::size_t repair(store::ObjectStore& store, const Deployment& deployment,
                   std::vector<AuditRepair>& plan) {
  LedgerLogs logs(store);
  std::size_t count = 0;
  for (auto& one : plan) {
    const auto lot = lot::LotId::parse(one.lot);
    Result<> done = fail(FailureCode::Invalid, format("'{}' is no lot", one.lot));
    if (lot) {
      done = one.action == RepairAction::publishLot
                 ? publish_lot(store, deployment, logs, one, *lot)
                 : publish_commit(store, deployment, one, *lot);
    }
    one.done = done.has_value();
    one.failure = done ? std::nullopt : std::optional(done.error().message);
    count += one.done ? 1 : 0;
  }
  return count;
}

}  // namespace cls::flow
