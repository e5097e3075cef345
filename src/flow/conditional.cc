// SPDX-License-Identifier: Apache-2.0
#include "flow/conditional.h"

#include <algorithm>

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
    const bool doubtful = last.code == FailureCode::Unavailable;
    auto present = get_if_present(store, uri);
    if (!present) last = present.error();
    if (!present || !*present) continue;
    const bool ours = (*present)->bytes == bytes;
    if (!ours) return WriteOutcome{false, (*present)->info.etag, std::move((*present)->bytes)};
    if (!doubtful) return WriteOutcome{true, (*present)->info.etag, {}};
    // It is there, but may not outlast a power failure: written once more, it does.
    auto again = store.replace_if(uri, (*present)->info.etag, bytes);
    if (again) return WriteOutcome{true, std::move(*again), {}};
    last = again.error();
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
    if ((*present)->bytes == bytes) {
      if (last.code != FailureCode::Unavailable)
        return WriteOutcome{true, (*present)->info.etag, {}};
      // It is there, but may not outlast a power failure: written once more, it does.
      auto again = store.replace_if(uri, (*present)->info.etag, bytes);
      if (again) return WriteOutcome{true, std::move(*again), {}};
      last = again.error();
      continue;
    }
    if ((*present)->info.etag != etag) {
      return WriteOutcome{false, (*present)->info.etag, std::move((*present)->bytes)};
    }
  }
  return tl::unexpected<Failure>(std::move(last));
}

bool StepsOutcome::ours(std::size_t step) const {
  if (step >= steps.size()) return false;
  return std::all_of(
      steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(step) + 1,
      [](const auto& writes) { return std::ranges::all_of(writes, &WriteOutcome::ours); });
}

StepsOutcome write_or_read(store::ObjectStore& store, std::vector<store::WriteStep> steps) {
  StepsOutcome outcome;
  while (!steps.empty()) {
    auto results = store.write(steps);
    for (std::size_t done = 0; done < results.size(); ++done) {
      std::vector<WriteOutcome> writes;
      for (std::size_t i = 0; i < results[done].size(); ++i) {
        if (auto& result = results[done][i]) {
          writes.push_back({true, std::move(*result), {}});
          continue;
        }
        const auto& write = steps[done][i];
        auto resolved = write.etag ? replace_or_read(store, write.uri, *write.etag, write.bytes)
                                   : put_or_read(store, write.uri, write.bytes);
        if (!resolved) {
          outcome.failure = resolved.error();
          return outcome;
        }
        writes.push_back(std::move(*resolved));
      }
      outcome.steps.push_back(std::move(writes));
      if (!outcome.ours(outcome.steps.size() - 1)) return outcome;
    }
    steps.erase(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(results.size()));
  }
  return outcome;
}

}  // namespace cls::flow
