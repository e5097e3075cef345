// SPDX-License-Identifier: Apache-2.0
#include "sim/recipe.h"

#include <array>

namespace cls::sim {

namespace {

constexpr std::array families{
    Family{"arrival", [](Recipe& r) { r.source = LotSource::arrivalTime; }},
    Family{"event", [](Recipe& r) { r.source = LotSource::eventTime; }},
    Family{"modified", [](Recipe&) {}},
    Family{"key",
           [](Recipe& r) {
             r.source = LotSource::keyTimestampRegex;
             r.untimed = 0.2;
           }},
    Family{"late", [](Recipe& r) { r.late = 0.5; }},
    Family{"reject",
           [](Recipe& r) {
             r.late = 0.4;
             r.lateness = model::Lateness::reject;
           }},
    Family{"infrequent", [](Recipe& r) { r.arrival = EventArrival::infrequent; }},
    Family{"collecting",
           [](Recipe& r) {
             r.arrival = EventArrival::infrequent;
             r.late = 0.5;
           }},
    Family{"empty",
           [](Recipe& r) {
             r.source = LotSource::arrivalTime;
             r.empty = model::EmptyLots::publish;
             r.files_per_lot = 0.5;
             r.redeploys = 3;
             r.kills = 3;
           }},
    Family{"ahead",
           [](Recipe& r) {
             r.source = LotSource::keyTimestampRegex;
             r.ahead = 0.4;
             r.max_ahead = 2;
           }},
    Family{"several",
           [](Recipe& r) {
             r.boundaries = 2;
             r.arcs = 4;
           }},
    Family{"chain", [](Recipe& r) { r.arcs = 5; }},
    Family{"beside", [](Recipe& r) { r.again = 0.6; }},
    Family{"replace",
           [](Recipe& r) {
             r.again = 0.6;
             r.on_conflict = model::OnConflict::replace;
           }},
    Family{"vanishing",
           [](Recipe& r) {
             r.again = 0.4;
             r.flutter = 0.4;
             r.deleted = 0.2;
           }},
    Family{"fluttering",
           [](Recipe& r) {
             r.files_per_lot = 4;
             r.again = 0.7;
             r.flutter = 0.8;
             r.late = 0.3;
             r.ahead = 0.1;
             r.max_ahead = 2;
             r.blocked = 12;
           }},
    Family{"waiting",
           [](Recipe& r) {
             r.versions = Versions::ETag;
             r.again = 0.7;
             r.same = 0.5;
             r.flutter = 0.8;
             r.late = 0.4;
             r.blocked = 12;
           }},
    Family{"filtered", [](Recipe& r) { r.hidden = 0.4; }},
    Family{"names", [](Recipe& r) { r.odd = 0.5; }},
    Family{"overwrites",
           [](Recipe& r) {
             r.again = 0.4;
             r.overwrites = model::Overwrites::fail;
           }},
    Family{"switched",
           [](Recipe& r) {
             r.source = LotSource::arrivalTime;
             r.toggles = 4;
           }},
    Family{"retry",
           [](Recipe& r) {
             r.failure_rate = 0.5;
             r.final_rate = 0.4;
             r.tolerated_rate = 0.3;
             r.retries = 6;
           }},
    Family{"replay",
           [](Recipe& r) {
             r.attempts_differ = true;
             r.empty_rate = 0.3;
             r.replays = 12;
           }},
    Family{"revised",
           [](Recipe& r) {
             r.arcs = 3;
             r.revised = true;
             r.attempts_differ = true;
             r.empty_rate = 0.1;
             r.replays = 25;
             r.failure_rate = 0;
           }},
    Family{"redeploy", [](Recipe& r) { r.redeploys = 3; }},
    Family{"power",
           [](Recipe& r) {
             r.power = 4;
             r.store_faults = 4;
           }},
    Family{"index",
           [](Recipe& r) {
             r.queue = 4;
             r.kills = 3;
           }},
    Family{"clock",
           [](Recipe& r) {
             r.clock = 3;
             r.source = LotSource::arrivalTime;
           }},
    Family{"unreadable",
           [](Recipe& r) {
             r.read_faults = 60;
             r.replays = 4;
           }},
    Family{"down",
           [](Recipe& r) {
             r.downs = 10;
             r.replays = 4;
           }},
    Family{"small",
           [](Recipe& r) {
             r.small = true;
             r.blocked = 6;
             r.files_per_lot = 5;
             r.again = 0.4;
             r.flutter = 0.5;
             r.kills = 3;
           }},
    Family{"etags",
           [](Recipe& r) {
             r.versions = Versions::ETag;
             r.again = 0.6;
             r.same = 0.5;
             r.flutter = 0.6;
           }},
    Family{"versions",
           [](Recipe& r) {
             r.versions = Versions::VersionId;
             r.again = 0.6;
             r.same = 0.5;
             r.flutter = 0.6;
           }},
    Family{"sealed",
           [](Recipe& r) {
             r.ending = Ending::Seal;
             r.restarts = 6;
           }},
    Family{"moved",
           [](Recipe& r) {
             r.moved = true;
             r.arcs = 2;
             r.redeploys = 6;
             r.replays = 40;
             r.retries = 6;
             r.attempts_differ = true;
           }},
    Family{"returned",
           [](Recipe& r) {
             r.moved = true;
             r.arcs = 2;
             r.redeploys = 6;
             r.replays = 40;
             r.empty_rate = 0.2;
             r.small = true;
             r.files_per_lot = 3;
             r.downs = 4;
           }},
    Family{"destroyed",
           [](Recipe& r) {
             r.destroys = 3;
             r.others = 3;
             r.damages = 8;
             r.power = 0;
           }},
    Family{"damaged",
           [](Recipe& r) {
             r.damages = 40;
             r.failure_rate = 0.3;
             r.redeploys = 3;
             r.others = 2;
             r.replays = 6;
             r.power = 0;
           }},
    Family{"older",
           [](Recipe& r) {
             r.older = 14;
             r.damages = 8;
             r.read_faults = 10;
             r.power = 0;
           }},
    Family{"meddled",
           [](Recipe& r) {
             r.meddles = 40;
             r.replays = 6;
             r.retries = 4;
             r.redeploys = 2;
             r.destroys = 1;
             r.toggles = 2;
             r.failure_rate = 0.3;
             r.attempts_differ = true;
           }},
    Family{"crashes",
           [](Recipe& r) {
             r.kills = 6;
             r.store_faults = 20;
           }},
};

}  // namespace

std::span<const Family> all_families() {
  return families;
}

}  // namespace cls::sim
