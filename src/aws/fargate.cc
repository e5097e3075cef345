// SPDX-License-Identifier: Apache-2.0
#include "aws/fargate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/format.h"

namespace cls::aws {

namespace {

/// Memory from `least` to `most` in steps, MiB; the first row is a list of its own: 512, 1024,
/// 2048.
struct Row {
  double processors;
  std::string_view written;
  unsigned least;
  unsigned most;
  unsigned step;

  bool has(unsigned memory) const {
    if (memory < least || memory > most) return false;
    if (step == 0) return memory == 512 || memory == 1024 || memory == 2048;
    return (memory - least) % step == 0;
  }
};

constexpr auto rows = std::to_array<Row>({
    {0.25, "0.25", 512, 2048, 0},
    {0.5, "0.5", 1024, 4096, 1024},
    {1, "1", 2048, 8192, 1024},
    {2, "2", 4096, 16384, 1024},
    {4, "4", 8192, 30720, 1024},
    {8, "8", 16384, 61440, 4096},
    {16, "16", 32768, 122880, 8192},
});

/// The least memory above or the most below that some row has.
std::optional<unsigned> nearest(unsigned memory, double least, bool above) {
  std::optional<unsigned> found;
  for (const auto& row : rows) {
    if (row.processors < least) continue;
    for (unsigned one = row.least; one <= row.most; one += row.step == 0 ? 512 : row.step) {
      if (!row.has(one) || (above ? one <= memory : one >= memory)) continue;
      if (!found || (above ? one < *found : one > *found)) found = one;
    }
  }
  return found;
}

}  // namespace

Result<FargateSize> fargate_size(unsigned memory_mb, double least) {
  for (const auto& row : rows) {
    if (row.processors >= least && row.has(memory_mb)) {
      return FargateSize{std::string(row.written), memory_mb};
    }
  }
  const auto below = nearest(memory_mb, least, false);
  const auto above = nearest(memory_mb, least, true);
  std::string near;
  if (below) near = format("{}", *below);
  if (above) near += format("{}{}", near.empty() ? "" : " or ", *above);
  return fail(FailureCode::Invalid,
              near.empty() ? format("Fargate has no {} processors; at most 16", least)
                           : format("Fargate has no {} MiB{}; write {}", memory_mb,
                                    least > 0 ? format(" with {} processors", least) : "", near));
}

}  // namespace cls::aws
