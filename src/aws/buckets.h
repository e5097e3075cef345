// SPDX-License-Identifier: Apache-2.0
// What every bucket of ours has: encryption, no public access, TLS only.
#pragma once

#include <string>

#include "aws/iam.h"
#include "aws/names.h"

namespace cls::aws {

Value encryption_at_rest();
Value no_public_access();
Value bucket_owner_owns();
/// A statement of the bucket's policy.
Statement bucket_tls_only(const PlacementNames& names, const std::string& bucket);

}  // namespace cls::aws
