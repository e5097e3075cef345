// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/objects.h"

#include <algorithm>

namespace cls::user_scenario {

Uploads::Uploads(const Scenario& scenario) {
  for (const auto& store : scenario.ingressStores) {
    count_ += store.objectCount;
    if (store.objectCount > 0) due_.push_back({.store = &store});
  }
}

std::vector<Upload> Uploads::next() {
  if (due_.empty()) return {};
  const auto first = std::ranges::min(due_, {}, &Upload::after).after;
  std::vector<Upload> now;
  for (auto& upload : due_) {
    while (upload.after == first && upload.iteration <= upload.store->objectCount) {
      now.push_back(upload);
      ++upload.iteration;
      upload.after += std::chrono::seconds(upload.store->uploadDelaySec);
    }
  }
  std::erase_if(due_, [](const Upload& one) { return one.iteration > one.store->objectCount; });
  return now;
}

Uri uri_of(const Upload& upload, Instant now) {
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  // The format was checked when it was read.
  const auto name = NumberFormat::parse(upload.store->objectName, 2);
  return upload.store->uri.child(name->fill({upload.iteration, milliseconds}));
}

std::string bytes_of(const Lines& lines) {
  const auto line = NumberFormat::parse(lines.value, 1);
  std::string bytes;
  if (lines.header) bytes += *lines.header + "\n";
  for (std::uint32_t n = 1; n <= lines.numRecords; ++n) bytes += line->fill({n}) + "\n";
  return bytes;
}

Result<std::uint64_t> count_objects(store::ObjectStore& store, const Uri& prefix,
                                    std::uint64_t enough) {
  std::uint64_t count = 0;
  store::ListRequest request{.prefix = prefix};
  while (true) {
    const auto page = store.list(request);
    if (!page && page.error().code == FailureCode::NotFound) return count;
    if (!page) return fail(page.error().code, page.error().message);
    count += page->objects.size();
    if (!page->truncated || count >= enough) return count;
    request.start_after = page->next_start_after;
  }
}

}  // namespace cls::user_scenario
