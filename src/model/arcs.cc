// SPDX-License-Identifier: Apache-2.0
#include "model/arcs.h"

#include "model/component_codec.h"

namespace cls::model {

template <>
const ComponentKind kind_of_variant<Arc> = ComponentKind::Arc;
template struct ComponentCodec<Arc>;

const ArcBase* arc_base(const Arc& arc) {
  return std::visit(
      []<class T>(const T& alternative) -> const ArcBase* {
        if constexpr (std::is_same_v<T, Undecoded>) {
          return nullptr;
        } else {
          return &alternative;
        }
      },
      arc);
}

}  // namespace cls::model
