// SPDX-License-Identifier: Apache-2.0
// ClaimNotes: what a sweep remembers of claims that have ended, so that it need not read them
// again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "record/claim.h"
#include "store/object_store.h"

namespace cls::flow {

/// An index: it may forget anything, but what it gives back was read from an object of that URI,
/// size and modification time, which nobody changed in the same tick of the clock. One thread.
class ClaimNotes {
 public:
  virtual ~ClaimNotes() = default;
  virtual std::optional<std::string> find(const store::ObjectInfo& info) = 0;
  virtual void keep(const store::ObjectInfo& info, const std::string& note) = 0;
};

/// What a sweep has to know of a claim; nullopt for one that leaves something to do, whatever its
/// sources say.
std::optional<std::string> note_of(const record::Claim& claim);

/// As much of the claim as a note holds: lot, state, result, revisions of sources and sinks.
std::optional<record::Claim> claim_of(std::string_view note);

}  // namespace cls::flow
