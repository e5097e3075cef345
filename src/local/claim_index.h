// SPDX-License-Identifier: Apache-2.0
// ClaimIndex: the sweep's notes of ended claims, in cls.db. docs/formats/home.md, "cls.db".
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "flow/claim_notes.h"
#include "local/database.h"

namespace cls::local {

/// A connection of its own to an index that is open already. What the index does not take or give
/// is as if it were not known: nothing is thrown. Thread-safe.
class ClaimIndex final : public flow::ClaimNotes {
 public:
  ClaimIndex(const std::string& path, const Clock& clock);
  ClaimIndex(const ClaimIndex&) = delete;
  ClaimIndex& operator=(const ClaimIndex&) = delete;
  ~ClaimIndex() override;

  std::optional<std::string> find(const store::ObjectInfo& info) override;
  void keep(const store::ObjectInfo& info, const std::string& note) override;
  /// Stores what was kept since the last time.
  void flush();

 private:
  void store();

  const Clock& clock_;
  std::mutex mutex_;
  Database database_;
  std::optional<Statement> find_;  ///< prepared once: it is asked for every claim
  std::vector<std::pair<store::ObjectInfo, std::string>> kept_;
};

}  // namespace cls::local
