// SPDX-License-Identifier: Apache-2.0
#include "work/data_keys.h"

#include <utility>

#include "base/format.h"

namespace cls::work {

FileName file_name_of(std::string_view key) {
  const auto slash = key.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? key : key.substr(slash + 1);
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {std::string(name), ""};
  return {std::string(name.substr(0, dot)), std::string(name.substr(dot))};
}

DataKeys::DataKeys(store::ObjectStore& store, model::OnConflict on_conflict, const lot::LotId& lot,
                   std::string_view attempt)
    : store_(store),
      on_conflict_(on_conflict),
      suffix_(format("~{}~{}", lot.to_string(), attempt)) {}

Uri DataKeys::beside(const Uri& wanted) const {
  Uri uri = wanted;
  uri.key.insert(uri.key.size() - file_name_of(uri.key).extension.size(), suffix_);
  return uri;
}

Result<std::optional<DataKeys::There>> DataKeys::look_at(const Uri& uri, std::uint64_t size,
                                                         const std::string& sha256) const {
  auto found = store_.head(uri);
  if (!found && found.error().code == FailureCode::NotFound) return std::optional<There>();
  if (!found) return pass(std::move(found));
  if (found->size != size) return std::optional(There{std::move(*found), std::nullopt});
  auto digested = digest_object(store_, uri);
  if (!digested && digested.error().code == FailureCode::NotFound) return std::optional<There>();
  if (!digested) return pass(std::move(digested));
  There there{digested->info, std::nullopt};
  if (digested->sha256 == sha256) there.same = std::move(*digested);
  return std::optional(std::move(there));
}

Result<std::optional<Digested>> DataKeys::already_there(const Uri& uri, std::uint64_t size,
                                                        const std::string& sha256) const {
  auto there = look_at(uri, size, sha256);
  if (!there) return pass(std::move(there));
  return *there ? std::move((*there)->same) : std::nullopt;
}

Result<DataPlaced> DataKeys::read_back(const Uri& uri, std::string expected) const {
  auto content = digest_object(store_, uri);
  if (!content) return pass(std::move(content));
  DataPlaced placed;
  placed.content = std::move(*content);
  placed.expected = std::move(expected);
  placed.written = true;
  return placed;
}

Result<DataPlaced> DataKeys::write_beside(const DataRequest& request, std::string expected) const {
  const Uri uri = beside(request.wanted);
  auto copied = store_.copy_if_absent(request.from, uri);
  // Only this attempt writes there: what is there came from a write whose reply was lost.
  if (!copied && copied.error().code != FailureCode::Conflict) return pass(std::move(copied));
  auto placed = read_back(uri, std::move(expected));
  if (placed) placed->wanted = request.wanted;
  return placed;
}

/// Nothing: what is recorded is not there any more.
Result<std::optional<DataPlaced>> DataKeys::write_over(const DataRequest& request) const {
  auto expected = request.sha256();
  if (!expected) return pass(std::move(expected));
  auto copied = store_.copy_if(request.from, request.wanted, *request.recorded);
  if (!copied && copied.error().code == FailureCode::Conflict) return std::optional<DataPlaced>();
  if (!copied) return pass(std::move(copied));
  auto placed = read_back(request.wanted, std::move(*expected));
  if (!placed) return pass(std::move(placed));
  placed->replaced = true;
  placed->superseded = request.recorded;
  return std::optional(std::move(*placed));
}

Result<Placing> DataKeys::place(const DataRequest& request) const {
  if (request.recorded) {
    auto over = write_over(request);
    if (!over) return pass(std::move(over));
    if (*over) return Placing(std::move(**over));
  }
  auto copied = store_.copy_if_absent(request.from, request.wanted);
  if (!copied && copied.error().code != FailureCode::Conflict) return pass(std::move(copied));
  auto expected = request.sha256();
  if (!expected) return pass(std::move(expected));
  if (copied) {
    auto placed = read_back(request.wanted, std::move(*expected));
    if (!placed) return pass(std::move(placed));
    return Placing(std::move(*placed));
  }
  auto there = look_at(request.wanted, request.size, *expected);
  if (!there) return pass(std::move(there));
  if (!*there) {
    return fail(FailureCode::Unavailable,
                format("{} was there, and is gone before it was read", request.wanted.to_string()));
  }
  return place_other(request, std::move(**there), std::move(*expected));
}

/// Where something is at the wanted key.
Result<Placing> DataKeys::place_other(const DataRequest& request, There there,
                                      std::string expected) const {
  if (there.same) {
    DataPlaced placed;
    placed.content = std::move(*there.same);
    placed.expected = std::move(expected);
    return Placing(std::move(placed));
  }
  if (on_conflict_ == model::OnConflict::replace) {
    return Placing(InTheWay{.uri = request.wanted,
                            .etag = std::move(there.info.etag),
                            .size = request.size,
                            .sha256 = std::move(expected)});
  }
  auto beside = write_beside(request, std::move(expected));
  if (!beside) return pass(std::move(beside));
  return Placing(std::move(*beside));
}

}  // namespace cls::work
