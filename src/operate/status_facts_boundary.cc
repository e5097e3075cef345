// SPDX-License-Identifier: Apache-2.0
// What the records say of a boundary, or what is remembered of them.
#include <algorithm>

#include "base/format.h"
#include "flow/closed_lots.h"
#include "operate/status_facts.h"
#include "operate/unread.h"

namespace cls::operate {

namespace {

/// Up to so many objects are listed each time, which finds also those that were rewritten in their
/// place; of more, only the directories are looked at.
constexpr std::uint64_t listed_at_most = 5000;

/// What decides which objects are unread, beside the ledger and the objects.
std::string place_of(const model::BoundaryPlan& boundary) {
  const auto& filter = boundary.filter;
  std::string text = format("{}\n{} {} {}", boundary.dataset.pathURI, boundary.hide_unfinished,
                            filter.ignoreCase, filter.pathSeparator);
  for (const auto* patterns : {&filter.includes, &filter.excludes}) {
    text += '\n';
    for (const auto& pattern : *patterns) text += pattern + '\t';
  }
  return text;
}

}  // namespace

/// What the listing for `unread` found, once it has succeeded.
struct StatusFacts::Objects {
  std::optional<ListingDigest> listing = {};
};

Result<> StatusFacts::read_ledger(flow::LedgerLog& log, BoundaryFacts& facts, Objects& objects) {
  UnreadObjects unread(sources_.store, *log.boundary().boundary);
  auto listed = unread.list(log);
  if (!listed && !is_of_record(listed.error())) return listed;
  if (!listed) {
    facts.problems.add({.subject = log.boundary().to_string(),
                        .lot = std::nullopt,
                        .message = format("its path cannot be listed: {}", listed.error().message),
                        .hint = "what is unread there is not counted"});
  }
  LedgerFacts& ledger = facts.ledger;
  flow::ClosedLots closing;
  const auto take = [&](const record::Segment& segment, const flow::ClosedLot& closed) {
    const auto lot = lot::LotId::parse(closed.lot);
    if (!lot || !window_.contains(*lot)) return;
    const auto at = parse_instant(segment.head.at);
    ledger.published.emplace_back(*lot, at ? *at : Instant{});
    ledger.count.members += closed.members.size();
    for (const auto& line : closed.members) ledger.count.bytes += line.object.size;
  };
  auto read = log.for_each_segment([&](const record::Segment& segment) {
    for (const auto& line : segment.lines) {
      unread.see(line);
      if (!ledger.last_arrival || *ledger.last_arrival < line.firstSeen) {
        ledger.last_arrival = line.firstSeen;
      }
    }
    closing.add(segment, [&](const flow::ClosedLot& closed) { take(segment, closed); });
  });
  std::ranges::sort(ledger.published);
  if (!read || !listed) return read;
  auto count = unread.count();
  if (!count) return pass(std::move(count));
  ledger.unread = *count;
  objects.listing = unread.listing();
  return {};
}

Result<> StatusFacts::read_boundary(const flow::BoundaryRef& boundary, BoundaryFacts& facts,
                                    Objects& objects) {
  flow::LedgerLog& log = sources_.logs.of(boundary);
  Result<> read;
  if (auto refreshed = log.refresh(); refreshed) {
    read = read_ledger(log, facts, objects);
  } else {
    read = pass(std::move(refreshed));
  }
  const auto counts = log.counts();
  facts.ledger.open_lots = log.open_lots().size();
  facts.ledger.rejected = counts.rejected;
  facts.ledger.late = counts.late;
  if (const auto last = log.closed().last()) facts.ledger.last_lot = last->to_string();
  if (read) return {};
  if (!is_of_record(read.error())) return read;
  facts.problems.add_damaged({.subject = boundary.to_string(),
                              .lot = std::nullopt,
                              .message = read.error().message,
                              .hint = "nothing is taken in until it can be read"});
  objects.listing.reset();
  return {};
}

Result<bool> StatusFacts::same_objects(const BoundaryMemory& former,
                                       const model::BoundaryPlan& boundary) {
  if (!former.is_listed) return sources_.notes->is_unchanged(former.objects);
  auto listing = digest_of_listing(sources_.store, boundary);
  if (listing) return listing->text() == former.objects;
  if (is_of_record(listing.error())) return false;
  return pass(std::move(listing));
}

Result<> StatusFacts::recall_boundary(const flow::BoundaryRef& boundary, BoundaryFacts& facts) {
  StatusNotes& notes = *sources_.notes;
  const Uri segments = boundary.project->places.segments_prefix(boundary.project->plan.project,
                                                                boundary.boundary->name);
  BoundaryMemory memory{.proof = {.looked = sources_.now,
                                  .stamps = {notes.stamp(segments), place_of(*boundary.boundary)}},
                        .objects = {},
                        .facts = {}};
  const std::string subject = "boundary " + segments.to_string();
  facts.stamp = memory.proof.stamps.front();
  if (auto former = recall<BoundaryMemory>(subject);
      former && !sources_.renew && former->proof.holds(memory.proof)) {
    auto same = same_objects(*former, *boundary.boundary);
    if (!same) return pass(std::move(same));
    if (*same) {
      facts.ledger = std::move(former->facts);
      return {};
    }
  }
  const auto tree = notes.tree_stamp(boundary.boundary->dataset.path());
  Objects objects;
  if (auto read = read_boundary(boundary, facts, objects); !read) return read;
  if (!objects.listing || !facts.stamp) return {};
  memory.is_listed = !tree || objects.listing->count() <= listed_at_most;
  memory.objects = memory.is_listed ? objects.listing->text() : *tree;
  memory.facts = facts.ledger;
  notes.keep(subject, memory.pack());
  return {};
}

Result<const BoundaryFacts*> StatusFacts::boundary(const flow::BoundaryRef& boundary) {
  auto& kept = boundaries_[boundary.boundary];
  if (kept) return kept.get();
  auto facts = std::make_unique<BoundaryFacts>();
  Objects objects;
  auto read = notes() == nullptr ? read_boundary(boundary, *facts, objects)
                                 : recall_boundary(boundary, *facts);
  if (!read) return pass(std::move(read));
  kept = std::move(facts);
  return kept.get();
}

}  // namespace cls::operate
