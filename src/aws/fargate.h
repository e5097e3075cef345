// SPDX-License-Identifier: Apache-2.0
// Fargate: which memory goes with which processors. Source: AWS Batch, job definition parameters,
// resourceRequirements (2025).
#pragma once

#include <string>

#include "base/result.h"

namespace cls::aws {

/// What a job gets, as Batch writes it.
struct FargateSize {
  std::string processors;  ///< vCPU: 0.25 to 16
  unsigned memory_mb = 0;

  bool operator==(const FargateSize&) const = default;
};

/// The fewest processors, at least `least`, that go with exactly this memory. Invalid says which
/// sizes are near.
Result<FargateSize> fargate_size(unsigned memory_mb, double least);

}  // namespace cls::aws
