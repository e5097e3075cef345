// SPDX-License-Identifier: Apache-2.0
// Script: everything that will happen to a simulated world from outside, made of one seed: files,
// orders, faults. Each thing has a number, by which it can be left out (`--without`).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "flow/limits.h"
#include "model/plan.h"
#include "sim/effect.h"

namespace cls::sim {

using std::chrono::nanoseconds;

enum class StepKind : std::uint8_t {
  Put,           ///< a new file, or new bytes in one
  Delete,        ///< a file
  Kill,          ///< one process, wherever it is
  Restart,       ///< one process ends in good order and begins again
  PowerFailure,  ///< all processes, and what is not durable
  LoseQueue,     ///< the index is deleted, or what it notes of claims is garbled
  Clock,         ///< the wall clock jumps
  Redeploy,      ///< a changed project
  Disable,       ///< a boundary or an arc
  Enable,
  Retry,      ///< of all ended lots of an arc
  Replay,     ///< of a committed lot of an arc
  StoreDown,  ///< for a while no call of the store has an effect
  Destroy,    ///< the project is taken out of service, every other time with its records
  Others,     ///< another project wants one of its datasets
  Damage,     ///< somebody spoils a record, and puts it back after a while
  Older,      ///< an older tool publishes a lot of a dataset
  Meddle,     ///< somebody changes a record between two calls of another
  Rival,      ///< somebody deploys or destroys the project while the operator does
};
inline constexpr std::size_t step_count = 19;

/// The name of a damage that waits until a record of its kind is read.
inline constexpr const char* on_read = "on read";
/// The name of one that waits until the answer to a write is lost: what was written is spoiled
/// before its writer looks.
inline constexpr const char* on_lost_answer = "on lost answer";

/// One thing that happens at a time.
struct Step {
  unsigned number = 0;
  StepKind kind = StepKind::Put;
  nanoseconds at = {};
  std::string name = {};    ///< key below the path, or a boundary's or arc's name
  std::string bytes = {};   ///< Put
  nanoseconds amount = {};  ///< how old the file says it is; how far the clock jumps; how long
  unsigned which = 0;       ///< process, boundary, or choice among lots
};

/// One call of the store that goes wrong: the `occurrence`th of this effect.
struct StoreFault {
  unsigned number = 0;
  FaultKind kind = FaultKind::CrashBefore;
  Effect effect = Effect::Read;
  unsigned occurrence = 1;
};

enum class Message : std::uint8_t { Event, Notice };
enum class MessageFault : std::uint8_t { Lost, Doubled, Delayed };

/// One message that goes wrong; delayed ones are overtaken by others.
struct BusFault {
  unsigned number = 0;
  Message message = Message::Event;
  MessageFault kind = MessageFault::Lost;
  unsigned occurrence = 1;
};

/// What tells versions of a file apart.
enum class Versions : std::uint8_t {
  File,       ///< size, time and, where files are hashed, SHA-256
  ETag,       ///< size and ETag, as S3 lists objects
  VersionId,  ///< besides, an id of each, as S3 keeps them where that is switched on
};

/// Of the version that was written then.
std::string version_id(Instant modified);

/// What a process does that is asked to end in good order.
enum class Ending : std::uint8_t {
  Leave,  ///< as `cls up`: what has to be is stored
  Run,    ///< as `cls run`: takes in what is there, as if all quiet times were over
  Seal,   ///< and closes every lot
};

/// What the world is like all the time.
struct Settings {
  std::vector<model::ProjectPlan> projects =
      {};                                       ///< the first, and what it is changed to, in order
  std::vector<model::ProjectPlan> beside = {};  ///< deployed with the first, and never changed
  unsigned processes = 1;
  /// So many lots of the only process run at once, each in a fiber of its own, as threads do; 0:
  /// its own fiber works, between everything else.
  unsigned lanes = 0;
  bool one_host = true;       ///< one index, and processes that can tell who lives
  double pause_chance = 0.1;  ///< that another process comes between, per call
  std::size_t page = 1000;    ///< keys of a listing
  bool hashes = true;         ///< files are hashed when they are taken in
  Versions versions = Versions::File;
  Ending ending = Ending::Leave;
  flow::Limits limits = {};      ///< of all projects
  bool notices = true;           ///< new files are told; else they are found by scans
  nanoseconds poll = {};         ///< between scans
  nanoseconds sweep = {};        ///< between looks through all claims
  double failure_rate = 0;       ///< of attempts of workloads
  double final_rate = 0;         ///< of failures: not to be tried again
  double tolerated_rate = 0;     ///< of failures: the lot ends partial
  double comment_rate = 0;       ///< of attempts: sinks with a comment
  bool attempts_differ = false;  ///< each attempt writes an object of its own
  double empty_rate = 0;         ///< of attempts: sinks without a member
  nanoseconds work = {};         ///< what an attempt takes, at most
  bool since_now = false;        ///< arcs begin with what becomes ready after the deployment
  nanoseconds since = {};        ///< or so long after the start; 0: with all there is
  Instant start = {};
  nanoseconds length = {};           ///< until the world is healed
  nanoseconds outage_at = {};        ///< when all processes end …
  nanoseconds outage = {};           ///< … for so long; 0: never
  nanoseconds longest_healing = {};  ///< a world that then is not at rest never will be; 0: 12 h
  nanoseconds rest = {};             ///< a healed world may be at rest so soon; 0: after two sweeps
  std::uint64_t most_calls = 3'000'000;  ///< of the store
};

struct Script {
  std::uint64_t seed = 0;
  std::string family;
  Settings settings;
  std::vector<Step> steps;  ///< by time
  std::vector<StoreFault> store_faults;
  std::vector<BusFault> bus_faults;
  unsigned numbers = 0;  ///< all numbers are in [1, numbers]
};

/// The script without what has these numbers.
Script without(Script script, const std::set<unsigned>& numbers);

/// What one number stands for, for people.
std::string describe(const Script& script, unsigned number);

}  // namespace cls::sim

