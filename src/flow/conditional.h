// SPDX-License-Identifier: Apache-2.0
// Conditional writes with their answer resolved: a lost reply, and a conflict that answers a
// repeated request, are settled by reading back (design of the record protocol, docs/protocol.md).
#pragma once

#include <string>
#include <string_view>

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

/// The failure for a body at `uri` that cannot be kept, because `kept` has other bytes.
tl::unexpected<Failure> cannot_keep(const Uri& uri, const Uri& kept);

/// get, with absence as a value: nullopt where there is no object.
Result<std::optional<store::Object>> get_if_present(store::ObjectStore& store, const Uri& uri);

}  // namespace cls::flow
