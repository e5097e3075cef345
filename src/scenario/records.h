// SPDX-License-Identifier: Apache-2.0
// Records: what a home's record stores say, read afresh at every question.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "record/claim.h"
#include "record/ledger.h"
#include "record/manifest.h"
#include "record/places.h"
#include "store/file_store.h"

namespace cls::scenario {

/// A manifest as it is stored.
struct FoundManifest {
  std::string path;  ///< the dataset's, as a URI that ends in `/`
  record::Manifest manifest;
};

struct FoundClaim {
  record::Claim claim;
  std::set<std::string> arc_states;  ///< of the `<state>.arc` objects
};

struct FoundLine {
  std::string path;  ///< the boundary's dataset's, as a URI that ends in `/`
  record::LedgerLine line;
};

/// Reads the record stores below `stores`. Failures say what could not be read, or that a name is
/// unknown or that of several. Not thread-safe; `files` outlives it.
class Records {
 public:
  Records(FileSystem& files, const std::string& stores);

  /// Learns where the datasets lie that are deployed now; what was learnt stays, so that a dataset
  /// can be asked for when its project is gone.
  Result<> learn_datasets();

  /// All manifests of a lot in a state; several only where attempts are told apart.
  Result<std::vector<FoundManifest>> manifests(const std::string& dataset, const std::string& lot,
                                               record::ManifestState state);
  /// nullopt where there is none.
  Result<std::optional<FoundClaim>> claim(const std::string& arc, const std::string& lot);
  /// All lines of all segments of the boundaries of that name, in their order.
  Result<std::vector<FoundLine>> lines(const std::string& boundary);
  /// Every record, by its URI.
  Result<> each_record(
      const std::function<Result<>(const std::string& uri, const std::string& bytes)>& take);
  /// The SHA-256 of every record, by its URI.
  Result<std::map<std::string, std::string>> digests();

 private:
  struct Dataset {
    model::Placement placement;
    std::string path;
  };

  std::vector<record::StoreName> stores_of(record::StoreKind kind);
  Result<> each_object(const Uri& prefix,
                       const std::function<Result<>(const store::ObjectInfo&)>& take);
  Result<std::pair<model::DatasetId, Dataset>> dataset(const std::string& name) const;

  FileSystem& files_;
  std::string stores_;
  store::FileStore store_;
  std::map<std::pair<model::Placement, model::DatasetId>, Dataset> datasets_;
};

}  // namespace cls::scenario
