// SPDX-License-Identifier: Apache-2.0
#include "flow/source_members.h"

#include <string_view>
#include <utility>

#include "base/error.h"

namespace cls::flow {

Result<SourceMembers> SourceMembers::of(std::shared_ptr<const LotMembers> lot) {
  for (std::size_t i = 0; i < lot->size(); ++i) {
    if (auto uri = Uri::parse(lot->uri(i)); !uri) return pass(std::move(uri));
  }
  SourceMembers members;
  members.lot_ = std::move(lot);
  return members;
}

void SourceMembers::push_back(const SourceMember& member) {
  if (lot_) throw Error("the members of a boundary's lot are those of its ledger");
  rows_.push_back({.uri = member.uri.to_string(),
                   .has_version = member.version.has_value(),
                   .version = member.version.value_or(record::ObjectVersion{})});
}

SourceMember SourceMembers::operator[](std::size_t i) const {
  // Both were read as URIs before they came here.
  if (lot_) return {Uri::parse(lot_->uri(i)).value(), lot_->version(i)};
  Row row = rows_[i];
  SourceMember member{Uri::parse(row.uri).value(), std::nullopt};
  if (row.has_version) member.version = std::move(row.version);
  return member;
}

Uri SourceMembers::uri(std::size_t i) const {
  return Uri::parse(lot_ ? std::string(lot_->uri(i)) : rows_[i].uri).value();
}

}  // namespace cls::flow
