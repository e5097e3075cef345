// SPDX-License-Identifier: Apache-2.0
// Outsider: what others than the engine and its operator do to the stores: files come and go,
// records are spoiled and put back, an older tool publishes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/disk.h"
#include "sim/script.h"

namespace cls::sim {

class World;

class Outsider {
 public:
  explicit Outsider(World& world) : world_(world) {}

  /// A file of a boundary is written or deleted.
  void put(const Step& step);
  /// Some record is spoiled, for a while: at once, or the next one of its kind that is read, just
  /// before that.
  void damage(const Step& step);
  void about_to_read(const Uri& uri);
  void answer_lost(const Uri& uri);
  void about_to_write(const Uri& uri);
  /// Puts back all that is spoiled.
  void mend_all();
  /// A lot of a dataset, as an older tool publishes it: where nothing stands.
  void publish(const Step& step);

 private:
  struct Spoiled {
    Stored original;
    std::string etag;  ///< of what stands in its place; empty: nothing
  };
  void write(const Uri& uri, const std::string& bytes, nanoseconds shift = {});
  void mend(const Uri& uri);
  void spoil(const Uri& uri, const Step& step);
  void change_older(const Uri& uri, const Step& step);
  void tell_of_older(const Uri& uri);
  bool is_irreplaceable(const Uri& uri) const;
  bool can_be_spoiled(const Uri& uri, std::string_view kind) const;
  void leave_note();
  void leave_strays(const std::string& dataset);

  World& world_;
  struct Waiting {
    Step step;
    unsigned reads = 0;  // that are left alone before
  };
  std::vector<Waiting> waiting_;        // damages of what is read next
  std::vector<Step> waiting_for_loss_;  // of what the next lost answer is about
  std::map<Uri, Spoiled> spoiled_;
  std::map<Uri, Step> away_;  // manifests of another tool that will be taken away
};

}  // namespace cls::sim
