// SPDX-License-Identifier: Apache-2.0
// SourceReader: the current revision of a lot of a dataset, whoever produces it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "flow/claim_store.h"
#include "flow/ledger_log.h"
#include "flow/workload.h"

namespace cls::flow {

/// A published lot of a dataset, at its current revision.
struct SourceLot {
  model::SinkDataset dataset;
  Uri manifest;
  record::ManifestState state = record::ManifestState::complete;
  std::string revision;
  Instant ready;  ///< first publication
  model::Overwrites overwrites = model::Overwrites::accept;
  Producer producer;
  std::string members_key;  ///< of an arc's commit
  lot::LotId lot;
  std::shared_ptr<const LotMembers> members;  ///< of a boundary's lot, if they are in memory
};

/// True for the revision of a lot that none of ours made: it is named by its manifest's ETag.
bool is_foreign_revision(const std::string& revision);

/// Thread-safe.
class SourceReader {
 public:
  SourceReader(store::ObjectStore& store, const Deployment& deployment, LedgerLogs& logs)
      : store_(store), deployment_(deployment), logs_(logs) {}

  /// nullopt while nothing of that lot is published. A commit or closed lot whose manifest is not
  /// the one its claim or ledger names is published first.
  Result<std::optional<SourceLot>> find(const Deployed& consumer, const model::DatasetId& dataset,
                                        const lot::LotId& lot);

  /// The members, with the version that the producer recorded.
  Result<SourceMembers> members(const Deployed& consumer, const SourceLot& source);

 private:
  Result<std::optional<SourceLot>> find_boundary(const BoundaryRef& boundary,
                                                 const lot::LotId& lot);
  Result<std::optional<SourceLot>> find_arc(const ArcSinkRef& sink, const lot::LotId& lot);
  Result<std::optional<SourceLot>> find_foreign(const Deployed& consumer,
                                                const model::DatasetId& dataset,
                                                const lot::LotId& lot);
  Result<> add_manifest_members(const Uri& manifest, SourceMembers& members);

  store::ObjectStore& store_;
  const Deployment& deployment_;
  LedgerLogs& logs_;
};

}  // namespace cls::flow
