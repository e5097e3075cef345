// SPDX-License-Identifier: Apache-2.0
#include "sim/family.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/format.h"
#include "base/time.h"
#include "sim/project_maker.h"
#include "sim/random.h"
#include "sim/recipe.h"

namespace cls::sim {

namespace {

using namespace std::chrono_literals;

/// What few worlds do often.
const std::vector rare_effects{
    Effect::ClaimSources,     Effect::ClaimOrder,     Effect::PublicReplace,
    Effect::KeptManifest,     Effect::ArcStateRemove, Effect::PrivateManifest,
    Effect::BoundaryManifest, Effect::ClaimEnd,       Effect::Overwrites};

const std::vector reads{Effect::Read,        Effect::ReadSegment,  Effect::ReadClaim,
                        Effect::ReadMembers, Effect::ReadManifest, Effect::ReadData};
const std::vector slow_reads{FaultKind::Slow, FaultKind::Stall, FaultKind::Outage};

/// Such that worlds of a few objects meet each of them.
constexpr flow::Limits small_limits{.segment_lines = 3,
                                    .segment_line_limit = 5,
                                    .append_tries = 2,
                                    .empty_lots_at_once = 1,
                                    .small_batch = 3,
                                    .gathered = 2,
                                    .cached_lines = 2,
                                    .hash_mask = 0x03C0'0000'0000'0000,  // 16 homes of one part
                                    .cached_lots = 2,
                                    .cached_bytes = 60,
                                    .group_lots = 2,
                                    .group_bytes = 250,
                                    .manifest_part = 2,
                                    .publish_tries = 2,
                                    .lost_attempts = 1,
                                    .source_tries = 2,
                                    .removed_at_once = 3};

/// Makes one script; the streams are one for each kind of choice.
class Maker {
 public:
  Maker(std::uint64_t seed, ScriptOptions options)
      : options_(std::move(options)),
        shape_(seed, "shape"),
        files_(seed, "files"),
        orders_(seed, "orders"),
        faults_(seed, "faults"),
        bus_(seed, "bus") {
    script_.seed = seed;
  }

  Script make() {
    choose();
    settings();
    script_.settings.projects = ProjectMaker(recipe_, shape_, unit_, options_.day).make();
    make_files();
    if (options_.faults && !options_.day) {
      make_orders();
      make_faults();
    }
    std::ranges::stable_sort(script_.steps, {}, &Step::at);
    script_.numbers = next_;
    return std::move(script_);
  }

 private:
  void choose() {
    const auto families = all_families();
    const Family& family = families[static_cast<std::size_t>(shape_.below(families.size()))];
    const auto named = std::ranges::find(families, options_.family, &Family::name);
    const Family& chosen = named == families.end() ? family : *named;
    script_.family = chosen.name;
    recipe_.arcs = static_cast<unsigned>(shape_.between(1, 4));
    recipe_.lots =
        static_cast<unsigned>(shape_.chance(0.1) ? shape_.between(30, 60) : shape_.between(5, 20));
    recipe_.redeploys = shape_.chance(0.2) ? 1 : 0;
    recipe_.toggles = shape_.chance(0.2) ? 1 : 0;
    recipe_.power = shape_.chance(0.2) ? 1 : 0;
    recipe_.queue = shape_.chance(0.2) ? 1 : 0;
    recipe_.clock = shape_.chance(0.1) ? 1 : 0;
    recipe_.replays = shape_.chance(0.2) ? 2 : 0;
    recipe_.downs = shape_.chance(0.2) ? 1 : 0;
    recipe_.meddles = shape_.chance(0.2) ? 4 : 0;
    if (shape_.chance(0.2)) recipe_.on_conflict = model::OnConflict::replace;
    if (shape_.chance(0.2)) recipe_.arrival = EventArrival::infrequent;
    recipe_.small = shape_.chance(0.2);
    if (shape_.chance(0.1)) recipe_.empty = model::EmptyLots::publish;
    if (shape_.chance(0.1)) recipe_.versions = Versions::ETag;
    if (shape_.chance(0.1)) recipe_.ending = Ending::Run;
    chosen.configure(recipe_);
    if (options_.day) {
      recipe_ = {.arcs = 5,
                 .lots = 288,
                 .files_per_lot = 1,
                 .late = 0,
                 .ahead = 0,
                 .again = 0,
                 .deleted = 0,
                 .failure_rate = 0};
    }
  }

