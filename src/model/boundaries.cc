// SPDX-License-Identifier: Apache-2.0
#include "model/boundaries.h"

#include "model/component_codec.h"

namespace cls::model {

template <>
const ComponentKind kind_of_variant<Boundary> = ComponentKind::Boundary;
template struct ComponentCodec<Boundary>;

}  // namespace cls::model
