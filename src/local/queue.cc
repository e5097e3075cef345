// SPDX-License-Identifier: Apache-2.0
#include "local/queue.h"

#include <algorithm>

namespace cls::local {

namespace {

std::int64_t nanoseconds(Instant at) {
  return at.time_since_epoch().count();
}

/// `'a','b'` with quotes doubled; only for names of arcs, which are few.
std::string quoted_list(const std::set<std::string>& texts) {
  std::string list;
  for (const auto& text : texts) {
    if (!list.empty()) list += ',';
    list += '\'';
    for (const char c : text) {
      if (c == '\'') list += '\'';
      list += c;
    }
    list += '\'';
  }
  return list;
}

/// A condition: the arc is in none of `ordered`, or the lot is its oldest.
std::string first_in_order(const std::set<std::string>& ordered) {
  if (ordered.empty()) return "true";
  return "(arc NOT IN (" + quoted_list(ordered) +
         ") OR lot = (SELECT min(other.lot) FROM queue AS other WHERE other.arc = queue.arc))";
}

}  // namespace

Result<> Queue::in_place() const {
  if (file_.in_place()) return {};
  return fail(FailureCode::NotFound, file_.gone());
}

Queue::Queue(const std::string& path, const Clock& clock, const DamagedIndex& damaged)
    : clock_(clock), file_(path, clock, damaged), database_(file_.database()) {
  database_.execute(
      "CREATE TABLE IF NOT EXISTS queue (arc TEXT NOT NULL, lot TEXT NOT NULL, lane INTEGER NOT "
      "NULL,"
      " due INTEGER NOT NULL, taken_by TEXT, again INTEGER NOT NULL DEFAULT 0,"
      " PRIMARY KEY (arc, lot)) WITHOUT ROWID");
  database_.execute(
      "CREATE INDEX IF NOT EXISTS queue_order ON queue (lane, lot) WHERE taken_by IS NULL");
}

void Queue::push(const std::vector<QueueItem>& items, Lane lane) {
  if (items.empty()) return;
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  // A publication makes a lot that waits for its back-off due at once: its sources may have
  // changed. What a sweep finds does not, or every sweep would end all back-off.
  Statement insert(database_,
                   "INSERT INTO queue (arc, lot, lane, due) VALUES (?1, ?2, ?3, ?4)"
                   " ON CONFLICT (arc, lot) DO UPDATE SET again = (taken_by IS NOT NULL),"
                   " lane = min(lane, ?3), due = CASE WHEN ?3 = 0 THEN min(due, ?4) ELSE due END");
  const auto now = nanoseconds(clock_.now());
  for (const auto& item : items) {
    insert.bind(1, item.arc)
        .bind(2, item.lot)
        .bind(3, static_cast<std::int64_t>(lane))
        .bind(4, now);
    insert.run();
  }
  transaction.commit();
}

std::optional<QueueItem> Queue::take(const std::string& by, const std::set<std::string>& arcs,
                                     const std::set<std::string>& ordered) {
  if (arcs.empty()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  const std::string sql =
      "SELECT arc, lot FROM queue WHERE taken_by IS NULL AND due <= ?1 AND arc IN (" +
      quoted_list(arcs) + ") AND " + first_in_order(ordered) + " ORDER BY lane, lot LIMIT 1";
  std::optional<QueueItem> item;
  {
    Statement select(database_, sql);
    select.bind(1, nanoseconds(clock_.now()));
    if (!select.step()) return std::nullopt;
    item = QueueItem{select.text(0), select.text(1)};
  }
  Statement update(database_,
                   "UPDATE queue SET taken_by = ?1, again = 0 WHERE arc = ?2 AND lot = ?3");
  update.bind(1, by).bind(2, item->arc).bind(3, item->lot).run();
  transaction.commit();
  return item;
}

bool Queue::done(const QueueItem& item) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  Statement remove(database_, "DELETE FROM queue WHERE arc = ?1 AND lot = ?2 AND again = 0");
  remove.bind(1, item.arc).bind(2, item.lot).run();
  const bool removed = database_.changes() > 0;
  Statement keep(database_,
                 "UPDATE queue SET taken_by = NULL, again = 0, due = ?3"
                 " WHERE arc = ?1 AND lot = ?2");
  keep.bind(1, item.arc).bind(2, item.lot).bind(3, nanoseconds(clock_.now())).run();
  transaction.commit();
  return removed;
}

void Queue::later(const QueueItem& item, Instant at) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  Statement update(database_,
                   "UPDATE queue SET taken_by = NULL, again = 0, due = ?3"
                   " WHERE arc = ?1 AND lot = ?2");
  update.bind(1, item.arc).bind(2, item.lot).bind(3, nanoseconds(at)).run();
  transaction.commit();
}

