// SPDX-License-Identifier: Apache-2.0
#include "store/faulty_store.h"

#include "base/format.h"

namespace cls::store {

template <class Call>
auto FaultyStore::run(Operation operation, const Uri& uri, Call&& call) -> decltype(call()) {
  ++calls_.at(static_cast<std::size_t>(operation));
  const Fault fault = plan_ ? plan_(operation, uri) : Fault{};
  const auto failure = [&] {
    return fail(fault.code, format("{}: {}", uri.to_string(), fault.message));
  };
  if (fault.before_effect) fault.before_effect();
  if (fault.when == Fault::When::BeforeEffect) return failure();
  auto result = call();
  if (fault.after_effect) fault.after_effect();
  if (fault.when == Fault::When::AfterEffect) return failure();
  return result;
}

std::uint64_t FaultyStore::calls(Operation operation) const {
  return calls_.at(static_cast<std::size_t>(operation));
}

std::uint64_t FaultyStore::all_calls() const {
  std::uint64_t sum = 0;
  for (const auto& count : calls_) sum += count;
  return sum;
}

void FaultyStore::reset_calls() {
  for (auto& count : calls_) count = 0;
}

Result<Object> FaultyStore::get(const Uri& uri, const Range& range) {
  return run(Operation::Get, uri, [&] { return store_.get(uri, range); });
}

Result<ObjectInfo> FaultyStore::get_pieces(const Uri& uri,
                                           const std::function<void(std::string_view)>& take) {
  return run(Operation::GetPieces, uri, [&] { return store_.get_pieces(uri, take); });
}

Result<ObjectInfo> FaultyStore::head(const Uri& uri) {
  return run(Operation::Head, uri, [&] { return store_.head(uri); });
}

Result<std::string> FaultyStore::put(const Uri& uri, std::string_view bytes) {
  return run(Operation::Put, uri, [&] { return store_.put(uri, bytes); });
}

Result<std::string> FaultyStore::put_if_absent(const Uri& uri, std::string_view bytes) {
  return run(Operation::PutIfAbsent, uri, [&] { return store_.put_if_absent(uri, bytes); });
}

Result<std::string> FaultyStore::replace_if(const Uri& uri, std::string_view etag,
                                            std::string_view bytes) {
  return run(Operation::ReplaceIf, uri, [&] { return store_.replace_if(uri, etag, bytes); });
}

Result<> FaultyStore::delete_if(const Uri& uri, std::string_view etag) {
  return run(Operation::DeleteIf, uri, [&] { return store_.delete_if(uri, etag); });
}

Result<> FaultyStore::remove(const Uri& uri, Durable durable) {
  return run(Operation::Remove, uri, [&] { return store_.remove(uri, durable); });
}

Result<ObjectInfo> FaultyStore::copy_if_absent(const Uri& from, const Uri& to) {
  return run(Operation::CopyIfAbsent, to, [&] { return store_.copy_if_absent(from, to); });
}

Result<ObjectInfo> FaultyStore::copy_if(const Uri& from, const Uri& to, std::string_view etag) {
  return run(Operation::CopyIf, to, [&] { return store_.copy_if(from, to, etag); });
}

Result<ListPage> FaultyStore::list(const ListRequest& request) {
  return run(Operation::List, request.prefix, [&] { return store_.list(request); });
}

}  // namespace cls::store
