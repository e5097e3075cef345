// SPDX-License-Identifier: Apache-2.0
// Checker: decides promises 1 to 6 from records and data alone, without any index.
// What it looks at, and what to do about what it finds: docs/audit.md.
#pragma once

#include <cstddef>
#include <optional>

#include "base/progress.h"
#include "base/time.h"
#include "flow/audit_report.h"
#include "flow/deployment.h"
#include "lot/lot_id.h"
#include "store/object_store.h"

namespace cls::flow {

struct AuditOptions {
  Instant now;        ///< for what should have been taken in by now
  bool deep = false;  ///< read every member's bytes where a SHA-256 of them is recorded
  std::size_t violation_limit = 10'000;  ///< so many are listed; all are counted
  std::optional<lot::LotId> since = {};  ///< lots that begin before it are left out
  bool settled = false;  ///< nothing is at work: a lot that is due and nobody took is a violation
  Progress* progress = nullptr;  ///< is told of a boundary's objects; null: nobody is

  /// True for a lot that is to be looked at.
  bool covers(const lot::LotId& lot) const { return !since || lot.start() >= since->start(); }
};

/// Writes nothing. Memory grows with the distinct URIs below one boundary (some 60 bytes each),
/// with the lots of subscribed datasets (24 bytes), with revisions that were replaced, and with
/// what is found, not with the records or the data.
class Checker {
 public:
  Checker(store::ObjectStore& store, const Deployment& deployment, AuditOptions options)
      : store_(store), deployment_(deployment), options_(options) {}

  /// Looks at every boundary and arc of the deployment. A record that cannot be read is a
  /// violation that names it; the failure is that of a listing, without which nothing is decided.
  Result<AuditReport> run();

 private:
  store::ObjectStore& store_;
  const Deployment& deployment_;
  AuditOptions options_;
};

}  // namespace cls::flow
