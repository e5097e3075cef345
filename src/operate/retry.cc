// SPDX-License-Identifier: Apache-2.0
#include "operate/retry.h"

#include <vector>

#include "base/format.h"
#include "flow/arc_flow.h"

namespace cls::operate {

Result<RetryReport> retry_lots(store::ObjectStore& store, const flow::ArcRef& arc,
                               const RetryRequest& request) {
  RetryReport report;
  if (request.lots) report.untouched = *request.lots;
  std::vector<std::pair<Uri, lot::LotId>> found;
  std::optional<Failure> unreadable;
  const auto look = [&](const flow::StoredClaim& stored) {
    const auto lot = lot::LotId::parse(stored.claim.lot);
    if (!lot || (request.lots && !request.lots->contains(*lot))) return;
    if (request.only_changed && stored.claim.declaration == arc.arc->declaration) return;
    if (stored.claim.state == record::ClaimState::ended) found.emplace_back(stored.uri, *lot);
  };
  auto walked = flow::for_each_claim(store, arc, look, [&](const Uri& uri, const Failure& failure) {
    unreadable = Failure{failure.code, format("{}: {}", uri.to_string(), failure.message)};
  });
  if (!walked) return pass(std::move(walked));
  if (unreadable) return fail(unreadable->code, unreadable->message);
  for (const auto& [uri, lot] : found) {
    if (!request.dry_run) {
      auto retried = flow::retry_lot(store, uri);
      if (!retried) return pass(std::move(retried));
      if (!*retried) continue;
    }
    ++report.retried;
    report.untouched.erase(lot);
  }
  return report;
}

}  // namespace cls::operate
