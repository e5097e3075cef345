// SPDX-License-Identifier: Apache-2.0
#include "local/watch_notes.h"

namespace cls::local {

WatchNotes::WatchNotes(const std::string& path) : database_(path) {
  database_.execute(
      "CREATE TABLE IF NOT EXISTS watching (owner TEXT NOT NULL, boundary TEXT NOT NULL,"
      " why TEXT NOT NULL, PRIMARY KEY (owner, boundary)) WITHOUT ROWID");
}

void WatchNotes::keep(const std::string& by, const std::string& boundary, const std::string& why) {
  try {
    Statement insert(database_, "REPLACE INTO watching (owner, boundary, why) VALUES (?1, ?2, ?3)");
    insert.bind(1, by).bind(2, boundary).bind(3, why);
    insert.run();
  } catch (const Error&) {  // the log says it too
    return;
  }
}

void WatchNotes::forget(const std::string& by, const std::string& boundary) {
  try {
    Statement remove(database_, "DELETE FROM watching WHERE owner = ?1 AND boundary = ?2");
    remove.bind(1, by).bind(2, boundary);
    remove.run();
  } catch (const Error&) {  // it goes with its owner
    return;
  }
}

std::map<std::string, std::string> WatchNotes::of(
    const std::function<bool(const std::string& by)>& lives) {
  std::map<std::string, std::string> notes;
  std::map<std::string, bool> owners;
  try {
    Statement all(database_, "SELECT owner, boundary, why FROM watching");
    while (all.step()) {
      const std::string by = all.text(0);
      if (owners.try_emplace(by, false).second) owners[by] = lives(by);
      if (owners[by]) notes[all.text(1)] = all.text(2);
    }
    all.reset();
    for (const auto& [by, is_alive] : owners) {
      if (is_alive) continue;
      Statement remove(database_, "DELETE FROM watching WHERE owner = ?1");
      remove.bind(1, by);
      remove.run();
    }
  } catch (const Error&) {  // as on a read-only disk: what was read so far
    return notes;
  }
  return notes;
}

}  // namespace cls::local
