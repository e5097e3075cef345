// SPDX-License-Identifier: Apache-2.0
// Recipe: what a family of worlds decides; the rest follows from the seed.
#pragma once

#include <span>

#include "model/plan.h"
#include "sim/script.h"

namespace cls::sim {

using model::EventArrival;
using model::LotSource;

struct Recipe {
  LotSource source = LotSource::objectModifiedTime;
  EventArrival arrival = EventArrival::frequent;
  model::Lateness lateness = model::Lateness::nextLot;
  model::EmptyLots empty = model::EmptyLots::skip;
  model::Overwrites overwrites = model::Overwrites::accept;
  model::OnConflict on_conflict = model::OnConflict::beside;
  unsigned boundaries = 1;
  unsigned arcs = 2;
  unsigned lots = 10;
  unsigned max_ahead = 1;
  double files_per_lot = 1.5;
  double late = 0.1;      ///< of files whose time says an earlier lot
  double ahead = 0.02;    ///< and a later one
  double again = 0.15;    ///< of files: new bytes under a key that was there
  double same = 0.1;      ///< of those: bytes that were there before
  double flutter = 0.1;   ///< of those: soon after another of the same key
  double deleted = 0.03;  ///< of files
  double hidden = 0.03;   ///< of names: those that the boundary leaves out
  double odd = 0;         ///< of names: those with other characters than letters and digits
  double untimed = 0;     ///< of keys that say a time: those that say none
  double failure_rate = 0.1;
  double final_rate = 0.1;
  double tolerated_rate = 0.1;
  bool attempts_differ = false;
  double empty_rate = 0;
  unsigned kills = 1;
  unsigned restarts = 1;
  unsigned power = 0;
  unsigned queue = 0;
  unsigned clock = 0;
  unsigned redeploys = 0;
  unsigned toggles = 0;
  unsigned retries = 1;
  unsigned replays = 0;
  unsigned downs = 0;
  unsigned destroys = 0;
  unsigned others = 0;
  unsigned damages = 0;
  unsigned older = 0;
  unsigned meddles = 0;
  unsigned blocked = 0;  ///< times at which a process can store no segment for a while
  bool moved = false;    ///< redeploys give arcs other sinks, and take arcs away
  Versions versions = Versions::File;
  Ending ending = Ending::Leave;
  bool small = false;    ///< all limits are
  bool revised = false;  ///< the first arc's lots are replayed while the second one takes them
  unsigned store_faults = 8;
  unsigned bus_faults = 6;
  unsigned read_faults = 0;
};

struct Family {
  const char* name;
  void (*configure)(Recipe&);
};

/// All there are, in the order in which seeds pick them.
std::span<const Family> all_families();

}  // namespace cls::sim
