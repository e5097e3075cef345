// SPDX-License-Identifier: Apache-2.0
// SourceMembers: the objects of a source lot as a workload sees them, in little memory.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "base/uri.h"
#include "flow/lot_members.h"
#include "record/object_version.h"
#include "record/packed_list.h"

namespace cls::flow {

/// One object of a source lot, with the version the producer recorded (ledger or members file).
/// A lot of a foreign producer has members without a version.
struct SourceMember {
  Uri uri;
  std::optional<record::ObjectVersion> version;
};

/// A list of members, each made when it is asked for: those of a boundary's lot are the ones that
/// its ledger keeps, without a copy. Read by any number of threads.
class SourceMembers {
 public:
  using value_type = SourceMember;
  using iterator = record::MadeIterator<SourceMembers>;
  using const_iterator = iterator;

  SourceMembers() = default;
  /// Invalid names a member that is no URI.
  static Result<SourceMembers> of(std::shared_ptr<const LotMembers> lot);

  /// Adds a member; not to those of a boundary's lot.
  void push_back(const SourceMember& member);

  std::size_t size() const { return lot_ ? lot_->size() : rows_.size(); }
  bool empty() const { return size() == 0; }
  SourceMember operator[](std::size_t i) const;
  void get(std::size_t i, SourceMember& member) const { member = (*this)[i]; }
  Uri uri(std::size_t i) const;
  iterator begin() const { return {this, 0}; }
  iterator end() const { return {this, size()}; }

 private:
  struct Row {
    std::string uri;
    bool has_version = false;
    record::ObjectVersion version;

    static constexpr auto fields =
        std::tuple{json::required("uri", &Row::uri, "the object"),
                   json::required("hasVersion", &Row::has_version, "one was recorded"),
                   json::required("version", &Row::version, "of it")};
  };

  std::shared_ptr<const LotMembers> lot_;
  record::PackedList<Row> rows_;  ///< where there is no lot_
};

}  // namespace cls::flow