  void settings() {
    Settings& world = script_.settings;
    world.processes = options_.day ? 1 : static_cast<unsigned>(shape_.between(1, 3));
    if (recipe_.revised) world.processes = 3;
    world.one_host = shape_.chance(0.6);
    world.pause_chance = options_.day ? 0.01 : shape_.pick(std::vector{0.02, 0.1, 0.3, 0.6});
    world.page = shape_.pick(std::vector<std::size_t>{3, 20, 1000, 1000});
    world.hashes = shape_.chance(0.7);
    world.versions = recipe_.versions;
    world.ending = recipe_.ending;
    if (recipe_.small) world.limits = small_limits;
    world.notices = shape_.chance(0.7);
    world.poll = shape_.chance(0.5) ? 30s : 150s;
    world.failure_rate = recipe_.failure_rate;
    world.final_rate = recipe_.final_rate;
    world.tolerated_rate = recipe_.tolerated_rate;
    world.comment_rate = shape_.chance(0.3) ? 0.3 : 0;
    world.attempts_differ = recipe_.attempts_differ || shape_.chance(0.1);
    world.empty_rate = recipe_.empty_rate;
    world.sweep = shape_.chance(0.7) ? 5min : 15min;
    world.work = shape_.pick(std::vector<nanoseconds>{0s, 5s, 40s, 150s});
    world.since_now = shape_.chance(0.15);
    // A little before midnight, so that lots of two days come.
    world.start = parse_instant("2023-02-28T22:00:00Z").value() + shape_.span(0s, 1h);
    if (options_.day) {
      world = {.processes = 1,
               .pause_chance = 0.01,
               .notices = true,
               .poll = 1h,
               .sweep = 2h,
               .work = 0s,
               .start = parse_instant("2023-02-28T00:00:00Z").value()};
    }
    unit_ = lot::LotUnit::twelfths();
    world.length = recipe_.lots * nanoseconds(unit_.duration());
    if (!options_.day && shape_.chance(0.1)) world.since = world.length / 3;
  }

  nanoseconds any_time(Random& random) const { return random.span(1s, script_.settings.length); }

  Step& add(StepKind kind, nanoseconds at) {
    script_.steps.push_back({.number = ++next_, .kind = kind, .at = at});
    return script_.steps.back();
  }

  /// A key whose name, or folder, the boundary leaves out.
  std::string hidden(const std::string& folder, const std::string& name) {
    if (files_.chance(0.1)) return ".folder/" + name;
    return folder + files_.pick(std::vector<std::string>{
                        "." + name, ".folder/" + name, "skip-" + name, name + ".tmp",
                        name + ".part", name + ".crdownload", name + "/"});
  }

  /// A name that has to be quoted, or encoded; one that no file system would take.
  std::string odd(const std::string& name) {
    if (files_.chance(0.08)) return std::string(files_.chance(0.5) ? 70'000 : 40'000, 'n') + name;
    return files_.pick(std::vector<std::string>{"a b " + name, "%20" + name, "\u00fc\u4e2d" + name,
                                                "+&=?#" + name, "\"q\"'" + name, "\\n" + name,
                                                "{x}" + name, name + "."});
  }

  /// A name that holds no time: none at all, or one that there is not.
  std::string untimed(const std::string& name) {
    return files_.pick(std::vector<std::string>{
        "no-time-" + name, "t-5-" + name, "t12x-" + name, "x--199990228T010203-" + name,
        "t99999999999-" + name, "t99999999999999999999999-" + name, "x-20230231T010203-" + name,
        "x-999990228T010203-" + name, "x-99999999999999999990228T010203-" + name});
  }

