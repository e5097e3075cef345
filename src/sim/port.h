// SPDX-License-Identifier: Apache-2.0
// StorePort: the store as one process sees it: every call takes its time, lets others run, and may
// go wrong as the script says.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sim/world.h"
#include "store/object_store.h"

namespace cls::sim {

class StorePort final : public store::ObjectStore {
 public:
  StorePort(World& world, Process& process);

  Result<store::Object> get(const Uri& uri, const store::Range& range = {}) override;
  Result<store::ObjectInfo> get_pieces(const Uri& uri,
                                       const std::function<void(std::string_view)>& take) override;
  Result<store::ObjectInfo> head(const Uri& uri) override;
  Result<std::string> put(const Uri& uri, std::string_view bytes) override;
  Result<std::string> put_if_absent(const Uri& uri, std::string_view bytes) override;
  Result<std::string> replace_if(const Uri& uri, std::string_view etag,
                                 std::string_view bytes) override;
  std::vector<store::WriteResults> write(const std::vector<store::WriteStep>& steps) override;
  Result<> delete_if(const Uri& uri, std::string_view etag) override;
  Result<> remove(const Uri& uri, store::Durable durable = store::Durable::Now) override;
  Result<store::ObjectInfo> copy_if_absent(const Uri& from, const Uri& to) override;
  Result<store::ObjectInfo> copy_if(const Uri& from, const Uri& to, std::string_view etag) override;
  Result<store::ListPage> list(const store::ListRequest& request) override;

 private:
  /// What a call is.
  struct Call {
    Effect effect = Effect::Read;
    Uri uri;
    bool conditional = false;
    store::Durable durable = store::Durable::Now;
    bool in_group = false;            ///< then the group waits for the disk
    std::string_view bytes = {};      ///< of a write
    std::function<void()> torn = {};  ///< does a part of the group
  };

  Effect effect_of(const Uri& uri, std::string_view bytes, bool removes) const;
  Effect claim_effect(const Uri& uri, std::string_view bytes) const;
  Effect copy_effect(const Uri& to) const;
  static Effect read_effect(const Uri& uri);
  template <class Act>
  auto read(Effect effect, const Uri& uri, Act&& act) -> decltype(act());
  template <class Act>
  auto change(const Call& call, Act&& act) -> decltype(act());
  void before(const StoreFault* fault, const Call& call);
  void after(const StoreFault* fault, const Call& call);
  bool goes_down(const StoreFault* fault, const Call& call, bool took_effect);
  std::chrono::nanoseconds outage();
  const StoreFault* reach(const Call& call);
  void let_others();
  void be_slow(FaultKind kind);
  void crash(const StoreFault& fault, const Call& call);
  Result<std::string> write_one(const store::Write& write, bool in_group,
                                std::function<void()> torn);
  void tear(std::span<const store::Write> step);
  void put_in_halves(const Call& call);
  void settle();
  void trace(const Call& call, std::string_view verb, const std::string& result);

  World& world_;
  Process& process_;
  PlainStore plain_;
  unsigned calls_left_ = 0;  // until an outage; 0: none is coming
  Random dice_;
  std::uint64_t in_flight_ = 0;  // the last change that is not durable yet
};

}  // namespace cls::sim
