// SPDX-License-Identifier: Apache-2.0
#include "aws/scope.h"

#include "base/text.h"

namespace cls::aws {

const Owner* Scope::owner_of(const model::DatasetId& dataset) const {
  const auto found = owners.find({names.placement(), dataset});
  return found == owners.end() ? nullptr : &found->second;
}

std::string Scope::stage() const {
  const auto& stage = names.placement().stage;
  return stage ? upper(*stage) : "";
}

std::string placement_json(const Scope& scope) {
  return json::to_text(json::encode(scope.names.placement()));
}

}  // namespace cls::aws