  /// The time that the boundary is to read in a key of this moment, and how the key says it.
  std::pair<Instant, std::string> told(unsigned boundary, Instant when) {
    std::string date =
        format_instant(when).substr(0, std::string_view("2023-02-28T22:00:00").size());
    std::erase_if(date, [](char c) { return c == '-' || c == ':'; });
    const auto& plan = script_.settings.projects.front().boundaries.at(boundary);
    if (plan.key_regex != hour_in_key) return {when, date};
    if (files_.chance(0.8)) return {std::chrono::floor<std::chrono::hours>(when), date};
    return {std::chrono::floor<std::chrono::days>(when), date.substr(0, date.find('T'))};
  }

  std::string new_key(unsigned boundary, unsigned number, nanoseconds at, nanoseconds shift) {
    std::string name = format("f{}-{}.csv", boundary, number);
    if (files_.chance(recipe_.odd)) name = odd(name);
    const std::string folder = files_.chance(0.1) ? "" : format("{}/", number % 3);
    if (recipe_.source != LotSource::keyTimestampRegex) {
      return files_.chance(recipe_.hidden) ? hidden(folder, name) : folder + name;
    }
    if (files_.chance(recipe_.untimed)) return folder + untimed(name);
    const auto [time, date] = told(boundary, script_.settings.start + at + shift);
    const auto epoch =
        std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    return format("{}t{}-{}-{}", folder, epoch, date, name);
  }

  /// How far the file's own time is from now: negative is before.
  nanoseconds shift() {
    const nanoseconds lot = unit_.duration();
    if (files_.chance(recipe_.late)) return -files_.span(lot / 2, lot * 4);
    if (files_.chance(recipe_.ahead)) return files_.span(lot / 2, lot * 4);
    return -files_.span(0s, 2s);
  }

  void make_files() {
    const auto count = static_cast<unsigned>(
        std::max(3.0, recipe_.files_per_lot * recipe_.lots * recipe_.boundaries));
    std::map<unsigned, std::vector<std::string>> keys;
    std::map<std::string, std::vector<std::string>> former;  // by key, what was written there
    for (unsigned i = 0; i < count; ++i) {
      const auto boundary = static_cast<unsigned>(files_.below(recipe_.boundaries));
      // In bursts: half of the files come with another.
      nanoseconds at =
          i > 0 && files_.chance(0.4) ? last_ + files_.span(1ms, 3s) : any_time(files_);
      if (options_.day) at = i * nanoseconds(unit_.duration()) + files_.span(10s, 200s);
      last_ = at;
      const nanoseconds shifted = shift();
      auto& known = keys[boundary];
      const bool again = !known.empty() && files_.chance(recipe_.again);
      const bool flutters = again && files_.chance(recipe_.flutter);
      if (flutters) last_ = at = last_ + files_.span(1ms, 40s);
      const std::string key = flutters ? known.back()
                              : again  ? files_.pick(known)
                                       : new_key(boundary, i, at, shifted);
      if (!again) known.push_back(key);
      auto& written = former[key];
      const bool same = again && files_.chance(recipe_.same);
      const std::string bytes = same ? files_.pick(written) : format("bytes {} of {}", i, key);
      written.push_back(bytes);
      Step& put = add(StepKind::Put, at);
      put.name = key;
      put.bytes = bytes;
      put.which = boundary;
      if (recipe_.source == LotSource::objectModifiedTime) put.amount = shifted;
      if (files_.chance(recipe_.deleted)) {
        Step& gone = add(StepKind::Delete, at + files_.span(1s, unit_.duration() * 3));
        gone.name = key;
        gone.which = boundary;
      }
    }
  }

  void several(StepKind kind, unsigned count, auto&& complete) {
    for (unsigned i = 0; i < count; ++i) {
      Step& step = add(kind, any_time(orders_));
      step.which = static_cast<unsigned>(orders_.below(1000));
      complete(step);
    }
  }

