// SPDX-License-Identifier: Apache-2.0
#include "sim/queue.h"

#include <algorithm>

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

void SimNotes::spoil() {
  unsigned way = 0;
  for (auto& [uri, note] : notes_) {
    std::string& text = note.text;
    const auto word = text.find('\t') + 1;
    switch (++way % 5) {
      case 0:
        text.clear();
        break;
      case 1:
        text.insert(word, "un");  // no state
        break;
      case 2:
        text.insert(text.find('\t', word) + 1, "in");  // no result
        break;
      case 3:
        text.insert(0, "of ");  // no lot
        break;
      default:
        text.resize(word);  // a line of too few words
    }
  }
}

void SimQueue::push(const Item& item) {
  auto& lots = entries_[item.first];
  const auto [found, fresh] = lots.try_emplace(item.second);
  if (!found->second.taken_by.empty()) found->second.again = true;
  auto& most = most_[item.first];
  most = std::max(most, lots.size());
}

std::size_t SimQueue::most(const std::string& arc) const {
  const auto found = most_.find(arc);
  return found == most_.end() ? 0 : found->second;
}

std::size_t SimQueue::size(const std::string& arc) const {
  const auto found = entries_.find(arc);
  return found == entries_.end() ? 0 : found->second.size();
}

std::optional<SimQueue::Item> SimQueue::take(const std::string& by,
                                             const std::set<std::string>& arcs,
                                             const std::set<std::string>& ordered, Instant now) {
  for (auto& [arc, lots] : entries_) {
    if (!arcs.contains(arc)) continue;
    const bool in_order = ordered.contains(arc);
    for (auto& [lot, entry] : lots) {
      if (entry.taken_by.empty() && entry.due <= now) {
        entry.taken_by = by;
        entry.again = false;
        return Item(arc, lot);
      }
      if (in_order) break;  // the oldest alone may be taken
    }
  }
  return std::nullopt;
}

void SimQueue::done(const Item& item) {
  const auto lots = entries_.find(item.first);
  if (lots == entries_.end()) return;
  const auto found = lots->second.find(item.second);
  if (found == lots->second.end()) return;
  if (found->second.again) {
    found->second = {};
    return;
  }
  lots->second.erase(found);
  if (lots->second.empty()) entries_.erase(lots);
}

void SimQueue::later(const Item& item, Instant at) {
  auto& entry = entries_[item.first][item.second];
  entry = {.due = entry.again ? Instant{} : at, .taken_by = {}, .again = false};
}

void SimQueue::free_dead(const std::function<bool(const std::string&)>& lives) {
  for (auto& [arc, lots] : entries_) {
    for (auto& [lot, entry] : lots) {
      if (!entry.taken_by.empty() && !lives(entry.taken_by)) entry = {};
    }
  }
}

std::optional<Instant> SimQueue::next_due(const std::set<std::string>& arcs,
                                          const std::set<std::string>& ordered) const {
  std::optional<Instant> next;
  for (const auto& [arc, lots] : entries_) {
    if (!arcs.contains(arc)) continue;
    const bool in_order = ordered.contains(arc);
    for (const auto& [lot, entry] : lots) {
      const bool waits = entry.taken_by.empty();
      if (waits && (!next || entry.due < *next)) next = entry.due;
      if (in_order) break;
    }
  }
  return next;
}

bool SimQueue::empty_of(const std::set<std::string>& arcs) const {
  return std::ranges::none_of(entries_,
                              [&](const auto& entry) { return arcs.contains(entry.first); });
}

std::string SimQueue::to_string() const {
  std::string text;
  for (const auto& [arc, lots] : entries_) {
    for (const auto& [lot, entry] : lots) {
      text += arc + " " + lot.to_string() + " by '" + entry.taken_by + "' due " +
              format_instant_seconds(entry.due) + "; ";
    }
  }
  return text;
}

}  // namespace cls::sim
