// SPDX-License-Identifier: Apache-2.0
// Ledger segments: the log of a boundary. docs/formats/ledger.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "model/types.h"
#include "record/object_version.h"
#include "record/packed_list.h"

namespace cls::record {

enum class Decision : std::uint8_t { member, filtered, rejected, vanished };

/// A segment holds at most this many lines; more go into the next one.
inline constexpr std::size_t segment_line_limit = 100'000;

struct LedgerHead {
  std::uint64_t version = 1;
  std::string kind = "ledger";
  std::uint64_t number = 1;
  model::SinkDataset dataset;       ///< written as {name, version, pathURI}
  std::vector<std::string> closes;  ///< lot ids
  std::string at;
  std::string by;

  bool operator==(const LedgerHead& other) const;
};

struct LedgerLine {
  std::string uri;
  ObjectVersion object;
  std::string firstSeen;
  std::string ownLot;  ///< the lot the object's own time says; may be empty
  std::string lot;     ///< where it was placed; empty where it is in none
  Decision decision = Decision::member;
  std::optional<std::string> reason;

  bool operator==(const LedgerLine&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("uri", &LedgerLine::uri, "the object"),
                 json::required("object", &LedgerLine::object, "its version"),
                 json::required("firstSeen", &LedgerLine::firstSeen, "when it was first seen"),
                 json::required("ownLot", &LedgerLine::ownLot, "the lot its own time says"),
                 json::required("lot", &LedgerLine::lot, "the lot it was placed in"),
                 json::required("decision", &LedgerLine::decision, "what was decided"),
                 json::optional("reason", &LedgerLine::reason, "why, where it is no plain member")};
};

/// Some 60 bytes a line and what is special of its URI.
using LedgerLines = PackedList<LedgerLine>;

struct Segment {
  LedgerHead head;
  LedgerLines lines;
  bool operator==(const Segment&) const = default;
};

/// Sorts lines as a segment has them: by uri, then firstSeen; of equal ones the order stays.
void sort_lines(LedgerLines& lines);
/// The bytes of a segment: JSON lines, head first, lines sorted.
std::string write_segment(const Segment& segment);
/// Invalid names the line that cannot be read.
Result<Segment> read_segment(std::string_view bytes);

}  // namespace cls::record

namespace cls::json {
template <>
inline constexpr auto names_of<record::Decision> =
    Names<record::Decision, 4>{{{record::Decision::member, "member"},
                                {record::Decision::filtered, "filtered"},
                                {record::Decision::rejected, "rejected"},
                                {record::Decision::vanished, "vanished"}}};
}  // namespace cls::json
