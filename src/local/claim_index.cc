// SPDX-License-Identifier: Apache-2.0
#include "local/claim_index.h"

#include <chrono>

namespace cls::local {

namespace {

/// So many notes are stored by one transaction: the queue waits for it.
constexpr std::size_t batch = 500;
/// A file that is younger may be changed once more within the tick of the clock that stamped it.
constexpr std::chrono::seconds settled{10};

}  // namespace

ClaimIndex::ClaimIndex(const std::string& path, const Clock& clock)
    : clock_(clock), database_(path) {
  database_.execute(
      "CREATE TABLE IF NOT EXISTS claims (uri TEXT PRIMARY KEY, size INTEGER NOT NULL,"
      " modified INTEGER NOT NULL, note TEXT NOT NULL) WITHOUT ROWID");
  find_.emplace(database_,
                "SELECT note FROM claims WHERE uri = ?1 AND size = ?2 AND modified = ?3");
}

ClaimIndex::~ClaimIndex() {
  flush();
}

std::optional<std::string> ClaimIndex::find(const store::ObjectInfo& info) {
  const std::lock_guard lock(mutex_);
  try {
    find_->bind(1, info.uri.to_string())
        .bind(2, static_cast<std::int64_t>(info.size))
        .bind(3, info.modified.time_since_epoch().count());
    std::optional<std::string> note;
    if (find_->step()) note = find_->text(0);
    find_->reset();
    return note;
  } catch (const Error&) {  // an index: the claim is read instead
    find_->reset();
    return std::nullopt;
  }
}

void ClaimIndex::keep(const store::ObjectInfo& info, const std::string& note) {
  if (clock_.now() - info.modified < settled) return;
  const std::lock_guard lock(mutex_);
  kept_.emplace_back(info, note);
  if (kept_.size() >= batch) store();
}

void ClaimIndex::flush() {
  const std::lock_guard lock(mutex_);
  store();
}

/// With mutex_ held.
void ClaimIndex::store() {
  const auto notes = std::exchange(kept_, {});
  if (notes.empty()) return;
  try {
    Transaction transaction(database_);
    Statement insert(database_,
                     "REPLACE INTO claims (uri, size, modified, note) VALUES (?1, ?2, ?3, ?4)");
    for (const auto& [info, note] : notes) {
      insert.bind(1, info.uri.to_string())
          .bind(2, static_cast<std::int64_t>(info.size))
          .bind(3, info.modified.time_since_epoch().count())
          .bind(4, note);
      insert.run();
    }
    transaction.commit();
  } catch (const Error&) {  // an index: these claims are read again the next time
    return;
  }
}

}  // namespace cls::local
