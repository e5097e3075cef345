// SPDX-License-Identifier: Apache-2.0
#include "model/deployable.h"

namespace cls::model {

Placement resolved(const Placement& placement) {
  Placement result = placement;
  if (result.provider == "local") {
    if (!result.account) result.account = "local";
    if (!result.region) result.region = "home";
  }
  return result;
}

void decode_deployable(const json::Value& value, Deployable& out, json::Reader& in) {
  json::decode(value, out, in);
}

json::Value to_json(const Deployable& deployable) {
  return json::encode(deployable);
}

json::Value to_json(const Arc& arc) {
  return json::encode(arc);
}

}  // namespace cls::model
