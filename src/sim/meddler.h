// SPDX-License-Identifier: Apache-2.0
// Meddler: what a process of another host does just before somebody's call of the store, between
// that one's reading and his writing. It does it whole, and by the engine's own code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/claim_store.h"
#include "sim/plain_store.h"
#include "sim/script.h"

namespace cls::sim {

class World;

/// A committed lot is to be worked off once more: its claim says so, and its sinks stay until then.
void replay_claim(store::ObjectStore& store, flow::StoredClaim committed);

class Meddler {
 public:
  Meddler(World& world, int writer);
  /// Something is done before the next call that it can be done before, or one of the next.
  void wait(const Step& step);
  void about_to_call(const Uri& uri, bool writes);
  /// The operator begins to deploy or destroy the project, or is done.
  void set_rivals(bool allowed) { rivals_allowed_ = allowed; }
  /// Waits for nothing any more, and takes back what it has deployed.
  void end();

 private:
  struct Waiting {
    Step step;
    unsigned calls = 0;  ///< that are left alone before
  };
  bool act(const Uri& uri, bool writes, const Step& step);
  void be_rival();
  bool meddle_with_lot(const Uri& uri, const Step& step);
  bool meddle_with_metadata(const Uri& uri, bool writes, const Step& step);
  bool take_dataset(const Uri& uri, const Step& step);
  std::optional<flow::ArcRef> arc_of(const std::string& owner) const;
  void give_back();

  World& world_;
  PlainStore store_;
  int writer_;
  std::vector<Waiting> waiting_;
  std::vector<Waiting> rivals_;
  bool rivals_allowed_ = false;
  bool deployed_ = false;  // the other project
};

}  // namespace cls::sim
