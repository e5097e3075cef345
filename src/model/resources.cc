// SPDX-License-Identifier: Apache-2.0
#include "model/resources.h"

#include "model/component_codec.h"

namespace cls::model {

template <>
const ComponentKind kind_of_variant<Resource> = ComponentKind::Resource;
template struct ComponentCodec<Resource>;

}  // namespace cls::model
