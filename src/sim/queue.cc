// SPDX-License-Identifier: Apache-2.0
#include "sim/queue.h"

namespace cls::sim {

std::optional<std::string> SimNotes::find(const store::ObjectInfo& info) {
  const auto found = notes_.find(info.uri);
  if (found == notes_.end() || found->second.size != info.size ||
      found->second.modified != info.modified) {
    return std::nullopt;
  }
  return found->second.text;
}

void SimNotes::keep(const store::ObjectInfo& info, const std::string& note) {
  if (clock_->now() - info.modified < std::chrono::seconds(10)) return;
  notes_[info.uri] = {info.size, info.modified, note};
}

void SimQueue::push(const Item& item) {
  const auto [found, fresh] = entries_.try_emplace(item);
  if (!found->second.taken_by.empty()) found->second.again = true;
}

std::optional<SimQueue::Item> SimQueue::take(const std::string& by,
                                             const std::set<std::string>& arcs,
                                             const std::set<std::string>& ordered, Instant now) {
  std::set<std::string> closed;  // ordered arcs whose oldest lot was seen
  for (auto& [item, entry] : entries_) {
    if (!arcs.contains(item.first) || closed.contains(item.first)) continue;
    if (ordered.contains(item.first)) closed.insert(item.first);
    if (!entry.taken_by.empty() || entry.due > now) continue;
    entry.taken_by = by;
    entry.again = false;
    return item;
  }
  return std::nullopt;
}

void SimQueue::done(const Item& item) {
  const auto found = entries_.find(item);
  if (found == entries_.end()) return;
  if (!found->second.again) {
    entries_.erase(found);
    return;
  }
  found->second = {};
}

void SimQueue::later(const Item& item, Instant at) {
  const auto found = entries_.find(item);
  const bool again = found != entries_.end() && found->second.again;
  entries_[item] = {.due = again ? Instant{} : at, .taken_by = {}, .again = false};
}

void SimQueue::free_dead(const std::function<bool(const std::string&)>& lives) {
  for (auto& [item, entry] : entries_) {
    if (!entry.taken_by.empty() && !lives(entry.taken_by)) entry = {};
  }
}

std::optional<Instant> SimQueue::next_due(const std::set<std::string>& arcs) const {
  std::optional<Instant> next;
  for (const auto& [item, entry] : entries_) {
    if (!arcs.contains(item.first) || !entry.taken_by.empty()) continue;
    if (!next || entry.due < *next) next = entry.due;
  }
  return next;
}

std::string SimQueue::to_string() const {
  std::string text;
  for (const auto& [item, entry] : entries_) {
    text += item.first + " " + item.second.to_string() + " by '" + entry.taken_by + "' due " +
            format_instant_seconds(entry.due) + "; ";
  }
  return text;
}

}  // namespace cls::sim