bool Queue::free_dead(const std::function<bool(const std::string& by)>& lives) {
  const std::lock_guard lock(mutex_);
  std::set<std::string> dead;
  {
    Statement owners(database_, "SELECT DISTINCT taken_by FROM queue WHERE taken_by IS NOT NULL");
    while (owners.step()) {
      if (!lives(owners.text(0))) dead.insert(owners.text(0));
    }
  }
  Statement update(database_, "UPDATE queue SET taken_by = NULL WHERE taken_by = ?1");
  for (const auto& owner : dead) update.bind(1, owner).run();
  return !dead.empty();
}

std::map<std::string, Queue::ArcDepth> Queue::depths(const std::set<std::string>& ordered) {
  const std::lock_guard lock(mutex_);
  Statement count(database_,
                  "SELECT arc, count(*), count(taken_by), sum(taken_by IS NULL AND due <= ?1)"
                  " FROM queue GROUP BY arc");
  count.bind(1, nanoseconds(clock_.now()));
  std::map<std::string, ArcDepth> depths;
  while (count.step()) {
    const auto taken = static_cast<std::uint64_t>(count.number(2));
    ArcDepth depth{.waiting = static_cast<std::uint64_t>(count.number(1)) - taken,
                   .taken = taken,
                   .due = static_cast<std::uint64_t>(count.number(3))};
    // One after another: at most the oldest is due, and only while none is taken.
    if (ordered.contains(count.text(0)))
      depth.due = std::min<std::uint64_t>(depth.due, taken == 0 ? 1 : 0);
    depths[count.text(0)] = depth;
  }
  return depths;
}

void Queue::forget_others(const std::set<std::string>& arcs) {
  const std::lock_guard lock(mutex_);
  Statement remove(database_,
                   "DELETE FROM queue WHERE taken_by IS NULL AND due < ?1 AND arc NOT IN (" +
                       quoted_list(arcs) + ")");
  remove.bind(1, nanoseconds(clock_.now() - std::chrono::days(1))).run();
}

Queue::Depth Queue::depth(const std::set<std::string>& arcs, const std::set<std::string>& ordered) {
  const std::lock_guard lock(mutex_);
  Depth depth;
  if (arcs.empty()) return depth;
  const std::string of_arcs = "arc IN (" + quoted_list(arcs) + ")";
  Statement count(database_,
                  "SELECT taken_by IS NULL, count(*) FROM queue WHERE " + of_arcs + " GROUP BY 1");
  while (count.step()) {
    auto& part = count.number(0) == 1 ? depth.waiting : depth.taken;
    part = static_cast<std::uint64_t>(count.number(1));
  }
  Statement next(database_, "SELECT due FROM queue WHERE taken_by IS NULL AND " + of_arcs +
                                " AND " + first_in_order(ordered) + " ORDER BY due LIMIT 1");
  if (next.step()) depth.next_due = Instant(std::chrono::nanoseconds(next.number(0)));
  return depth;
}

}  // namespace cls::local
