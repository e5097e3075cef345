// SPDX-License-Identifier: Apache-2.0
#include "model/activities.h"

#include "model/component_codec.h"

namespace cls::model {

template <>
const ComponentKind kind_of_variant<Activity> = ComponentKind::Activity;
template struct ComponentCodec<Activity>;

}  // namespace cls::model
