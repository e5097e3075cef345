// SPDX-License-Identifier: Apache-2.0
#include "flow/conditional.h"

#include <algorithm>

#include "base/format.h"

namespace cls::flow {

namespace {

constexpr int tries = 5;

Result<std::string> write_alone(store::ObjectStore& store, const store::Write& write) {
  return write.etag ? store.replace_if(write.uri, *write.etag, write.bytes)
                    : store.put_if_absent(write.uri, write.bytes);
}

bool can_be_resolved(const store::Write& write, FailureCode code) {
  return code == FailureCode::Conflict || code == FailureCode::Unavailable ||
         (write.etag && code == FailureCode::NotFound);
}

/// What became of a write whose first answer is `written`; tried again as long as nobody can tell.
Result<WriteOutcome> resolve(store::ObjectStore& store, const store::Write& write,
                             Result<std::string> written) {
  bool doubtful = false;
  for (int attempt = 1; !written; ++attempt) {
    Failure last = written.error();
    if (!can_be_resolved(write, last.code)) return tl::unexpected<Failure>(std::move(last));
    doubtful = doubtful || last.code == FailureCode::Unavailable;
    auto present = get_if_present(store, write.uri);
    if (!present) last = present.error();
    const bool is_there = present && *present;
    if (present && !is_there && write.etag) return WriteOutcome{};
    const bool ours = is_there && (*present)->bytes == write.bytes;
    const std::string etag = is_there ? (*present)->info.etag : "";
    if (ours && !doubtful) return WriteOutcome{true, etag, {}};
    if (is_there && !ours && (!write.etag || etag != *write.etag)) {
      return WriteOutcome{false, etag, std::move((*present)->bytes)};
    }
    if (attempt == tries) return tl::unexpected<Failure>(std::move(last));
    // What is there after a lost answer may not outlast a power failure; written once more, it
    // does.
    written = ours ? store.replace_if(write.uri, etag, write.bytes) : write_alone(store, write);
  }
  return WriteOutcome{true, std::move(*written), {}};
}

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
  const store::Write write{.uri = uri, .bytes = std::string(bytes)};
  return resolve(store, write, write_alone(store, write));
}

Result<WriteOutcome> replace_or_read(store::ObjectStore& store, const Uri& uri,
                                     std::string_view etag, std::string_view bytes) {
  const store::Write write{.uri = uri, .bytes = std::string(bytes), .etag = std::string(etag)};
  return resolve(store, write, write_alone(store, write));
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
        auto& result = results[done][i];
        auto resolved = resolve(store, steps[done][i], std::move(result));
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