namespace cls::json {
template <>
inline constexpr auto names_of<sim::StepKind> =
    Names<sim::StepKind, sim::step_count>{{{sim::StepKind::Put, "put"},
                                           {sim::StepKind::Delete, "delete"},
                                           {sim::StepKind::Kill, "kill"},
                                           {sim::StepKind::Restart, "restart"},
                                           {sim::StepKind::PowerFailure, "power failure"},
                                           {sim::StepKind::LoseQueue, "lose queue"},
                                           {sim::StepKind::Clock, "clock"},
                                           {sim::StepKind::Redeploy, "redeploy"},
                                           {sim::StepKind::Disable, "disable"},
                                           {sim::StepKind::Enable, "enable"},
                                           {sim::StepKind::Retry, "retry"},
                                           {sim::StepKind::Replay, "replay"},
                                           {sim::StepKind::StoreDown, "store down"},
                                           {sim::StepKind::Destroy, "destroy"},
                                           {sim::StepKind::Others, "others"},
                                           {sim::StepKind::Damage, "damage"},
                                           {sim::StepKind::Older, "older"},
                                           {sim::StepKind::Meddle, "meddle"},
                                           {sim::StepKind::Rival, "rival"}}};
template <>
inline constexpr auto names_of<sim::Message> =
    Names<sim::Message, 2>{{{sim::Message::Event, "event"}, {sim::Message::Notice, "notice"}}};
template <>
inline constexpr auto names_of<sim::MessageFault> =
    Names<sim::MessageFault, 3>{{{sim::MessageFault::Lost, "lost"},
                                 {sim::MessageFault::Doubled, "doubled"},
                                 {sim::MessageFault::Delayed, "delayed"}}};
}  // namespace cls::json
