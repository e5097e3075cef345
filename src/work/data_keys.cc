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

Result<std::optional<Digested>> DataKeys::already_there(const Uri& uri, std::uint64_t size,
                                                        const std::string& sha256) const {
  const auto found = store_.head(uri);
  if (!found && found.error().code == FailureCode::NotFound) return std::optional<Digested>();
  if (!found) return tl::unexpected<Failure>(found.error());
  if (found->size != size) return std::optional<Digested>();
  auto digested = digest_object(store_, uri);
  if (!digested && digested.error().code == FailureCode::NotFound) return std::optional<Digested>();
  if (!digested) return pass(std::move(digested));
  if (digested->sha256 != sha256) return std::optional<Digested>();
  return std::optional(std::move(*digested));
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

Result<DataPlaced> DataKeys::write_over(const DataRequest& request, std::string expected) const {
  const auto present = store_.head(request.wanted);
  if (!present && present.error().code != FailureCode::NotFound) {
    return tl::unexpected<Failure>(present.error());
  }
  auto copied = store_.copy(request.from, request.wanted);
  if (!copied) return pass(std::move(copied));
  auto placed = read_back(request.wanted, std::move(expected));
  if (placed) {
    placed->replaced = true;
    if (present) placed->superseded = present->etag;
  }
  return placed;
}

Result<DataPlaced> DataKeys::place(const DataRequest& request) const {
  auto copied = store_.copy_if_absent(request.from, request.wanted);
  if (!copied && copied.error().code != FailureCode::Conflict) return pass(std::move(copied));
  auto expected = request.sha256();
  if (!expected) return pass(std::move(expected));
  if (copied) return read_back(request.wanted, std::move(*expected));
  auto there = already_there(request.wanted, request.size, *expected);
  if (!there) return pass(std::move(there));
  if (*there) {
    DataPlaced placed;
    placed.content = std::move(**there);
    placed.expected = std::move(*expected);
    return placed;
  }
  if (on_conflict_ == model::OnConflict::beside) return write_beside(request, std::move(*expected));
  return write_over(request, std::move(*expected));
}

}  // namespace cls::work
