// SPDX-License-Identifier: Apache-2.0
// FaultyStore: wraps an ObjectStore and makes chosen calls fail, lose their reply or wait.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "store/object_store.h"

namespace cls::store {

/// The methods of ObjectStore.
enum class Operation : std::uint8_t {
  Get,
  GetPieces,
  Head,
  Put,
  PutIfAbsent,
  ReplaceIf,
  DeleteIf,
  Remove,
  CopyIfAbsent,
  CopyIf,
  List,
};
inline constexpr std::size_t operation_count = 11;

/// What is to go wrong in one call. The default is nothing.
struct Fault {
  enum class When : std::uint8_t {
    Never,
    BeforeEffect,  ///< fails; nothing happened
    AfterEffect,   ///< the reply is lost: it happened (or failed), and the caller is told `code`
  };
  When when = When::Never;
  FailureCode code = FailureCode::Unavailable;
  std::string message = "injected fault";
  /// Run before and after the effect, to wait or to let others act in between; may throw, as a
  /// crash at that point.
  std::function<void()> before_effect = {};
  std::function<void()> after_effect = {};
};

/// Asked once for each call, with the object's URI (of copies: the target, of list: the prefix).
using FaultPlan = std::function<Fault(Operation, const Uri&)>;

/// Thread-safe if the plan and the wrapped store are.
class FaultyStore final : public ObjectStore {
 public:
  /// `store` must outlive this one; without a plan nothing fails and calls are counted only.
  explicit FaultyStore(ObjectStore& store, FaultPlan plan = {})
      : store_(store), plan_(std::move(plan)) {}

  /// Replaces the plan; not while calls are under way.
  void set_plan(FaultPlan plan) { plan_ = std::move(plan); }
  /// How often `operation` was called so far, failed calls included.
  std::uint64_t calls(Operation operation) const;
  std::uint64_t all_calls() const;
  void reset_calls();

  Result<Object> get(const Uri& uri, const Range& range = {}) override;
  Result<ObjectInfo> get_pieces(const Uri& uri,
                                const std::function<void(std::string_view)>& take) override;
  Result<ObjectInfo> head(const Uri& uri) override;
  Result<std::string> put(const Uri& uri, std::string_view bytes) override;
  Result<std::string> put_if_absent(const Uri& uri, std::string_view bytes) override;
  Result<std::string> replace_if(const Uri& uri, std::string_view etag,
                                 std::string_view bytes) override;
  Result<> delete_if(const Uri& uri, std::string_view etag) override;
  Result<> remove(const Uri& uri, Durable durable = Durable::Now) override;
  Result<ObjectInfo> copy_if_absent(const Uri& from, const Uri& to) override;
  Result<ObjectInfo> copy_if(const Uri& from, const Uri& to, std::string_view etag) override;
  Result<ListPage> list(const ListRequest& request) override;

 private:
  template <class Call>
  auto run(Operation operation, const Uri& uri, Call&& call) -> decltype(call());

  ObjectStore& store_;
  FaultPlan plan_;
  std::array<std::atomic<std::uint64_t>, operation_count> calls_{};
};

}  // namespace cls::store
