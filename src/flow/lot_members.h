// SPDX-License-Identifier: Apache-2.0
// LotMembers: the members of one closed lot of a boundary, in little memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "record/ledger.h"

namespace cls::flow {

/// A boundary's revision: over (URI, object version) of the members, by URI. docs/formats/claim.md.
class LedgerRevision {
 public:
  void add(std::string_view uri, const record::ObjectVersion& version);
  /// Call once.
  std::string take();

 private:
  Digest digest_ = Digest::sha256();
};

std::string ledger_revision(const std::vector<record::LedgerLine>& members);

/// Some 40 bytes and the texts per member. Filled by one thread, then read by any.
class LotMembers {
 public:
  /// Takes the lines of the lot, in the order of the log.
  void add(const record::LedgerLine& line);
  /// After the last line: of each URI the last one counts (takes_place_of), if that is a member; by
  /// URI.
  void settle();

  std::size_t size() const { return starts_.size(); }
  bool empty() const { return starts_.empty(); }
  std::size_t bytes() const { return text_.size() + starts_.size() * sizeof(std::size_t); }
  std::string_view uri(std::size_t i) const { return head_at(starts_[i]).uri; }
  record::ObjectVersion version(std::size_t i) const;
  std::string revision() const;

 private:
  struct Head {
    std::string_view uri;
    std::size_t end = 0;  ///< where what follows the URI begins
    record::Decision decision = record::Decision::member;
  };
  Head head_at(std::size_t start) const;
  record::ObjectVersion version_at(const Head& head) const;
  record::LedgerLine line_at(std::size_t start) const;

  std::string text_;
  std::vector<std::size_t> starts_;
};

}  // namespace cls::flow
