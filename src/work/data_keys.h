// SPDX-License-Identifier: Apache-2.0
// DataKeys: under which key an object of a native workload is written. Rules: docs/workloads.md.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lot/lot_id.h"
#include "model/plan.h"
#include "store/object_store.h"
#include "work/source_version.h"

namespace cls::work {

/// The parts of a file name: `a.b` and `.csv` of `a.b.csv`; `.profile` has no extension.
struct FileName {
  std::string stem;
  std::string extension;  ///< with its dot
};
FileName file_name_of(std::string_view key);

/// What to write, and where it wants to be.
struct DataRequest {
  Uri from;
  Uri wanted;
  std::uint64_t size = 0;
  /// SHA-256 that the object must have; called at most twice, and only when it is needed.
  std::function<Result<std::string>()> sha256;
  /// ETag of what may be written over: a record of the attempt says so.
  std::optional<std::string> recorded = {};
};

/// Where the object is now. Its bytes were read back: `content` says what is really there.
struct DataPlaced {
  Digested content;
  std::string expected;                   ///< SHA-256 that was asked for
  bool written = false;                   ///< by this call; else the same bytes were there before
  bool replaced = false;                  ///< written over something else
  std::optional<Uri> wanted;              ///< the key it would have had
  std::optional<std::string> superseded;  ///< ETag of what it replaced

  bool matches(std::uint64_t size) const {
    return content.sha256 == expected && content.info.size == size;
  }
};

/// Other bytes are at the wanted key. They may be written over once a record names their ETag.
struct InTheWay {
  Uri uri;
  std::string etag;
  std::uint64_t size = 0;  ///< of what is to be there, and its SHA-256
  std::string sha256;
};
using Placing = std::variant<DataPlaced, InTheWay>;

/// Writes objects of one attempt; thread-safe.
class DataKeys {
 public:
  DataKeys(store::ObjectStore& store, model::OnConflict on_conflict, const lot::LotId& lot,
           std::string_view attempt);

  /// A free key is written by a server-side copy; the same bytes there are taken as they are.
  /// Other bytes: written beside, or with `replace` over what is `recorded`, and over nothing else.
  /// The caller has to look at matches().
  Result<Placing> place(const DataRequest& request) const;

  /// The object at `uri` if it has this size and SHA-256.
  Result<std::optional<Digested>> already_there(const Uri& uri, std::uint64_t size,
                                                const std::string& sha256) const;

  /// `<stem>~<lot>~<attempt><ext>` beside the wanted key.
  Uri beside(const Uri& wanted) const;

 private:
  /// An object, and its digest if it has the wanted one.
  struct There {
    store::ObjectInfo info;
    std::optional<Digested> same;
  };
  Result<std::optional<There>> look_at(const Uri& uri, std::uint64_t size,
                                       const std::string& sha256) const;
  Result<Placing> place_other(const DataRequest& request, There there, std::string expected) const;
  Result<DataPlaced> read_back(const Uri& uri, std::string expected) const;
  Result<DataPlaced> write_beside(const DataRequest& request, std::string expected) const;
  Result<std::optional<DataPlaced>> write_over(const DataRequest& request) const;

  store::ObjectStore& store_;
  model::OnConflict on_conflict_;
  std::string suffix_;
};

}  // namespace cls::work
