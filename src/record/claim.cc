// SPDX-License-Identifier: Apache-2.0
#include "record/claim.h"

#include <algorithm>

#include "base/hash.h"
#include "record/json_lines.h"

namespace cls::record {

namespace {

constexpr std::size_t revision_digits = 16;

/// The report of a line that holds one; nullopt for a member's line.
std::optional<json::Value> report_of(std::string_view line) {
  if (line.find("\"report\"") == std::string_view::npos) return std::nullopt;
  const auto root = json::parse_record(line);
  if (!root || root->find("role") != nullptr) return std::nullopt;
  const json::Value* report = root->find("report");
  return report == nullptr ? std::nullopt : std::optional(*report);
}

/// `["role","uri",size,"sha256 or etag"]`: a JSON array, so that no two members give the same line.
std::string revision_line(const MemberLine& member) {
  std::string line = "[";
  json::append_quoted(line, member.role);
  line += ',';
  json::append_quoted(line, member.uri);
  line += ',' + std::to_string(member.size) + ',';
  const auto& content = member.sha256 ? member.sha256 : member.etag;
  if (content) {
    json::append_quoted(line, *content);
  } else {
    line += "null";
  }
  return line + "]\n";
}

}  // namespace

std::string write_members(const MembersFile& members) {
  return write_members(MembersFile(members));
}

std::string write_members(MembersFile&& members) {
  std::string bytes;
  for (auto& line : members.lines) {
    const std::string text = json::write_record(line);
    // All at once: to grow by doubling needs three times the space for a while.
    if (bytes.empty()) bytes.reserve((text.size() + text.size() / 8 + 1) * members.lines.size());
    bytes += text;
    bytes += '\n';
    line = {};
  }
  if (members.report) {
    bytes += json::to_text(json::Value::object({{"report", *members.report}}));
    bytes += '\n';
  }
  return bytes;
}

Result<MembersFile> read_members(std::string_view bytes) {
  MembersFile members;
  auto read =
      for_each_line(bytes, "members file", [&](std::size_t, std::string_view line) -> Result<> {
        if (members.report) {
          return fail(FailureCode::Invalid, "comes after the report, which is the last line");
        }
        members.report = report_of(line);
        if (members.report) return {};
        auto member = json::read_record<MemberLine>(line);
        if (!member) return pass(std::move(member));
        members.lines.push_back(std::move(*member));
        return {};
      });
  if (!read) return pass(std::move(read));
  return members;
}

std::string content_revision(const std::vector<MemberLine>& members) {
  std::vector<std::string> lines;
  lines.reserve(members.size());
  for (const auto& member : members) {
    if (!member.vanished) lines.push_back(revision_line(member));
  }
  std::ranges::sort(lines);
  Digest digest = Digest::sha256();
  for (const auto& line : lines) digest.update(line);
  return digest.hex().substr(0, revision_digits);
}

}  // namespace cls::record
