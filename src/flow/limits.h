// SPDX-License-Identifier: Apache-2.0
// Limits: how much is done, tried and kept at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "record/ledger.h"
#include "record/manifest.h"

namespace cls::flow {

/// `cls` runs with the defaults. The simulator sets them so small that worlds of a few objects meet
/// every one of them; what is stored is right with any.
struct Limits {
  // Of a boundary.
  /// Lines of one segment, but for a lot that has more: what is in memory of a segment stays small.
  std::size_t segment_lines = 25'000;
  /// Lines of any segment.
  std::size_t segment_line_limit = record::segment_line_limit;
  /// Rounds of reading somebody else's segments before giving up; each means another wrote.
  int append_tries = 1000;
  /// Empty lots closed by one tick at most: a clock that jumped must not fill the store.
  std::size_t empty_lots_at_once = 1000;
  /// Arrivals of batches that are smaller than this are gathered, …
  std::size_t small_batch = 1024;
  /// … so many in one.
  std::size_t gathered = std::size_t{1} << 16U;
  /// What is kept parsed, in lines of some 500 bytes, of segments: what is being published and what
  /// the workers of the arcs are at; one always stays.
  std::size_t cached_lines = 50'000;
  /// The bits that count of the hash by which a URI is found in a table.
  std::uint64_t hash_mask = ~std::uint64_t{0};
  /// Lots whose members arcs are about to read, …
  std::size_t cached_lots = 64;
  /// … and what they take.
  std::size_t cached_bytes = std::size_t{8} << 20U;

  // Of what is published.
  /// Lots are published in groups of at most so many, …
  std::size_t group_lots = 100;
  /// … and so many bytes (and one lot more).
  std::size_t group_bytes = std::size_t{8} << 20U;
  /// Members of a manifest without parts, and of each part.
  std::size_t manifest_part = record::manifest_part_limit;
  /// Looks at what others publish at the same time.
  int publish_tries = 20;

  // Of an arc.
  /// A lot whose owners died this often kills its owners: it is given up.
  std::uint64_t lost_attempts = 20;
  /// Looks at a source that is published again and again while its lot is being claimed.
  int source_tries = 100;

  // Of a project that is destroyed.
  /// Records that are removed together.
  std::size_t removed_at_once = 1000;
};

}  // namespace cls::flow
