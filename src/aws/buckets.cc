// SPDX-License-Identifier: Apache-2.0
#include "aws/buckets.h"

namespace cls::aws {

Value encryption_at_rest() {
  const Value rule =
      object({{"ServerSideEncryptionByDefault", object({{"SSEAlgorithm", text("AES256")}})}});
  return object({{"ServerSideEncryptionConfiguration", list({rule})}});
}

Value no_public_access() {
  return object({{"BlockPublicAcls", flag(true)},
                 {"BlockPublicPolicy", flag(true)},
                 {"IgnorePublicAcls", flag(true)},
                 {"RestrictPublicBuckets", flag(true)}});
}

Value bucket_owner_owns() {
  const Value rule = object({{"ObjectOwnership", text("BucketOwnerEnforced")}});
  return object({{"Rules", list({rule})}});
}

Statement bucket_tls_only(const PlacementNames& names, const std::string& bucket) {
  const std::string arn = names.bucket_arn(bucket);
  return tls_only("s3:*", {text(arn), text(arn + "/*")});
}

}  // namespace cls::aws
