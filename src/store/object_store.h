// SPDX-License-Identifier: Apache-2.0
// ObjectStore: the port behind which all records and data live. Contracts: docs/formats/store.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/uri.h"

namespace cls::store {

/// Objects up to this size have the MD5 of their bytes as ETag; docs/formats/store.md.
inline constexpr std::uint64_t md5_etag_limit = std::uint64_t{16} << 20U;
/// The most that get_pieces feeds at once.
inline constexpr std::uint64_t piece_limit = std::uint64_t{1} << 20U;

/// What is known of a stored object without reading it.
struct ObjectInfo {
  Uri uri;
  std::uint64_t size = 0;
  Instant modified;             ///< the store's own clock
  std::string etag;             ///< may be empty in listings
  std::string version_id = {};  ///< of S3, where it keeps versions; empty elsewhere and in listings
};

/// An object's bytes and what was current when they were read.
struct Object {
  ObjectInfo info;
  std::string bytes;
};

/// Bytes [offset, offset + length), or to the end. What lies past the end is left out: a range that
/// begins there gives no bytes and is no failure.
struct Range {
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length = {};
};

/// What to list. Anything but "" or "/" as a delimiter, and a limit of 0, are Invalid.
struct ListRequest {
  Uri prefix = {};  ///< every key that starts with prefix.key, a partial segment included
  std::string delimiter = {};  ///< "" or "/": keys are rolled up to the first one after the prefix
  std::string start_after =
      {};                    ///< only keys and prefixes bytewise after this (whole, not relative)
  std::size_t limit = 1000;  ///< of keys and prefixes together; a store may return fewer
};

struct ListPage {
  std::vector<ObjectInfo> objects;    ///< sorted by key, bytewise
  std::vector<std::string> prefixes;  ///< rolled-up keys, ending in the delimiter, sorted
  bool truncated = false;             ///< there is more after next_start_after (S3: may be)
  std::string next_start_after;       ///< the request's start_after for the next page
};

/// When a change outlasts a power failure.
enum class Durable : std::uint8_t {
  Now,    ///< when the call returns
  Later,  ///< with the next write through the same store, before its object is there for anybody;
          ///< all see it when the call returns
};

/// One conditional write: with an ETag as replace_if() does it, else as put_if_absent() does.
struct Write {
  Uri uri;
  std::string bytes;
  std::optional<std::string> etag = {};
  Durable durable = Durable::Now;
};

/// Writes that do not depend on each other.
using WriteStep = std::vector<Write>;
/// What became of each write: its new ETag.
using WriteResults = std::vector<Result<std::string>>;

/// A store of objects with conditional writes. Thread-safe. Reads after writes are current.
/// A bucket that does not exist is NotFound for reads and listings; writes to it make it (local)
/// or fail with NotFound (S3). An empty key is Invalid. Messages name the URI.
/// Unavailable or NoSpace from a write may mean that it took effect all the same: read it back.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  virtual Result<Object> get(const Uri& uri, const Range& range = {}) = 0;
  /// Feeds the bytes in pieces of at most 1 MiB, in order, without holding the object in memory.
  /// After a failure the pieces fed so far are worthless.
  virtual Result<ObjectInfo> get_pieces(const Uri& uri,
                                        const std::function<void(std::string_view)>& take) = 0;
  virtual Result<ObjectInfo> head(const Uri& uri) = 0;

  /// Writes or overwrites, durable when it returns; whole or not at all. Returns the new ETag.
  virtual Result<std::string> put(const Uri& uri, std::string_view bytes) = 0;
  /// Conflict if an object is there. A Conflict says nothing about who wrote what is there: read
  /// it.
  virtual Result<std::string> put_if_absent(const Uri& uri, std::string_view bytes) = 0;
  /// Conflict if the object is absent or its ETag is another.
  virtual Result<std::string> replace_if(const Uri& uri, std::string_view etag,
                                         std::string_view bytes) = 0;
  /// Steps in order: nothing of a step is there before all of the step before it is durable, and
  /// what waits for a disk waits once for a step. Ends after a step in which a write failed;
  /// returns what became of the steps that were tried. Each write fails or succeeds as if alone.
  virtual std::vector<WriteResults> write(const std::vector<WriteStep>& steps);
  /// Conflict if its ETag is another; NotFound if it is gone.
  virtual Result<> delete_if(const Uri& uri, std::string_view etag) = 0;
  /// Deletes without a condition: only for what no record lists. Absent is fine.
  virtual Result<> remove(const Uri& uri, Durable durable = Durable::Now) = 0;

  /// The same for many; those before one that fails are gone, those after it may be.
  virtual Result<> remove_all(const std::vector<Uri>& uris, Durable durable = Durable::Now);

  /// Server-side copy to a key that must be free (Conflict otherwise), durable when it returns.
  /// NotFound if `from` is absent, whatever is at `to`. Returns what was written.
  virtual Result<ObjectInfo> copy_if_absent(const Uri& from, const Uri& to) = 0;
  /// The same over an object: Conflict if there is none at `to`, or its ETag is another.
  virtual Result<ObjectInfo> copy_if(const Uri& from, const Uri& to, std::string_view etag) = 0;

  /// copy_if_absent() of the version that has the size and ETag of `from`: what it returns is
  /// proven to be that one, and need not be read. NotFound where that version is not there,
  /// Unsupported where the store can prove nothing: copy, and read what was copied.
  virtual Result<ObjectInfo> copy_version_if_absent(const ObjectInfo& from, const Uri& to);

  virtual Result<ListPage> list(const ListRequest& request) = 0;
};

/// Refuses a request that no store answers: another delimiter than "" and "/", a limit of 0.
Result<> check_request(const ListRequest& request);

/// The part of `bytes` that `range` names.
std::string_view slice(std::string_view bytes, const Range& range);

/// Calls `take` for every object whose key starts with `prefix.key`, in key order, page by page;
/// stops at the first failure.
Result<> for_each_object(ObjectStore& store, const Uri& prefix,
                         const std::function<void(const ObjectInfo&)>& take);

}  // namespace cls::store
