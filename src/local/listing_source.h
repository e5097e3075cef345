// SPDX-License-Identifier: Apache-2.0
// ListingSource: the objects of a boundary whose bucket is on S3, found by listing it.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "local/object_source.h"
#include "store/object_store.h"

namespace cls::local {

/// An object of S3 is whole when it is listed: nothing is waited for. Its version is its size and
/// its ETag. A page of the listing is in memory at a time, and what is not known yet.
class ListingSource final : public ObjectSource {
 public:
  /// `path` is the boundary's; its key is empty or ends in `/`.
  ListingSource(store::ObjectStore& store, Clock& clock, Uri path)
      : store_(store), clock_(clock), path_(std::move(path)) {}

  const std::string& root() const override { return root_; }
  ScanResult scan(const Known& known) override;
  /// What could not be listed is listed again, whole.
  ScanResult look(const std::vector<std::string>& whole, const std::vector<std::string>& other,
                  const Known& known) override;

 private:
  store::ObjectStore& store_;
  Clock& clock_;
  Uri path_;
  std::string root_;
};

}  // namespace cls::local
