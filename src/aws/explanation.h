// SPDX-License-Identifier: Apache-2.0
// Explanation: what a component type becomes on AWS, in words; `cls show component TYPE --substrate
// aws`. A test compares it with what the synthesis makes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cls::aws {

/// A resource of CloudFormation, and what it is there for.
struct Part {
  std::string_view type;  ///< AWS::S3::Bucket
  std::string_view what;
};

/// The parts of a component type, each type of resource once; none for a type that AWS does not
/// have. Those that only a setting or a field adds are left out.
std::vector<Part> parts_of_type(std::string_view component_type);

/// The parts, one a line.
std::string explanation(std::string_view component_type);

}  // namespace cls::aws
