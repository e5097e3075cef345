// SPDX-License-Identifier: Apache-2.0
#include "flow/subscriber_check.h"

#include <algorithm>

#include "base/format.h"
#include "flow/conditional.h"
#include "flow/published_manifests.h"
#include "flow/sources.h"
#include "record/manifest.h"
#include "record/members.h"
#include "record/subscription.h"

namespace cls::flow {

namespace {

/// Claims that are looked at again together; so many in memory.
constexpr std::size_t suspects_limit = 1000;

bool finished(record::ClaimState state) {
  return state == record::ClaimState::committed || state == record::ClaimState::ended;
}

/// The claim's source of that role, if it is of that dataset: an earlier declaration may have had
/// another.
const record::ClaimSource* source_of(const record::Claim& claim, const std::string& role,
                                     const model::DatasetId& dataset) {
  const auto named = claim.sources.find(role);
  if (named == claim.sources.end()) return nullptr;
  const auto key = record::parse_manifest_key(named->second.manifest);
  return key && key->dataset == dataset ? &named->second : nullptr;
}

}  // namespace

void SubscriberCheck::violation(const std::optional<std::string>& arc, const std::string& lot,
                                const std::string& uri, std::string message) {
  findings_.add({.promise = 6,
                 .dataset = std::nullopt,
                 .arc = arc,
                 .lot = lot.empty() ? std::nullopt : std::optional(lot),
                 .uri = uri,
                 .message = std::move(message)});
}

void SubscriberCheck::read_records() {
  for (const auto& boundary : deployment_.boundaries()) {
    const auto& places = boundary.project->places;
    read_one(places.boundary_subscription(boundary.project->plan.project, boundary.boundary->name),
             true);
    read_one(places.dataset(boundary.boundary->dataset.id()), false);
  }
  for (const auto& arc : deployment_.arcs()) {
    const auto& places = arc.project->places;
    read_one(places.arc_subscription(arc.project->plan.project, arc.arc->name), true);
    for (const auto& [role, sink] : arc.arc->sinks) read_one(places.dataset(sink.id()), false);
  }
}

/// A record that is absent says nothing: what it would say has a default.
void SubscriberCheck::read_one(const Uri& uri, bool is_subscription) {
  const auto object = get_if_present(store_, uri);
  std::string trouble;
  if (!object) {
    trouble = object.error().message;
  } else if (*object && is_subscription) {
    const auto record = json::read_record<record::Subscription>((*object)->bytes);
    if (!record) {
      trouble = record.error().message;
    } else if (record->since && !parse_instant(*record->since)) {
      trouble = format("'since' is no time: {}", *record->since);
    }
  } else if (*object) {
    const auto record = json::read_record<record::OwnedDataset>((*object)->bytes);
    if (!record) trouble = record.error().message;
  }
  if (trouble.empty()) return;
  violation(std::nullopt, "", uri.to_string(),
            format("the record cannot be read: {}; restore it from a copy, or deploy the project "
                   "again",
                   trouble));
}

std::vector<ArcRef> SubscriberCheck::in_order() const {
  std::vector<ArcRef> ordered;
  std::vector<ArcRef> left = deployment_.arcs();
  const auto waits = [&](const ArcRef& arc) {
    return std::ranges::any_of(arc.arc->sources, [&](const auto& source) {
      const Producer producer =
          deployment_.producer_of(arc.project->plan.placement, source.second.id());
      const auto* sink = std::get_if<ArcSinkRef>(&producer);
      return sink != nullptr && sink->arc != arc &&
             std::ranges::find(left, sink->arc) != left.end();
    });
  };
  while (!left.empty()) {
    // Where arcs wait for one another, the first: what it reads is then not known as a whole.
    auto next = std::ranges::find_if_not(left, waits);
    if (next == left.end()) next = left.begin();
    const ArcRef arc = *next;
    left.erase(next);
    ordered.push_back(arc);
  }
  return ordered;
}

Result<> SubscriberCheck::list_foreign(const Deployed& consumer, const model::DatasetId& dataset,
                                       PublishedLots& lots) {
  return for_each_published(store_, consumer.places, dataset,
                            [&](const store::ObjectInfo& info, const record::ManifestKey& key) {
                              const auto lot = lot::LotId::parse(key.lot);
                              if (lot) lots.add(*lot, "", info.modified);
                            });
}

Result<SubscriberCheck::Published*> SubscriberCheck::published(const Deployed& consumer,
                                                               const model::DatasetId& dataset) {
  const auto [place, fresh] = datasets_.try_emplace({consumer.plan.placement, dataset});
  Published& found = place->second;
  if (!fresh) return &found;
  found.producer = deployment_.producer_of(consumer.plan.placement, dataset);
  if (const auto* boundary = std::get_if<BoundaryRef>(&found.producer)) {
    found.ledger = std::make_unique<LedgerLots>(store_, *boundary);
    // Promise 1 names the segment that cannot be read.
    found.whole = found.ledger->read_on().has_value();
  } else if (std::get_if<ArcSinkRef>(&found.producer) != nullptr) {
    found.whole = false;  // its claims should have been read before
  } else if (auto listed = list_foreign(consumer, dataset, found.lots); !listed) {
    return pass(std::move(listed));
  }
  return &found;
}

/// As read_subscription(), but writes nothing.
void SubscriberCheck::read_subscription_of(const ArcRef& arc) {
  subscription_ = {};
  const auto object = get_if_present(
      store_, arc.project->places.arc_subscription(arc.project->plan.project, arc.arc->name));
  if (!object || !*object) return;
  const auto record = json::read_record<record::Subscription>((*object)->bytes);
  if (!record) {
    subscription_.enabled = false;  // read_records() named it; nothing is said to be due
    return;
  }
  const auto since =
      record->since ? parse_instant(*record->since) : Result<Instant>((*object)->info.modified);
  subscription_ = {.enabled = record->enabled,
                   .since = since ? std::optional(*since) : std::nullopt};
}

Result<> SubscriberCheck::begin(const ArcRef& arc) {
  arc_ = arc;
  sources_.clear();
  claimed_ = {};
  suspects_.clear();
  due_ = 0;
  first_due_.reset();
  read_subscription_of(arc);
  for (const auto& [role, source] : arc.arc->sources) {
    auto found = published(*arc.project, source.id());
    if (!found) return pass(std::move(found));
    sources_.push_back({.role = role,
                        .dataset = source.id(),
                        .subscribed = source.subscribe,
                        .published = *found});
  }
  for (const auto& [role, sink] : arc.arc->sinks) {
    const auto& placement = arc.project->plan.placement;
    if (deployment_.subscribers_of(placement, sink.id()).empty()) continue;
    const Producer producer = deployment_.producer_of(placement, sink.id());
    const auto* own = std::get_if<ArcSinkRef>(&producer);
    if (own == nullptr || own->arc != arc || own->role != role) continue;
    Published& made = datasets_[{placement, sink.id()}];
    made.producer = producer;
    made.whole = true;
  }
  return {};
}

void SubscriberCheck::take(const StoredClaim& stored) {
  const auto lot = lot::LotId::parse(stored.claim.lot);
  if (!lot) return;
  claimed_.insert(*lot);
  note_sinks(stored, *lot);
  compare(stored, *lot);
  if (suspects_.size() >= suspects_limit) look_again();
}

void SubscriberCheck::note_sinks(const StoredClaim& stored, const lot::LotId& lot) {
  for (const auto& [role, sink] : arc_.arc->sinks) {
    const auto made = datasets_.find({arc_.project->plan.placement, sink.id()});
    const auto committed = stored.claim.sinks.find(role);
    if (made == datasets_.end() || committed == stored.claim.sinks.end()) continue;
    const auto* own = std::get_if<ArcSinkRef>(&made->second.producer);
    if (own == nullptr || own->arc != arc_ || own->role != role) continue;
    const auto key = record::parse_manifest_key(committed->second.manifest);
    if (!key || key->dataset != sink.id()) continue;
    const auto ready = parse_instant(stored.claim.committedAt.value_or(""));
    made->second.lots.add(lot, committed->second.revision, ready.value_or(Instant{}));
  }
}

void SubscriberCheck::compare(const StoredClaim& stored, const lot::LotId& lot) {
  auto& counts = findings_.promise(6);
  ++counts.lots;
  counts.checked = true;
  for (const auto& source : sources_) {
    const auto* named = source_of(stored.claim, source.role, source.dataset);
    if (named == nullptr) continue;
    ++counts.members;
    if (std::holds_alternative<ForeignProducer>(source.published->producer)) continue;
    const auto present = source.published->known().find(lot);
    if (present && present->revision == PublishedLots::print_of(named->revision)) continue;
    if (!present && !source.published->whole) continue;
    suspects_.push_back({stored, source.role});
  }
}

void SubscriberCheck::look_again() {
  for (const auto& suspect : suspects_) look_again_at(suspect);
  suspects_.clear();
}

void SubscriberCheck::look_again_at(const Suspect& suspect) {
  const auto again = read_claim(store_, suspect.claim.uri);
  if (!again || !*again || (*again)->etag != suspect.claim.etag) return;  // somebody works on it
  const auto source = std::ranges::find(sources_, suspect.role, &Source::role);
  const auto& claim = suspect.claim.claim;
  const auto lot = lot::LotId::parse(claim.lot).value();
  const auto& named = claim.sources.at(suspect.role);
  Published& published = *source->published;
  const std::string arc = arc_.to_string();
  if (published.ledger) {
    if (!published.ledger->read_on()) return;
    const auto present = published.known().find(lot);
    if (present && present->revision == PublishedLots::print_of(named.revision)) return;
    // What was claimed before this ledger closed the lot was closed by that of a former boundary.
    const auto began = parse_instant(claim.startedAt.value_or(""));
    const auto since = present ? std::optional(present->ready) : published.ledger->began();
    if (!began || !since || *began < *since) return;
    violation(arc, claim.lot, suspect.claim.uri.to_string(),
              present ? format("the claim names the revision {} of the source '{}', which the "
                               "ledger does not give: what is to be done cannot be told",
                               named.revision, suspect.role)
                      : format("the claim names a revision of the source '{}', whose ledger never "
                               "closed the lot",
                               suspect.role));
    return;
  }
  const auto* sink = std::get_if<ArcSinkRef>(&published.producer);
  const Made made = sink == nullptr ? Made::Unknown : made_by(*sink, lot, named.revision);
  // What is not subscribed to wakes nobody; nor does what the arc has now in another dataset.
  const bool wakes = source->subscribed && subscription_.enabled && published.known().find(lot);
  if (made == Made::Former && wakes && finished(claim.state)) tell_due(lot);
  if (made != Made::Never) return;
  violation(arc, claim.lot, suspect.claim.uri.to_string(),
            format("the claim names the revision {} of the source '{}', which {} never committed",
                   named.revision, suspect.role, sink->arc.to_string()));
}

/// What the producer has to do with a revision that a subscriber's claim names.
SubscriberCheck::Made SubscriberCheck::made_by(const ArcSinkRef& sink, const lot::LotId& lot,
                                               const std::string& revision) {
  // It was taken as it stood there while no arc that is deployed made the dataset.
  if (is_foreign_revision(revision)) return Made::Former;
  const auto claim = read_claim(store_, claim_uri(sink.arc, lot));
  if (!claim || !*claim) return Made::Unknown;  // or an older tool's lot
  const auto committed = (*claim)->claim.sinks.find(sink.role);
  if (committed != (*claim)->claim.sinks.end() && committed->second.revision == revision) {
    return Made::Present;
  }
  const auto& project = *sink.arc.project;
  const Uri prefix = project.places.members_prefix(project.plan.project, sink.arc.arc->name, lot);
  Made made = Made::Never;
  auto listed = store::for_each_object(store_, prefix, [&](const store::ObjectInfo& info) {
    const auto object = store_.get(info.uri);
    auto file = object ? record::read_members(object->bytes)
                       : Result<record::MembersFile>(fail(FailureCode::NotFound, ""));
    if (!file) {
      if (made == Made::Never) made = Made::Unknown;
      return;
    }
    file->lines.erase_if(
        [&](const auto& line) { return line.role != sink.role || line.vanished.has_value(); });
    if (record::content_revision(file->lines) == revision) made = Made::Former;
  });
  return listed ? made : Made::Unknown;
}

void SubscriberCheck::tell_due(const lot::LotId& lot) {
  if (due_++ == 0) first_due_ = lot;
  if (!options_.settled) return;
  violation(arc_.to_string(), lot.to_string(), claim_uri(arc_, lot).to_string(),
            "the lot is due and nobody took it: its sources are published, and no claim names "
            "these revisions; cls run takes it");
}

/// The lots that all subscribed sources have published, without a claim.
void SubscriberCheck::judge_untaken() {
  const auto first = std::ranges::find_if(sources_, &Source::subscribed);
  if (first == sources_.end()) return;
  auto& counts = findings_.promise(6);
  for (const auto& entry : first->published->known().entries()) {
    const auto lot = unpacked(entry.lot);
    if (first->published->skips(lot)) continue;
    if (claimed_.contains(lot) || !options_.covers(lot)) continue;
    Instant ready = entry.ready;
    const bool is_ready = std::ranges::all_of(sources_, [&](const Source& source) {
      if (!source.subscribed) return true;
      const auto present = source.published->known().find(lot);
      if (present) ready = std::max(ready, present->ready);
      return present.has_value() && !source.published->skips(lot);
    });
    if (!is_ready) continue;
    ++counts.lots;
    counts.checked = true;
    if (!subscription_.enabled || (subscription_.since && ready < *subscription_.since)) continue;
    const auto claim = read_claim(store_, claim_uri(arc_, lot));
    if (claim && !*claim) tell_due(lot);
  }
}

void SubscriberCheck::end() {
  look_again();
  judge_untaken();
  if (due_ == 0) return;
  findings_.note(format("{}: {} due and not taken yet, the first is {}; cls run or cls up takes {}",
                        arc_.to_string(), due_ == 1 ? "1 lot is" : format("{} lots are", due_),
                        first_due_->to_string(), due_ == 1 ? "it" : "them"));
}

}  // namespace cls::flow
