// SPDX-License-Identifier: Apache-2.0
// StatusNotes: what an index remembers of the records that a status has read, and how it is proved
// that they are still the same. docs/adr/0019-status-from-the-index.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/uri.h"

namespace cls::operate {

/// An index: it may forget anything, and what it does not know is read from the records. Prefixes
/// have keys that end in `/`. Not thread-safe.
class StatusNotes {
 public:
  virtual ~StatusNotes() = default;

  /// A text that is another one as soon as something directly in that directory was made, replaced
  /// or removed after the call. nullopt where nothing cheap proves that: where others write there
  /// as well, or where something changed so lately that the next change might leave no trace.
  virtual std::optional<std::string> stamp(const Uri& prefix) = 0;
  /// The same for all directories below it too; for is_unchanged().
  virtual std::optional<std::string> tree_stamp(const Uri& prefix) = 0;
  virtual bool is_unchanged(const std::string& tree_stamp) = 0;
  /// What is directly in it; nullopt where stamp() would never give anything.
  virtual std::optional<std::vector<std::string>> names(const Uri& prefix) = 0;
  /// A file, and what tells its versions from each other.
  struct File {
    std::string name;
    std::uint64_t size = 0;
    Instant modified;
  };
  /// Hands over the files that are directly in it, by name, until one is not taken. False, and
  /// nothing is handed over, where stamp() would never give anything.
  virtual Result<bool> for_each_file(const Uri& prefix,
                                     const std::function<Result<>(const File&)>& take) = 0;
  /// False for a file that might be changed once more with the same time.
  virtual bool is_settled(Instant modified) = 0;

  virtual std::optional<std::string> find(const std::string& subject) = 0;
  virtual void keep(const std::string& subject, const std::string& facts) = 0;
};

}  // namespace cls::operate
