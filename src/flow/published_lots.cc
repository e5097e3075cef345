// SPDX-License-Identifier: Apache-2.0
#include "flow/published_lots.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "flow/lot_members.h"

namespace cls::flow {

std::uint64_t PublishedLots::print_of(const std::string& revision) {
  constexpr std::size_t digits = 16;
  std::uint64_t number = 0;
  const char* end = revision.data() + revision.size();
  const auto [read, error] = std::from_chars(revision.data(), end, number, 16);
  const bool is_number = error == std::errc() && read == end && revision.size() == digits;
  return is_number ? number : std::hash<std::string>()(revision);
}

void PublishedLots::add(const lot::LotId& lot, const std::string& revision, Instant ready) {
  const Entry entry{.lot = packed(lot), .revision = print_of(revision), .ready = ready};
  sorted_ = sorted_ && (entries_.empty() || entries_.back().lot < entry.lot);
  entries_.push_back(entry);
}

void PublishedLots::sort() {
  if (sorted_) return;
  std::ranges::stable_sort(entries_, {}, &Entry::lot);
  sorted_ = true;
}

std::optional<PublishedLots::Entry> PublishedLots::find(const lot::LotId& lot) {
  sort();
  const auto at = std::ranges::lower_bound(entries_, packed(lot), {}, &Entry::lot);
  return at == entries_.end() || at->lot != packed(lot) ? std::nullopt : std::optional(*at);
}

const std::vector<PublishedLots::Entry>& PublishedLots::entries() {
  sort();
  return entries_;
}

Result<> LedgerLots::read_on() {
  const bool skips_empty = boundary_.boundary->empty_lots == model::EmptyLots::skip;
  return log_.for_each_segment(
      [&](const record::Segment& segment) {
        last_ = segment.head.number;
        const Instant at = parse_instant(segment.head.at).value_or(Instant{});
        if (!began_) began_ = at;
        open_.add(segment, [&](const ClosedLot& closed) {
          const auto lot = lot::LotId::parse(closed.lot);
          if (!lot) return;
          if (closed.members.empty() && skips_empty) empty_.insert(*lot);
          lots_.add(*lot, ledger_revision(closed.members), at);
        });
      },
      last_ + 1);
}

}  // namespace cls::flow
