// SPDX-License-Identifier: Apache-2.0
#include "local/intake.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/format.h"
#include "flow/deploy.h"
#include "local/listing_source.h"
#include "local/scanner.h"

namespace cls::local {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds store_retry{5};
constexpr milliseconds unquiet_look{500};
/// How often an object that could not be read is looked at again: nothing tells of its mending.
constexpr seconds unreadable_look{2};
constexpr milliseconds longest_wait{60'000};
/// How often a scan that ends (`cls run`) looks again at files that are still being written.
constexpr int unquiet_looks = 3;

/// Passes publications on; many of them are no standstill of the serve loop either.
class BeatingEvents final : public flow::LotEvents {
 public:
  BeatingEvents(flow::LotEvents& events, Health& health, const Clock& clock)
      : events_(events), health_(health), clock_(clock) {}
  void available(const model::Placement& placement, const model::DatasetId& dataset,
                 const lot::LotId& lot) override {
    health_.beat(clock_.monotonic());
    events_.available(placement, dataset, lot);
  }

 private:
  flow::LotEvents& events_;
  Health& health_;
  const Clock& clock_;
};

}  // namespace

/// A boundary as it is served here.
struct Intake::Served {
  Served(const Services& services, flow::LedgerLog& log, flow::LotEvents& the_events,
         const std::string& by, std::unique_ptr<ObjectSource> the_source)
      : health(*services.health),
        clock(services.clock),
        events(the_events, health, clock),
        boundary(services.home.store(), services.clock, log, events, by, services.log),
        source(std::move(the_source)) {}

  ObjectSource::Known known() {
    return [this](const Uri& uri, const record::ObjectVersion& version) {
      health.beat(clock.monotonic());  // a long scan is no standstill
      return boundary.knows(uri, version);
    };
  }

