// SPDX-License-Identifier: Apache-2.0
#include "model/types.h"

#include "base/error.h"

namespace cls::model {

Uri SinkDataset::path() const {
  return need(Uri::parse(pathURI)).as_path();
}

}  // namespace cls::model
