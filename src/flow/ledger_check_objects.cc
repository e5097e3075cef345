// SPDX-License-Identifier: Apache-2.0
// The second half of promise 1: what lies below the boundary's path, against the log.
#include <algorithm>

#include "base/format.h"
#include "base/hash.h"
#include "flow/ledger_check.h"
#include "flow/left_out.h"

namespace cls::flow {

namespace {

/// An object may be this much older than a segment that does not have it: writers that are not
/// finished, clocks that differ a little.
constexpr std::chrono::seconds least_grace{5};

}  // namespace

Result<> LedgerCheck::look_at_objects() {
  std::uint64_t looked_at = 0;
  auto listed = store::for_each_object(
      store_, boundary_.boundary->dataset.path(), [&](const store::ObjectInfo& info) {
        // So many are in the log; there may be more, or fewer.
        if (options_.progress != nullptr) {
          options_.progress->tell("objects looked at", ++looked_at, last_.size());
        }
        look_at(info);
      });
  if (!listed && listed.error().code != FailureCode::NotFound) return listed;
  return {};
}

void LedgerCheck::look_at(const store::ObjectInfo& info) {
  const std::string uri = info.uri.to_string();
  Slot* slot = find(key(uri));
  if (slot == nullptr) {
    if (!left_out(*boundary_.boundary, path_key_, info.uri)) not_taken_in(info);
    return;
  }
  const Last last = slot->get();
  slot->set_seen(true);
  if (last.decision == record::Decision::filtered) return;
  if (last.in_lot && !options_.covers(last.lot)) return;
  std::string trouble;
  switch (compare(last, info, trouble)) {
    case Match::Same:
      return;
    case Match::Gone:
      slot->set_seen(false);  // deleted since it was listed
      return;
    case Match::Unreadable:
      violation(last.in_lot ? std::optional(last.lot.to_string()) : std::nullopt, uri,
                format("the object cannot be read: {}", trouble));
      return;
    case Match::Other:
      if (owed(last) && !last.followed) {
        broken_member(uri, last, "the object has other bytes than the member the manifest lists");
      } else {
        not_taken_in(info);
      }
  }
}

/// Compares what is there with a line; reads the bytes only where size and time do not decide.
LedgerCheck::Match LedgerCheck::compare(const Last& last, const store::ObjectInfo& info,
                                        std::string& trouble) {
  const CompactVersion& known = last.version;
  if (known.hash_kind != CompactVersion::Hash::VersionId && known.size != info.size) {
    return Match::Other;
  }
  const bool has_sha = known.hash_kind == CompactVersion::Hash::Sha256;
  const bool same_time =
      known.mtime != 0 && known.mtime == info.modified.time_since_epoch().count();
  if (same_time && !(options_.deep && has_sha)) return Match::Same;
  record::ObjectVersion present{.size = info.size,
                                .mtime = format_instant(info.modified),
                                .sha256 = std::nullopt,
                                .etag = std::nullopt,
                                .versionId = std::nullopt};
  if (has_sha) {
    Digest digest = Digest::sha256();
    auto read = store_.get_pieces(info.uri, [&](std::string_view piece) { digest.update(piece); });
    if (!read && read.error().code == FailureCode::NotFound) return Match::Gone;
    if (!read) {
      trouble = read.error().message;
      return Match::Unreadable;
    }
    present.size = read->size;
    present.sha256 = digest.hex();
  } else if (known.hash_kind == CompactVersion::Hash::ETag && !info.etag.empty()) {
    present.etag = info.etag;
  } else if (known.hash_kind == CompactVersion::Hash::ETag) {
    auto head = store_.head(info.uri);
    if (!head && head.error().code == FailureCode::NotFound) return Match::Gone;
    if (!head) {
      trouble = head.error().message;
      return Match::Unreadable;
    }
    present.size = head->size;
    present.etag = head->etag;
  } else if (known.hash_kind == CompactVersion::Hash::VersionId) {
    // The port does not tell version ids; that it is there with its size is all that can be seen.
    return known.size == info.size ? Match::Same : Match::Other;
  }
  return known.same_as(CompactVersion::of(present).shortened()) ? Match::Same : Match::Other;
}

/// True for what a published manifest lists and nothing later took the place of.
bool LedgerCheck::owed(const Last& last) const {
  return last.in_lot && last.decision == record::Decision::member && closed_.contains(last.lot) &&
         options_.covers(last.lot);
}

void LedgerCheck::broken_member(const std::string& uri, const Last& last, const std::string& what) {
  if (vanished_.contains(uri, last.version)) return;
  violation(last.lot.to_string(), uri, what);
}

/// Members that the listing did not show. The table knows no URIs: the log is read again for them.
void LedgerCheck::look_for_unlisted() {
  bool any = false;
  last_.for_each([&](const Slot& slot) { any = any || (!slot.is_seen() && owed(slot.get())); });
  if (!any) return;
  const std::uint64_t end = last_number_;
  auto read = log_.for_each_segment([&](const record::Segment& segment) {
    if (segment.head.number > end) return;
    for (const auto& line : segment.lines) {
      Slot* slot = find(key(line.uri));
      if (slot == nullptr || slot->is_seen()) continue;
      const Last last = slot->get();
      if (!owed(last)) continue;
      slot->set_seen(true);
      look_for(line.uri, last);
    }
  });
  // What cannot be read of the log was named when it was read first.
  static_cast<void>(read);
}

/// One more look at a member that is owed.
void LedgerCheck::look_for(const std::string& uri, const Last& last) {
  const auto place = Uri::parse(uri);
  if (!place)
    return violation(last.lot.to_string(), uri, format("the ledger names no URI: {}", uri));
  auto head = store_.head(*place);
  std::string trouble;
  const Match match = head                                         ? compare(last, *head, trouble)
                      : head.error().code == FailureCode::NotFound ? Match::Gone
                                                                   : Match::Unreadable;
  if (match == Match::Gone) {
    broken_member(uri, last, "the object is gone, and the manifest lists it; restore it");
  } else if (match == Match::Other) {
    broken_member(uri, last, "the object has other bytes than the member the manifest lists");
  } else if (match == Match::Unreadable) {
    violation(last.lot.to_string(), uri,
              format("the object cannot be read: {}", head ? trouble : head.error().message));
  }
}

void LedgerCheck::not_taken_in(const store::ObjectInfo& info) {
  const auto own = own_lot(info);
  if (own && !options_.covers(*own)) return;
  if (own && should_be_in(info, *own)) {
    violation(
        std::nullopt, info.uri.to_string(),
        "the object was never taken in: it is older than the newest ledger segment and its lot "
        "is over, but no line has this version; cls run takes it in, late");
    return;
  }
  if (waiting_++ == 0) first_waiting_ = info.uri.to_string();
}

std::optional<lot::LotId> LedgerCheck::own_lot(const store::ObjectInfo& info) const {
  const Arrival arrival{.uri = info.uri,
                        .version = {},
                        .modified = info.modified,
                        .event = info.modified,
                        .first_seen = info.modified};
  const auto lot = times_.own_lot(arrival);
  return lot ? std::optional(*lot) : std::nullopt;
}

bool LedgerCheck::should_be_in(const store::ObjectInfo& info, const lot::LotId& own) const {
  const auto& plan = *boundary_.boundary;
  const auto grace = std::max(plan.quiet, least_grace);
  if (!newest_ || info.modified + grace >= *newest_) return false;
  if (closed_.contains(own)) return true;
  // An infrequent boundary takes in at once; a frequent one holds objects until their lot closes,
  // so that only a segment written after that says anything.
  const bool frequent = plan.arrival == model::EventArrival::frequent;
  return own.end() + plan.settle + grace <= (frequent ? *newest_ : options_.now);
}

}  // namespace cls::flow
