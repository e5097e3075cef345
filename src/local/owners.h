// SPDX-License-Identifier: Apache-2.0
// Who we are and whether another owner lives, on one machine.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/host.h"
#include "base/ulid.h"
#include "flow/claim_store.h"

namespace cls::local {

/// This process as an owner of claims, with a fresh ULID.
record::Owner make_owner(UlidSource& ids);

/// True unless an owner's id (`<host>:<boot>:<pid namespace>:<pid>:<start ticks>:<ULID>`) names a
/// process that cannot be seen to live here. A former owner of this very process is dead.
bool owner_lives(std::string_view id, const record::Owner& self);

/// Dead: same host, boot and pid namespace, and no process with that pid and start time; what is
/// left of the attempt's process group (in `<attempts>/<attempt>/group`) is killed first.
class LocalOwnerProbe final : public flow::OwnerProbe {
 public:
  /// `end_container` is called for an attempt of a dead owner, whose container may live on.
  LocalOwnerProbe(FileSystem& files, std::string attempts, record::Owner self,
                  std::function<void(const std::string& attempt)> end_container = {})
      : files_(files),
        attempts_(std::move(attempts)),
        self_(std::move(self)),
        end_container_(std::move(end_container)) {}
  Verdict probe(const record::Owner& owner, const std::string& attempt) override;

 private:
  FileSystem& files_;
  std::string attempts_;
  record::Owner self_;
  std::function<void(const std::string& attempt)> end_container_;
};

}  // namespace cls::local
