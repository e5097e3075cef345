// SPDX-License-Identifier: Apache-2.0
// Members files: the objects of a commit; the revision of its content. docs/formats/claim.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "base/result.h"
#include "json/fields.h"
#include "record/packed_list.h"

namespace cls::record {

/// One object of a commit.
struct MemberLine {
  std::string role;
  std::string uri;
  std::uint64_t size = 0;
  std::optional<std::string> etag = {};
  std::optional<std::string> sha256 = {};
  std::optional<std::string> source = {};         ///< URI it was made of
  std::optional<std::string> sourceVersion = {};  ///< version_text of that
  std::optional<std::string> wanted = {};  ///< key it would have had, where another was there
  std::optional<std::string> vanished =
      {};  ///< what was found instead of the source; then no member
  std::optional<std::string> superseded =
      {};  ///< ETag of what this object overwrote (onConflict replace)

  bool operator==(const MemberLine&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("role", &MemberLine::role, "sink role"),
      json::required("uri", &MemberLine::uri, "the object"),
      json::required("size", &MemberLine::size, "bytes"),
      json::optional("etag", &MemberLine::etag, "as the store says"),
      json::optional("sha256", &MemberLine::sha256, "of the bytes"),
      json::optional("source", &MemberLine::source, "what it was made of"),
      json::optional("sourceVersion", &MemberLine::sourceVersion, "and of which version"),
      json::optional("wanted", &MemberLine::wanted, "the key it would have had"),
      json::optional("vanished", &MemberLine::vanished, "source gone: what was found instead"),
      json::optional("superseded", &MemberLine::superseded, "ETag of what it overwrote")};
};

/// Some 150 bytes a line and what is special of its URIs.
using MemberLines = PackedList<MemberLine>;

struct MembersFile {
  MemberLines lines;
  std::optional<json::Value> report = {};  ///< the workload's last report line

  bool operator==(const MembersFile&) const = default;
};
std::string write_members(const MembersFile& members);
Result<MembersFile> read_members(std::string_view bytes);
/// The same without keeping all lines: calls `take` with each. Those before a failure were taken.
/// The report, where there is one, is returned.
Result<std::optional<json::Value>> for_each_member(std::string_view bytes,
                                                   const std::function<void(MemberLine)>& take);

/// First 16 hex digits of the SHA-256 over the sorted (role, uri, size, sha256 or etag) lines.
std::string content_revision(const MemberLines& members);

}  // namespace cls::record
