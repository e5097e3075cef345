// SPDX-License-Identifier: Apache-2.0
#include "record/ledger.h"

#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "record/json_lines.h"

namespace cls::record {

namespace {

constexpr std::uint64_t ledger_version = 1;

/// A dataset as records name it: labels are of the project file alone.
struct StoredDataset {
  std::string name;
  std::string version;
  std::string pathURI;

  static constexpr auto fields =
      std::tuple{json::required("name", &StoredDataset::name, "dataset name"),
                 json::required("version", &StoredDataset::version, "dataset version"),
                 json::required("pathURI", &StoredDataset::pathURI, "where its objects lie")};
};

struct StoredHead {
  std::uint64_t version = ledger_version;
  std::string kind;
  std::uint64_t number = 1;
  StoredDataset dataset;
  std::vector<std::string> closes;
  std::string at;
  std::string by;

  static constexpr auto fields =
      std::tuple{json::required("version", &StoredHead::version, "format version, 1"),
                 json::required("kind", &StoredHead::kind, "ledger"),
                 json::required("number", &StoredHead::number, "of the segment, from 1"),
                 json::required("dataset", &StoredHead::dataset, "dataset of the boundary"),
                 json::required("closes", &StoredHead::closes, "lots closed by the segment"),
                 json::required("at", &StoredHead::at, "when it was written"),
                 json::required("by", &StoredHead::by, "owner who wrote it")};
};

std::string write_head(const LedgerHead& head) {
  const auto& dataset = head.dataset;
  return json::write_record(StoredHead{
      .version = head.version,
      .kind = head.kind,
      .number = head.number,
      .dataset = {.name = dataset.name, .version = dataset.version, .pathURI = dataset.pathURI},
      .closes = head.closes,
      .at = head.at,
      .by = head.by});
}

/// Kind and version are looked at before any other field: a newer format may have others.
Result<> check_format(std::string_view line) {
  const auto root = json::parse_record(line);
  if (!root) return fail(root.error().code, root.error().message);
  const json::Value* kind = root->find("kind");
  if (kind == nullptr || kind->kind != json::Kind::String || kind->text != "ledger") {
    return fail(FailureCode::Invalid, R"(is no head of a ledger segment; it has "kind":"ledger")");
  }
  const json::Value* version = root->find("version");
  std::uint64_t number = 0;
  if (version != nullptr && version->kind == json::Kind::Number) {
    const char* end = version->text.data() + version->text.size();
    const auto [stop, error] = std::from_chars(version->text.data(), end, number);
    if (error != std::errc() || stop != end) number = 0;
  }
  if (number == 0) return fail(FailureCode::Invalid, "/version: expected a whole number from 1");
  if (number > ledger_version) {
    return fail(FailureCode::Invalid,
                format("ledger format version {} is newer than {}, the newest that this cls reads; "
                       "use a newer cls",
                       number, ledger_version));
  }
  return {};
}

Result<> read_head(std::string_view line, LedgerHead& head) {
  if (auto checked = check_format(line); !checked) return checked;
  auto stored = json::read_record<StoredHead>(line);
  if (!stored) return pass(std::move(stored));
  if (stored->number == 0) return fail(FailureCode::Invalid, "/number: segments count from 1");
  head.version = stored->version;
  head.kind = std::move(stored->kind);
  head.number = stored->number;
  head.dataset.name = std::move(stored->dataset.name);
  head.dataset.version = std::move(stored->dataset.version);
  head.dataset.pathURI = std::move(stored->dataset.pathURI);
  head.closes = std::move(stored->closes);
  head.at = std::move(stored->at);
  head.by = std::move(stored->by);
  return {};
}

}  // namespace

bool LedgerHead::operator==(const LedgerHead& other) const {
  return version == other.version && kind == other.kind && number == other.number &&
         dataset.id() == other.dataset.id() && dataset.pathURI == other.dataset.pathURI &&
         closes == other.closes && at == other.at && by == other.by;
}

std::string write_segment(Segment segment) {
  std::ranges::stable_sort(segment.lines, [](const LedgerLine& a, const LedgerLine& b) {
    return std::tie(a.uri, a.firstSeen) < std::tie(b.uri, b.firstSeen);
  });
  std::string bytes = write_head(segment.head) + "\n";
  for (const auto& line : segment.lines) {
    bytes += json::write_record(line);
    bytes += '\n';
  }
  return bytes;
}

Result<Segment> read_segment(std::string_view bytes) {
  if (bytes.empty()) {
    return fail(FailureCode::Invalid, "ledger segment, line 1: is missing; it is the head");
  }
  Segment segment;
  auto read = for_each_line(bytes, "ledger segment",
                            [&](std::size_t number, std::string_view line) -> Result<> {
                              if (number == 1) return read_head(line, segment.head);
                              auto decision = json::read_record<LedgerLine>(line);
                              if (!decision) return pass(std::move(decision));
                              segment.lines.push_back(std::move(*decision));
                              return {};
                            });
  if (!read) return pass(std::move(read));
  return segment;
}

}  // namespace cls::record
