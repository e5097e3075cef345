// SPDX-License-Identifier: Apache-2.0
// PlainStore: the port of the store over a simulated disk, without any fault; or with one that
// breaks the port's contract, to see that it is found.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "json/names.h"
#include "sim/disk.h"
#include "store/object_store.h"

namespace cls::sim {

/// A port whose contract is broken, compiled in and switched on by `--port-bug`.
enum class PortBug : std::uint8_t {
  None,
  LostCondition,     ///< replace_if does not compare the ETag
  AbsentOverwrites,  ///< put_if_absent overwrites
  TornPut,           ///< half of an object is visible for a while, and after a crash
  StaleReads,        ///< get and head sometimes show what stood there before
  StaleListing,      ///< listings leave out what came since this process's first one
  LaterLost,         ///< what is durable later is lost when its process ends
  AnswerInvented,    ///< a write whose request was lost is reported as done
  DeadProbe,         ///< owners that live are said to be dead
  EarlyLeases,       ///< the monotonic clock jumps forward
};

/// Not thread-safe. Every operation is atomic and takes no time.
class PlainStore final : public store::ObjectStore {
 public:
  /// `stamp` gives the time of a write, another one each time.
  PlainStore(Disk& disk, int writer, std::function<Instant()> stamp, PortBug bug = PortBug::None)
      : disk_(disk), writer_(writer), stamp_(std::move(stamp)), bug_(bug) {}

  /// The change that the last write made; 0 where it made none.
  std::uint64_t last_change() const { return last_change_; }
  /// Whether the next writes are durable later.
  void set_later(bool later) { later_ = later; }
  /// By a broken port: the dice of whether it is broken this time.
  void set_dice(std::function<bool()> dice) { dice_ = std::move(dice); }
  /// Whether listings name ETags, as those of S3 do.
  void set_etags(bool listed) { etags_ = listed; }
  /// So many keys in a page of a listing.
  void set_page(std::size_t page) { page_ = page; }

  Result<store::Object> get(const Uri& uri, const store::Range& range = {}) override;
  Result<store::ObjectInfo> get_pieces(const Uri& uri,
                                       const std::function<void(std::string_view)>& take) override;
  Result<store::ObjectInfo> head(const Uri& uri) override;
  Result<std::string> put(const Uri& uri, std::string_view bytes) override;
  Result<std::string> put_if_absent(const Uri& uri, std::string_view bytes) override;
  Result<std::string> replace_if(const Uri& uri, std::string_view etag,
                                 std::string_view bytes) override;
  Result<> delete_if(const Uri& uri, std::string_view etag) override;
  Result<> remove(const Uri& uri, store::Durable durable = store::Durable::Now) override;
  Result<store::ObjectInfo> copy_if_absent(const Uri& from, const Uri& to) override;
  Result<store::ObjectInfo> copy_if(const Uri& from, const Uri& to, std::string_view etag) override;
  Result<store::ListPage> list(const store::ListRequest& request) override;

  /// Writes half of the bytes: what a port that is not atomic shows meanwhile.
  void put_half(const Uri& uri, std::string_view bytes);

 private:
  bool broken(PortBug bug) const { return bug_ == bug && (!dice_ || dice_()); }
  const Stored* present(const Uri& uri);
  std::string set(const Uri& uri, std::shared_ptr<const std::string> bytes);

  Disk& disk_;
  int writer_;
  std::function<Instant()> stamp_;
  PortBug bug_;
  std::function<bool()> dice_;
  bool later_ = false;
  bool etags_ = false;
  std::size_t page_ = 1000;
  std::uint64_t last_change_ = 0;
  std::map<Uri, Stored> former_;  ///< StaleReads: what stood there before this writer's put
  std::map<std::string, Instant> listed_;  ///< StaleListing: when a prefix was first listed
};

}  // namespace cls::sim

namespace cls::json {
template <>
inline constexpr auto names_of<sim::PortBug> =
    Names<sim::PortBug, 10>{{{sim::PortBug::None, "none"},
                             {sim::PortBug::LostCondition, "lost-condition"},
                             {sim::PortBug::AbsentOverwrites, "absent-overwrites"},
                             {sim::PortBug::TornPut, "torn-put"},
                             {sim::PortBug::StaleReads, "stale-reads"},
                             {sim::PortBug::StaleListing, "stale-listing"},
                             {sim::PortBug::LaterLost, "later-lost"},
                             {sim::PortBug::AnswerInvented, "answer-invented"},
                             {sim::PortBug::DeadProbe, "dead-probe"},
                             {sim::PortBug::EarlyLeases, "early-leases"}}};
}  // namespace cls::json
