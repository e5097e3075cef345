// SPDX-License-Identifier: Apache-2.0
#include "record/members.h"

#include "base/hash.h"
#include "base/text_blocks.h"
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
void revision_line(const MemberLine& member, std::string& line) {
  line.clear();
  line += '[';
  json::append_quoted(line, member.role);
  line += ',';
  json::append_quoted(line, member.uri);
  line += ',';
  line += std::to_string(member.size);
  append_text(line, ",", member.sha256 ? member.sha256 : member.etag);
  line += "]\n";
}

/// The bytes of json::write_record(line), made without a tree: a lot may have a million.
void append_line(std::string& out, const MemberLine& line) {
  out += R"({"role":)";
  json::append_quoted(out, line.role);
  out += R"(,"uri":)";
  json::append_quoted(out, line.uri);
  out += R"(,"size":)";
  out += std::to_string(static_cast<std::int64_t>(line.size));
  append_text(out, R"(,"etag":)", line.etag);
  append_text(out, R"(,"sha256":)", line.sha256);
  append_text(out, R"(,"source":)", line.source);
  append_text(out, R"(,"sourceVersion":)", line.sourceVersion);
  append_text(out, R"(,"wanted":)", line.wanted);
  append_text(out, R"(,"vanished":)", line.vanished);
  append_text(out, R"(,"superseded":)", line.superseded);
  out += "}\n";
}

/// The digest of the revision lines in the order of the members; nullopt where they are not sorted.
std::optional<std::string> sorted_revision(const MemberLines& members) {
  Digest digest = Digest::sha256();
  std::string before;
  std::string line;
  for (const auto& member : members) {
    if (member.vanished) continue;
    revision_line(member, line);
    if (line < before) return std::nullopt;
    digest.update(line);
    std::swap(line, before);
  }
  return digest.hex();
}

}  // namespace

std::string write_members(const MembersFile& members) {
  std::string bytes;
  for (const auto& line : members.lines) {
    const bool first = bytes.empty();
    append_line(bytes, line);
    // All at once: to grow by doubling needs three times the space for a while.
    if (first) bytes.reserve((bytes.size() + bytes.size() / 8) * members.lines.size());
  }
  if (members.report) {
    bytes += json::to_text(json::Value::object({{"report", *members.report}}));
    bytes += '\n';
  }
  return bytes;
}

Result<std::optional<json::Value>> for_each_member(std::string_view bytes,
                                                   const std::function<void(MemberLine)>& take) {
  std::optional<json::Value> report;
  auto read =
      for_each_line(bytes, "members file", [&](std::size_t, std::string_view line) -> Result<> {
        if (report) {
          return fail(FailureCode::Invalid, "comes after the report, which is the last line");
        }
        report = report_of(line);
        if (report) return {};
        auto member = json::read_record<MemberLine>(line);
        if (!member) return pass(std::move(member));
        take(std::move(*member));
        return {};
      });
  if (!read) return pass(std::move(read));
  return report;
}

Result<MembersFile> read_members(std::string_view bytes) {
  MembersFile members;
  auto report =
      for_each_member(bytes, [&](const MemberLine& line) { members.lines.push_back(line); });
  if (!report) return pass(std::move(report));
  members.report = std::move(*report);
  return members;
}

std::string content_revision(const MemberLines& members) {
  if (const auto digest = sorted_revision(members)) return digest->substr(0, revision_digits);
  TextOrder order;
  std::string line;
  for (const auto& member : members) {
    if (member.vanished) continue;
    revision_line(member, line);
    order.add(line);
  }
  order.sort();
  Digest digest = Digest::sha256();
  for (std::size_t i = 0; i < order.size(); ++i) digest.update(order.text(i));
  return digest.hex().substr(0, revision_digits);
}

}  // namespace cls::record
