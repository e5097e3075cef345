// SPDX-License-Identifier: Apache-2.0
// The script of a forecast: projects as they are, but for what cannot be simulated, and made-up
// arrivals.
#pragma once

#include <string>
#include <vector>

#include "sim/forecast.h"
#include "sim/script.h"

namespace cls::sim {

struct ForecastScript {
  Script script;
  std::vector<std::string> notes;
  std::vector<std::uint64_t> objects;     ///< by boundary, in the order of a deployment
  std::vector<std::uint64_t> duplicates;  ///< likewise
};

/// Invalid where the options ask for too much, or for nothing.
Result<ForecastScript> make_forecast(std::vector<model::ProjectPlan> projects,
                                     const ForecastOptions& options);

/// Key below its boundary's path of an object, and back; the number is below `count`.
std::string object_key(std::uint64_t number);
std::optional<std::uint64_t> object_number(std::string_view uri, std::uint64_t count);

}  // namespace cls::sim
