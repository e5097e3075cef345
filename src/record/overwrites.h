// SPDX-License-Identifier: Apache-2.0
// Overwrites: what an attempt is about to write over, on record before it does.
// docs/formats/claim.md.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "json/fields.h"

namespace cls::record {

/// A record holds at most this many lines; more go into the next one.
inline constexpr std::size_t overwrites_line_limit = 100'000;

/// Which attempt it is of.
struct OverwritesHead {
  std::uint64_t version = 1;
  std::string project;
  std::string projectVersion;
  std::string arc;
  std::string lot;
  std::string attempt;

  bool operator==(const OverwritesHead&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("version", &OverwritesHead::version, "format version, 1"),
      json::required("project", &OverwritesHead::project, "project name"),
      json::required("projectVersion", &OverwritesHead::projectVersion, "project version"),
      json::required("arc", &OverwritesHead::arc, "arc name"),
      json::required("lot", &OverwritesHead::lot, "lot id"),
      json::required("attempt", &OverwritesHead::attempt, "ULID of the attempt")};
};

/// One object that the attempt may have written over.
struct OverwriteLine {
  std::string role;
  std::string uri;
  std::string superseded;  ///< ETag of what was there; nothing else is written over
  std::uint64_t size = 0;  ///< of what is to be there, and its SHA-256
  std::string sha256;

  bool operator==(const OverwriteLine&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("role", &OverwriteLine::role, "sink role"),
                 json::required("uri", &OverwriteLine::uri, "the object"),
                 json::required("superseded", &OverwriteLine::superseded, "ETag of what was there"),
                 json::required("size", &OverwriteLine::size, "bytes of what is to be there"),
                 json::required("sha256", &OverwriteLine::sha256, "of what is to be there")};
};

struct OverwritesFile {
  OverwritesHead head;
  std::vector<OverwriteLine> lines;

  bool operator==(const OverwritesFile&) const = default;
};
std::string write_overwrites(const OverwritesFile& file);
/// Invalid names the line that cannot be read.
Result<OverwritesFile> read_overwrites(std::string_view bytes);

}  // namespace cls::record
