// SPDX-License-Identifier: Apache-2.0
// Assembly: what projects become on AWS: stacks in the order of deployment, the assets that they
// name, and what is to be done beside them. Written as files: docs/formats/aws-assembly.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aws/iam.h"
#include "aws/template.h"
#include "model/types.h"

namespace cls::aws {

/// A program that answers events, and what it must be permitted to do.
struct Handler {
  std::string function;  ///< logical id of the function, or of the role of a job
  std::string name;      ///< which program, as `start`
  std::vector<Need> needs;
};

struct Stack {
  std::string name;
  model::Placement placement;
  Template content{""};
  std::vector<std::string> depends_on = {};  ///< names of stacks that must be there before
  std::vector<Handler> handlers = {};
};

enum class AssetKind : std::uint8_t { Code, Object, Image };

/// Something that must be in a placement before its stacks are made.
struct Asset {
  AssetKind kind = AssetKind::Code;
  model::Placement placement;
  std::string place;         ///< `s3://…`, or the name and tag of an image
  std::string source;        ///< a file (code), a text (object), a directory (image)
  std::string architecture;  ///< of code and images; as in project files
};

/// A bucket of somebody else's whose events must reach the default bus.
struct BucketEvents {
  model::Placement placement;
  std::string bucket;

  auto operator<=>(const BucketEvents&) const = default;
};

struct Assembly {
  std::vector<Stack> stacks;
  std::vector<Asset> assets;
  std::vector<BucketEvents> buckets;
};

}  // namespace cls::aws
