// SPDX-License-Identifier: Apache-2.0
// StatusIndex: what statuses remember of the records of a home, in cls.db. docs/formats/home.md,
// "cls.db".
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "local/database.h"
#include "local/home.h"
#include "operate/status_notes.h"

namespace cls::local {

/// A connection of its own to the index; the constructor throws Error where that cannot be opened.
/// After that what the index does not take or give is as if it were not known. Not thread-safe.
class StatusIndex final : public operate::StatusNotes {
 public:
  explicit StatusIndex(Home& home);

  std::optional<std::string> stamp(const Uri& prefix) override;
  std::optional<std::string> tree_stamp(const Uri& prefix) override;
  bool is_unchanged(const std::string& tree_stamp) override;
  std::optional<std::vector<std::string>> names(const Uri& prefix) override;
  Result<bool> for_each_file(const Uri& prefix,
                             const std::function<Result<>(const File&)>& take) override;
  bool is_settled(Instant modified) override;
  std::optional<std::string> find(const std::string& subject) override;
  void keep(const std::string& subject, const std::string& facts) override;

  /// How many lots of an arc (arc_key) wait in the queue; 0 where nobody has made one. Throws
  /// Error.
  std::uint64_t queued(const std::string& arc);
  /// Removes what nobody asked for: subjects that are not deployed any more.
  void forget_others();
  /// What was wrong with the index, once.
  const std::optional<std::string>& trouble() const { return trouble_; }

 private:
  std::optional<std::string> directory_of_records(const Uri& prefix);
  std::optional<std::string> directory_of(const Uri& prefix);
  std::optional<std::string> stamp_of(const std::string& directory);
  bool add_tree(const std::string& directory, std::size_t& count, std::string& stamps);

  Home& home_;
  Database database_;
  std::set<std::string> asked_;
  std::optional<std::string> trouble_;
};

}  // namespace cls::local