  void make_orders() {
    const auto none = [](Step&) {};
    const auto any_arc = [this](Step& step) {
      step.name = format("a{}", orders_.below(recipe_.arcs));
    };
    const auto of_process = [this](Step& step) { step.which %= script_.settings.processes; };
    several(StepKind::Kill, recipe_.kills, of_process);
    several(StepKind::Restart, recipe_.restarts, of_process);
    several(StepKind::PowerFailure, recipe_.power, none);
    several(StepKind::LoseQueue, recipe_.queue, none);
    several(StepKind::Redeploy, recipe_.redeploys, none);
    several(StepKind::Retry, recipe_.retries, any_arc);
    several(StepKind::Replay, recipe_.replays, [&](Step& step) {
      any_arc(step);
      // Few lots, so that one is replayed in each of the places where its arc has its sinks.
      if (recipe_.moved) step.which %= 3;
      if (!recipe_.revised) return;
      step.name = "a0";
      step.which %= 2;
      step.at = script_.settings.length / 2 + step.at / 10;
    });
    several(StepKind::StoreDown, recipe_.downs, [this](Step& step) {
      step.amount = orders_.chance(0.5) ? orders_.span(100ms, 10s) : orders_.span(10s, 4min);
    });
    several(StepKind::Clock, recipe_.clock, [this](Step& step) {
      step.amount = orders_.span(20s, 20min) * (orders_.chance(0.5) ? 1 : -1);
    });
    several(StepKind::Others, recipe_.others, none);
    several(StepKind::Damage, recipe_.damages, [this](Step& step) {
      step.amount = orders_.chance(0.5) ? orders_.span(1s, 30s) : orders_.span(30s, 10min);
      if (orders_.chance(0.7)) step.name = orders_.chance(0.8) ? on_read : on_lost_answer;
    });
    several(StepKind::Meddle, recipe_.meddles,
            [this](Step& step) { step.amount = orders_.span(1s, 5min); });
    several(StepKind::Older, recipe_.older, [this](Step& step) {
      step.name = older_name();
      step.which %= recipe_.lots + 2;
      step.amount = orders_.span(1s, 10min);
    });
    for (unsigned i = 0; i < recipe_.destroys; ++i) {
      Step& gone = add(StepKind::Destroy, any_time(orders_));
      gone.which = i % 2 + 2 * static_cast<unsigned>(orders_.below(2));
      const nanoseconds back = gone.at + orders_.span(10s, 20min);
      add(StepKind::Redeploy, back);
    }
    make_toggles();
    several(StepKind::Rival, 2 * (recipe_.redeploys + recipe_.destroys), none);
  }

  void make_toggles() {
    for (unsigned i = 0; i < recipe_.toggles; ++i) {
      const nanoseconds from = any_time(orders_);
      const std::string name = orders_.chance(0.5)
                                   ? format("b{}", orders_.below(recipe_.boundaries))
                                   : format("a{}", orders_.below(recipe_.arcs));
      add(StepKind::Disable, from).name = name;
      add(StepKind::Enable, from + orders_.span(1s, 20min)).name = name;
    }
  }

  /// What an older tool publishes a lot of: a dataset of its own, or one that has an owner.
  std::string older_name() {
    return orders_.chance(0.7) ? older_dataset : format("in{}", orders_.below(recipe_.boundaries));
  }

  /// Small numbers far more often: what is rare happens a few times in a world.
  void add_fault(FaultKind kind, Effect effect, unsigned most) {
    const auto occurrence = std::pow(static_cast<double>(most), faults_.real());
    script_.store_faults.push_back({.number = ++next_,
                                    .kind = kind,
                                    .effect = effect,
                                    .occurrence = static_cast<unsigned>(occurrence)});
  }

  void make_faults_of_revised() {
    for (int i = 0; i < 16; ++i) add_fault(FaultKind::Stall, Effect::ClaimTake, 100);
    // Each of the few that a world has.
    for (unsigned occurrence = 1; occurrence <= 4; ++occurrence) {
      script_.store_faults.push_back({.number = ++next_,
                                      .kind = static_cast<FaultKind>(faults_.below(fault_count)),
                                      .effect = Effect::ClaimSources,
                                      .occurrence = occurrence});
    }
  }