  Health& health;
  const Clock& clock;
  BeatingEvents events;
  flow::Boundary boundary;
  std::unique_ptr<ObjectSource> source;
  std::set<std::string> unquiet;            // paths to look at again
  std::set<std::string> unreadable;         // the same, of which was complained
  bool scan_due = false;                    // everything, at the next turn
  bool failed = false;                      // the store did not take something: again
  bool polled = false;                      // changes cannot be watched
  bool disabled = false;                    // to be left once its sightings are stored
  std::chrono::nanoseconds scanned{};       // when, on the monotonic clock
  std::chrono::nanoseconds looked_again{};  // the same, of `unquiet`
  std::chrono::nanoseconds read_again{};    // the same, of `unreadable`
  std::optional<std::pair<std::uint64_t, std::uint64_t>> root_id;  // of the directory watched
};

Intake::Intake(Services services, const flow::Deployment& deployment, flow::LedgerLogs& logs,
               flow::LotEvents& events, std::string by, Complaints& complaints)
    : services_(std::move(services)),
      deployment_(deployment),
      logs_(logs),
      events_(events),
      by_(std::move(by)),
      complaints_(complaints) {}

Intake::~Intake() = default;

Result<bool> Intake::is_enabled(const flow::BoundaryRef& ref) {
  auto subscription = flow::read_subscription(
      services_.home.store(),
      ref.project->places.boundary_subscription(ref.project->plan.project, ref.boundary->name));
  if (!subscription) return pass(std::move(subscription));
  return *subscription && (*subscription)->enabled;
}

/// Files below a directory, which is made, or the listing of a bucket.
Result<std::unique_ptr<ObjectSource>> Intake::source_of(const flow::BoundaryRef& ref) {
  Home& home = services_.home;
  const Uri path = ref.boundary->dataset.path();
  // local_path names objects; the directory is where an object of the path would lie.
  auto inside = home.stores().local_path(path.child("object"));
  if (!inside && inside.error().code == FailureCode::Unsupported) {
    return std::make_unique<ListingSource>(home.store(), services_.clock, path);
  }
  if (!inside) return pass(std::move(inside));
  std::string directory = inside->substr(0, inside->rfind('/'));
  if (auto made = home.files().make_directories(directory); !made) return pass(std::move(made));
  return std::make_unique<Scanner>(home.files(), services_.clock, *ref.boundary,
                                   std::move(directory), path);
}

/// False for a boundary that has to be tried again; of which was complained, once.
bool Intake::open(const flow::BoundaryRef& ref) {
  const auto complain = [&](const Failure& failure) {
    services_.health->trouble(ref.to_string(), failure);
    note_damaged(ref, failure);
    const bool known = std::ranges::any_of(
        unopened_, [&](const auto& one) { return one.boundary == ref.boundary; });
    if (!known) {
      complaints_.add(format("{}: {}; it takes nothing in until this is mended", ref.to_string(),
                             failure.message),
                      ref.log_fields());
    }
    return false;
  };
  auto enabled = is_enabled(ref);
  if (!enabled) return complain(enabled.error());
  if (!*enabled) {
    services_.log.warning(format("{} is disabled: it takes nothing in", ref.to_string()),
                          ref.log_fields());
    return true;
  }
  auto source = source_of(ref);
  if (!source) return complain(source.error());
  auto served =
      std::make_unique<Served>(services_, logs_.of(ref), events_, by_, std::move(*source));
  if (auto started = served->boundary.start(); !started) return complain(started.error());
  services_.health->well(ref.to_string());
  for (const auto* kind : {"ledger", "subscription"}) {
    services_.metrics->damaged(kind, ref.to_string(), 0);
  }
  served_.push_back(std::move(served));
  report(*served_.back());
  if (watch_ != nullptr) watch_root(*served_.back());
  return true;
}

void Intake::start() {
  for (const auto& ref : deployment_.boundaries()) {
    services_.health->beat(services_.clock.monotonic());  // ledgers may be long
    if (!open(ref)) unopened_.push_back(ref);
  }
}

/// Of what cannot be read is complained once.
bool Intake::can_read_subscription(const flow::BoundaryRef& ref, const Result<bool>& enabled) {
  const std::string name = ref.to_string();
  const std::string subject = "subscription of " + name;
  if (enabled) {
    unread_.erase(name);
    services_.metrics->damaged("subscription", name, 0);
    services_.health->well(subject);
    return true;
  }
  services_.health->trouble(subject, enabled.error());
  note_damaged(ref, enabled.error());
  if (unread_.insert(name).second) {
    complaints_.add(format("{}: {}", subject, enabled.error().message), ref.log_fields());
  }
  return false;
}

void Intake::read_subscriptions() {
  for (const auto& ref : deployment_.boundaries()) {
    const auto is_this = [&](const flow::BoundaryRef& one) { return one.boundary == ref.boundary; };
    const auto enabled = is_enabled(ref);
    if (!enabled && std::ranges::any_of(unopened_, is_this)) continue;  // known, and tried again
    if (!can_read_subscription(ref, enabled)) continue;                 // it stays as it is
    const auto served = std::ranges::find_if(
        served_, [&](const auto& one) { return is_this(one->boundary.ref()); });
    if (served != served_.end()) {
      if (!*enabled && !(*served)->disabled) disable(**served);
      if (!*enabled || !(*served)->disabled) continue;
      served_.erase(served);  // enabled again before its sightings could be stored: seen anew
    }
    if (!*enabled) {
      if (std::erase_if(unopened_, is_this) > 0) services_.health->well(ref.to_string());
    } else if (std::ranges::none_of(unopened_, is_this)) {
      services_.log.info(format("{} is enabled", ref.to_string()), ref.log_fields());
      if (!open(ref)) unopened_.push_back(ref);
    }
  }
  close_disabled();
}

void Intake::disable(Served& served) {
  const auto& ref = served.boundary.ref();
  services_.log.info(format("{} is disabled: it takes nothing in", ref.to_string()),
                     ref.log_fields());
  served.disabled = true;
  report(served);
  const bool others = std::ranges::any_of(served_, [&](const auto& one) {
    return !one->disabled && one->source->root() == served.source->root();
  });
  const std::string& root = served.source->root();
  if (watch_ != nullptr && !others && !root.empty()) watch_->remove(root);
}

/// When an object was seen is stored before a disabled boundary is left; tried until that is done.
void Intake::close_disabled() {
  std::erase_if(served_, [this](const auto& served) {
    if (!served->disabled) return false;
    const bool had_failed = served->failed;
    const auto& ref = served->boundary.ref();
    const auto stored = served->boundary.store_arrivals();
    served->failed = !stored;
    if (stored) {
      services_.health->well(ref.to_string());
    } else {
      services_.health->trouble(ref.to_string(), stored.error());
    }
    if (!stored && !had_failed) {
      complaints_.add(format("{}: {}", ref.to_string(), stored.error().message), ref.log_fields());
    }
    return stored.has_value();
  });
}

void Intake::open_again() {
  const auto now = services_.clock.monotonic();
  if (unopened_.empty() || now - opened_ < store_retry) return;
  opened_ = now;
  std::erase_if(unopened_, [this](const auto& ref) { return open(ref); });
}

void Intake::take(Served& served, ScanResult found) {
  const std::string name = served.boundary.ref().to_string();
  for (const auto& [path, message] : found.unreadable) {
    if (!served.unreadable.insert(path).second) continue;
    complaints_.add(format("{}: {}; it is taken in once it can be read", name, message),
                    served.boundary.ref().log_fields());
  }
  served.unquiet.insert(found.unquiet.begin(), found.unquiet.end());
  auto taken = served.boundary.take(std::move(found.arrivals));
  served.failed = !taken;
  if (!taken) services_.health->trouble(name, taken.error());
  if (!taken) {
    complaints_.add(format("{}: {}", name, taken.error().message),
                    served.boundary.ref().log_fields());
  }
}

std::uint64_t Intake::scan_all(Progress* progress) {
  std::uint64_t arrivals = 0;
  std::uint64_t looked_at = 0;
  for (const auto& served : served_) {
    if (stopping_) break;
    served->unquiet.clear();
    const auto known = [&, knows = served->known()](const Uri& uri,
                                                    const record::ObjectVersion& version) {
      if (progress != nullptr) progress->tell("objects looked at", ++looked_at, 0);
      return knows(uri, version);
    };
    ScanResult found = served->source->scan(known);
    for (int look = 0; look < unquiet_looks && !found.unquiet.empty() && !stopping_; ++look) {
      services_.clock.sleep_for(std::max<std::chrono::nanoseconds>(
          served->boundary.ref().boundary->quiet, milliseconds(200)));
      const auto again = std::exchange(found.unquiet, {});
      ScanResult more = served->source->look({}, again, served->known());
      found.arrivals.append(more.arrivals);
      found.unreadable.merge(more.unreadable);
      found.unquiet = std::move(more.unquiet);
    }
    for (const auto& path : found.unquiet) {
      services_.log.warning(format("{} is still being written: left for the next run", path));
    }
    arrivals += found.arrivals.size();
    take(*served, std::move(found));
  }
  return arrivals;
}

void Intake::tick(flow::Boundary::Quiet quiet) {
  for (const auto& served : served_) {
    if (served->disabled) continue;
    const bool had_failed = served->failed;
    Result<> done;
    if (had_failed) done = served->boundary.take({});
    if (done) done = served->boundary.tick(quiet);
    served->failed = !done;
    if (done) {
      services_.health->well(served->boundary.ref().to_string());
    } else {
      services_.health->trouble(served->boundary.ref().to_string(), done.error());
      note_damaged(served->boundary.ref(), done.error());
    }
    report(*served);
    // Said once, not at every try.
    if (!done && !had_failed) {
      complaints_.add(format("{}: {}", served->boundary.ref().to_string(), done.error().message),
                      served->boundary.ref().log_fields());
    }
  }
}

/// A record of the boundary that cannot be read: its ledger waits for it to be mended.
void Intake::note_damaged(const flow::BoundaryRef& ref, const Failure& failure) {
  if (failure.code != FailureCode::Invalid) return;
  const bool ledger = failure.message.starts_with("ledger segment");
  services_.metrics->damaged(ledger ? "ledger" : "subscription", ref.to_string(), 1);
}

/// Says how the boundary stands.
void Intake::report(const Served& served) {
  const auto& ref = served.boundary.ref();
  const auto& log = logs_.of(ref);
  const auto closed = log.closed();
  const auto open = served.boundary.open_lots();
  Metrics::BoundaryNow now{.takes_in = !served.failed && !served.disabled,
                           .closed_lots = closed.count(),
                           .open_lots = open.size(),
                           .counts = log.counts(),
                           .last_closed_end = {},
                           .oldest_open_end = {}};
  if (const auto last = closed.last()) now.last_closed_end = last->end();
  for (const auto& lot : open) {
    if (!now.oldest_open_end || lot.end() < *now.oldest_open_end) now.oldest_open_end = lot.end();
  }
  services_.metrics->boundary(ref, now);
}

void Intake::seal() {
  for (const auto& served : served_) {
    auto sealed = served->boundary.seal();
    if (sealed) continue;
    complaints_.add(format("{}: {}", served->boundary.ref().to_string(), sealed.error().message),
                    served->boundary.ref().log_fields());
  }
}

void Intake::store_arrivals() {
  for (const auto& served : served_) {
    auto stored = served->boundary.store_arrivals();
    if (stored) continue;
    complaints_.add(format("{}: {}", served->boundary.ref().to_string(), stored.error().message),
                    served->boundary.ref().log_fields());
  }
}

std::vector<std::string> Intake::open_lots() const {
  std::vector<std::string> lots;
  for (const auto& served : served_) {
    for (const auto& lot : served->boundary.open_lots()) {
      lots.push_back(served->boundary.ref().to_string() + " " + lot.to_string());
    }
  }
  return lots;
}

void Intake::watch(DirectoryWatch& watch) {
  watch_ = &watch;
  for (const auto& served : served_) watch_root(*served);
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> Intake::root_id(const Served& served) {
  if (served.source->root().empty()) return std::nullopt;
  const auto status = services_.home.files().status(served.source->root(), true);
  if (!status || status->kind != FileKind::Directory) return std::nullopt;
  return std::pair{status->device, status->inode};
}

/// Watches the root as it is now; where that cannot be, it is scanned from time to time.
void Intake::watch_root(Served& served) {
  served.root_id = root_id(served);
  served.scan_due = true;
  if (served.source->root().empty()) {
    const Uri path = served.boundary.ref().boundary->dataset.path();
    return note_polled(served, format("{} is on S3, which tells of no changes", path.to_string()));
  }
  auto added = watch_->add(served.source->root());
  if (!added) return note_polled(served, added.error().message);
  if (std::exchange(served.polled, false) && notes_) {
    notes_->forget(by_, served.boundary.ref().to_string());
  }
}

/// Said once, in the log and for `cls status`.
void Intake::note_polled(Served& served, const std::string& why) {
  if (std::exchange(served.polled, true)) return;
  const auto& ref = served.boundary.ref();
  const std::string what =
      format("{}; it is scanned every {} s instead", why, ref.boundary->poll.count());
  services_.log.warning(what, ref.log_fields());
  try {
    if (!notes_) notes_.emplace(services_.home.database());
  } catch (const Error&) {  // an index: the log has said it
    return;
  }
  notes_->keep(by_, ref.to_string(), what);
}

void Intake::scan_again() {
  for (const auto& served : served_) served->scan_due = true;
}

void Intake::take_events(const std::vector<WatchEvent>& events) {
  struct Paths {
    std::vector<std::string> whole;
    std::vector<std::string> directories;
  };
  std::map<Served*, Paths> paths;
  for (const auto& event : events) {
    for (const auto& served : served_) {
      const bool mine = event.root == served->source->root() && !served->disabled;
      if (event.kind == WatchEventKind::Overflow) {
        served->scan_due = true;
      } else if (mine && event.kind == WatchEventKind::RootGone) {
        served->root_id.reset();  // made again by whoever writes there
      } else if (mine && event.kind == WatchEventKind::Unwatched) {
        note_polled(*served,
                    format("{} cannot be watched, so not all of {} can", event.path, event.root));
      } else if (mine && event.kind == WatchEventKind::Created) {
        served->unquiet.insert(event.path);  // unless its closing is told too
      } else if (mine) {
        auto& found = paths[served.get()];
        const bool whole = event.kind == WatchEventKind::Written;
        (whole ? found.whole : found.directories).push_back(event.path);
      }
    }
  }
  for (auto& [served, found] : paths) {
    for (const auto& path : found.whole) served->unquiet.erase(path);
    take(*served, served->source->look(found.whole, found.directories, served->known()));
  }
}

void Intake::look_again(Served& served) {
  const std::vector<std::string> again(served.unquiet.begin(), served.unquiet.end());
  served.unquiet.clear();
  take(served, served.source->look({}, again, served.known()));
}

/// What could not be read is looked at again; complained of again only once it could be read.
void Intake::read_again(Served& served) {
  const std::vector<std::string> again(served.unreadable.begin(), served.unreadable.end());
  ScanResult found = served.source->look({}, again, served.known());
  std::erase_if(served.unreadable,
                [&](const std::string& path) { return !found.unreadable.contains(path); });
  take(served, std::move(found));
}

void Intake::turn() {
  open_again();
  close_disabled();
  const auto now = services_.clock.monotonic();
  for (const auto& served : served_) {
    if (served->disabled) continue;
    // Removed or renamed, with or without what it lies in, and made again: no event tells of it.
    if (watch_ != nullptr && root_id(*served) != served->root_id) watch_root(*served);
    const bool poll_due =
        served->polled && now - served->scanned >= served->boundary.ref().boundary->poll;
    if (served->scan_due || poll_due) {
      served->scan_due = false;
      served->scanned = now;
      served->unquiet.clear();
      take(*served, served->source->scan(served->known()));
      services_.metrics->scanned(served->boundary.ref(), services_.clock.now());
    } else if (!served->unquiet.empty() && now - served->looked_again >= unquiet_look) {
      served->looked_again = now;
      look_again(*served);
    }
    if (!served->unreadable.empty() && now - served->read_again >= unreadable_look) {
      served->read_again = now;
      read_again(*served);
    }
  }
  tick(flow::Boundary::Quiet::Waited);
}

milliseconds Intake::next_wait() const {
  const Instant now = services_.clock.now();
  milliseconds wait = longest_wait;
  const auto within = [&](std::chrono::nanoseconds span) {
    wait = std::clamp(std::chrono::ceil<milliseconds>(span), milliseconds(0), wait);
  };
  if (!unopened_.empty()) within(store_retry);
  for (const auto& served : served_) {
    if (served->disabled) {
      within(store_retry);
      continue;
    }
    if (served->scan_due) return milliseconds(0);
    if (served->failed) within(store_retry);
    if (!served->unquiet.empty()) within(unquiet_look);
    // Also where changes are watched: that the root is still the one that is watched, no event
    // tells.
    within(served->boundary.ref().boundary->poll);
    if (!served->unreadable.empty()) within(unreadable_look);
    const auto due = served->boundary.next_due();
    if (due && !served->failed) within(*due - now);
  }
  return wait;
}

}  // namespace cls::local
