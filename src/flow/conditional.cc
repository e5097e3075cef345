// SPDX-License-Identifier: Apache-2.0
#include "flow/conditional.h"

#include "base/format.h"

namespace cls::flow {

namespace {

constexpr int tries = 5;

}  // namespace

tl::unexpected<Failure> cannot_keep(const Uri& uri, const Uri& kept) {
  return fail(FailureCode::Conflict,
              format("{} is to be replaced, but what is there cannot be kept: {} has other bytes; "
                     "move one of the two away",
                     uri.to_string(), kept.to_string()));
}

Result<std::optional<store::Object>> get_if_present(store::ObjectStore& store, const Uri& uri) {
  auto object = store.get(uri);
  if (object) return std::optional(std::move(*object));
  if (object.error().code == FailureCode::NotFound) return std::optional<store::Object>();
  return pass(std::move(object));
}

Result<WriteOutcome> put_or_read(store::ObjectStore& store, const Uri& uri,
                                 std::string_view bytes) {
  Failure last;
  for (int attempt = 0; attempt < tries; ++attempt) {
    auto written = store.put_if_absent(uri, bytes);
    if (written) return WriteOutcome{true, std::move(*written), {}};
    last = written.error();
    if (last.code != FailureCode::Conflict && last.code != FailureCode::Unavailable) break;
    auto present = get_if_present(store, uri);
    if (present && *present) {
      const bool ours = (*present)->bytes == bytes;
      return WriteOutcome{ours, (*present)->info.etag, ours ? "" : std::move((*present)->bytes)};
    }
    if (!present) last = present.error();
  }
  return tl::unexpected<Failure>(std::move(last));
}

Result<WriteOutcome> replace_or_read(store::ObjectStore& store, const Uri& uri,
                                     std::string_view etag, std::string_view bytes) {
  Failure last;
  for (int attempt = 0; attempt < tries; ++attempt) {
    auto written = store.replace_if(uri, etag, bytes);
    if (written) return WriteOutcome{true, std::move(*written), {}};
    last = written.error();
    const bool resolvable = last.code == FailureCode::Conflict ||
                            last.code == FailureCode::NotFound ||
                            last.code == FailureCode::Unavailable;
    if (!resolvable) break;
    auto present = get_if_present(store, uri);
    if (!present) {
      last = present.error();
      continue;
    }
    if (!*present) return WriteOutcome{};
    if ((*present)->bytes == bytes) return WriteOutcome{true, (*present)->info.etag, {}};
    if ((*present)->info.etag != etag) {
      return WriteOutcome{false, (*present)->info.etag, std::move((*present)->bytes)};
    }
  }
  return tl::unexpected<Failure>(std::move(last));
}

}  // namespace cls::flow