  /// Where few worlds go: what comes after much else.
  void make_later_faults() {
    // Bodies of which it is looked up who made them.
    for (unsigned i = 0; recipe_.moved && i < 10; ++i) {
      add_fault(faults_.chance(0.5) ? FaultKind::ErrorBefore : FaultKind::Outage,
                faults_.pick(std::vector{Effect::ReadMembers, Effect::ReadManifest, Effect::List,
                                         Effect::KeptManifest}),
                80);
    }
    // Lines wait, while more comes.
    const unsigned blocked = recipe_.blocked + (faults_.chance(0.3) ? 2 : 0);
    for (unsigned i = 0; i < blocked; ++i) {
      add_fault(FaultKind::Outage, Effect::Segment, 40);
    }
    // Commits that are published by others, while they are replaced.
    if (recipe_.replays > 5) {
      for (int i = 0; i < 5; ++i) {
        add_fault(faults_.chance(0.5) ? FaultKind::CrashAfter : FaultKind::Outage,
                  Effect::ClaimCommit, 20);
        add_fault(FaultKind::Stall, Effect::ReadManifest, 200);
      }
    }
    // Deep in the run, as reads and listings are frequent.
    for (int i = 0; i < 2; ++i) add_fault(faults_.pick(slow_reads), faults_.pick(reads), 300);
  }

  void make_faults() {
    const auto stores = faults_.below(recipe_.store_faults + 1);
    for (std::uint64_t i = 0; i < stores; ++i) {
      const bool rare = faults_.chance(0.25);
      const auto effect =
          rare ? faults_.pick(rare_effects) : static_cast<Effect>(faults_.below(effect_count));
      add_fault(static_cast<FaultKind>(faults_.below(fault_count)), effect, rare ? 2 : 32);
    }
    // Only where several lots are published at once it is a step that can be torn.
    for (int i = 0; i < 2; ++i) add_fault(FaultKind::CrashTorn, Effect::BoundaryManifest, 32);
    if (recipe_.revised) make_faults_of_revised();
    // In the middle of deploying, of destroying, and while that is read.
    const unsigned deploys = recipe_.destroys + recipe_.others + recipe_.redeploys;
    for (unsigned i = 0; i < 2 * deploys; ++i) {
      add_fault(static_cast<FaultKind>(faults_.below(fault_count)),
                faults_.pick(std::vector{Effect::Metadata, Effect::Metadata, Effect::Read,
                                         Effect::Read, Effect::Subscription}),
                120);
    }
    // Where few worlds go, and in what follows there.
    for (int i = 0; i < 2; ++i) {
      add_fault(FaultKind::Outage,
                faults_.pick(std::vector{Effect::ClaimBeat, Effect::ClaimCommit, Effect::ClaimTake,
                                         Effect::Members, Effect::KeptManifest, Effect::Segment}),
                8);
    }
    // Anywhere in the run, of which a world has some thousand reads and listings.
    for (unsigned i = 0; i < recipe_.read_faults; ++i) {
      script_.store_faults.push_back(
          {.number = ++next_,
           .kind = faults_.chance(0.7) ? FaultKind::ErrorBefore : faults_.pick(slow_reads),
           .effect = faults_.chance(0.8) ? faults_.pick(reads) : Effect::List,
           .occurrence = static_cast<unsigned>(1 + faults_.below(600))});
    }
    for (unsigned i = 0; i < recipe_.damages / 2; ++i) {
      add_fault(FaultKind::ErrorAfter, faults_.pick(rare_effects), 6);
    }
    make_later_faults();
    const auto messages = bus_.below(recipe_.bus_faults + 1);
    for (std::uint64_t i = 0; i < messages; ++i) {
      script_.bus_faults.push_back({.number = ++next_,
                                    .message = bus_.chance(0.5) ? Message::Event : Message::Notice,
                                    .kind = static_cast<MessageFault>(bus_.below(3)),
                                    .occurrence = static_cast<unsigned>(1 + bus_.below(12))});
    }
  }

  ScriptOptions options_;
  Random shape_;
  Random files_;
  Random orders_;
  Random faults_;
  Random bus_;
  Recipe recipe_;
  lot::LotUnit unit_;
  nanoseconds last_{};
  unsigned next_ = 0;
  Script script_;
};

}  // namespace

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const auto& family : all_families()) names.emplace_back(family.name);
  return names;
}

Script make_script(std::uint64_t seed, const ScriptOptions& options) {
  return Maker(seed, options).make();
}

std::string boundary_path(unsigned boundary) {
  return format("s3://data/in{}/", boundary);
}

std::string sink_path(unsigned arc) {
  return format("s3://data/out{}/", arc);
}

}  // namespace cls::sim
