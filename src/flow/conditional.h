// SPDX-License-Identifier: Apache-2.0
// Conditional writes with their answer resolved: a lost reply, and a conflict that answers a
// repeated request, are settled by reading back (design of the record protocol, docs/protocol.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/object_store.h"

namespace cls::flow {

/// What stands at the key after the attempt.
struct WriteOutcome {
  bool ours = false;  ///< the bytes we wanted to write are there
  std::string etag;
  std::string bytes;  ///< what is there when it is not ours
};

/// put_if_absent; the failure is one of the store that went on for all tries.
Result<WriteOutcome> put_or_read(store::ObjectStore& store, const Uri& uri, std::string_view bytes);

/// replace_if; `ours` false with empty bytes means the object is gone.
Result<WriteOutcome> replace_or_read(store::ObjectStore& store, const Uri& uri,
                                     std::string_view etag, std::string_view bytes);

/// How far steps of conditional writes came.
struct StepsOutcome {
  std::vector<std::vector<WriteOutcome>> steps;  ///< of those that are done
  std::optional<Failure> failure = {};           ///< of the store, in the step after them

  /// True if the steps up to this one are done and all their bytes are where they were wanted.
  bool ours(std::size_t step) const;
};

/// ObjectStore::write with every answer resolved as above. Ends after a step of which a write is
/// not ours.
StepsOutcome write_or_read(store::ObjectStore& store, std::vector<store::WriteStep> steps);

/// The failure for a body at `uri` that cannot be kept, because `kept` has other bytes.
tl::unexpected<Failure> cannot_keep(const Uri& uri, const Uri& kept);

/// get, with absence as a value: nullopt where there is no object.
Result<std::optional<store::Object>> get_if_present(store::ObjectStore& store, const Uri& uri);

}  // namespace cls::flow
