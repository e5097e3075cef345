// SPDX-License-Identifier: Apache-2.0
#include "record/ledger.h"

#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "base/text_blocks.h"
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

bool are_sorted(const LedgerLines& lines) {
  LedgerLine before;
  for (const auto& line : lines) {
    if (std::tie(line.uri, line.firstSeen) < std::tie(before.uri, before.firstSeen)) return false;
    before.uri = line.uri;
    before.firstSeen = line.firstSeen;
  }
  return true;
}

/// The numbers of the lines in the order of a segment.
std::vector<std::uint32_t> sorted_order(const LedgerLines& lines) {
  TextOrder uris;
  for (const auto& line : lines) uris.add(line.uri);
  uris.sort();
  std::vector<std::uint32_t> order(uris.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = uris.number(i);
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    while (end < order.size() && uris.text(end) == uris.text(first)) ++end;
    if (end - first > 1) {
      std::ranges::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(first),
                               order.begin() + static_cast<std::ptrdiff_t>(end), {},
                               [&](std::uint32_t i) { return lines[i].firstSeen; });
    }
    first = end;
  }
  return order;
}

/// A line of a file without a hash, but for its URI; a guess at what to reserve.
constexpr std::size_t usual_line = 280;

/// The bytes of json::write_record(line), made without a tree: a scan may write a million of them.
void append_line(std::string& out, const LedgerLine& line) {
  out += R"({"uri":)";
  json::append_quoted(out, line.uri);
  out += R"(,"object":{"size":)";
  out += std::to_string(static_cast<std::int64_t>(line.object.size));
  append_text(out, R"(,"mtime":)", line.object.mtime);
  append_text(out, R"(,"sha256":)", line.object.sha256);
  append_text(out, R"(,"etag":)", line.object.etag);
  append_text(out, R"(,"versionId":)", line.object.versionId);
  out += R"(},"firstSeen":)";
  json::append_quoted(out, line.firstSeen);
  out += R"(,"ownLot":)";
  json::append_quoted(out, line.ownLot);
  out += R"(,"lot":)";
  json::append_quoted(out, line.lot);
  out += R"(,"decision":")";
  out += json::name_of(line.decision);
  append_text(out, R"(","reason":)", line.reason);
  out += "}\n";
}

/// Reads a line that stands there as append_line() writes it, without an escape in a text. Any
/// other is left to the JSON reader, which knows what is wrong with it.
class PlainLine {
 public:
  explicit PlainLine(std::string_view line) : rest_(line) {}

  std::optional<LedgerLine> read() {
    LedgerLine line;
    const bool is_plain =
        take(R"({"uri":)") && text(line.uri) && take(R"(,"object":{"size":)") &&
        number(line.object.size) && maybe(R"(,"mtime":)", line.object.mtime) &&
        maybe(R"(,"sha256":)", line.object.sha256) && maybe(R"(,"etag":)", line.object.etag) &&
        maybe(R"(,"versionId":)", line.object.versionId) && take(R"(},"firstSeen":)") &&
        text(line.firstSeen) && take(R"(,"ownLot":)") && text(line.ownLot) && take(R"(,"lot":)") &&
        text(line.lot) && take(R"(,"decision":)") && decision(line.decision) &&
        maybe(R"(,"reason":)", line.reason) && rest_ == "}";
    if (!is_plain) return std::nullopt;
    return line;
  }

 private:
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  std::optional<std::string_view> quoted() {
    if (!rest_.starts_with('"')) return std::nullopt;
    const auto end = rest_.find('"', 1);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = rest_.substr(1, end - 1);
    const auto is_special = [](char c) {
      return c == '\\' || static_cast<unsigned char>(c) < 0x20;
    };
    if (std::ranges::any_of(text, is_special)) return std::nullopt;
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool text(std::string& out) {
    const auto found = quoted();
    if (found) out = *found;
    return found.has_value();
  }
  bool maybe(std::string_view before, std::optional<std::string>& out) {
    if (!take(before)) return false;
    return take("null") || text(out.emplace());
  }
  bool number(std::uint64_t& out) {
    std::int64_t value = 0;
    const char* begin = rest_.data();
    const auto [end, error] = std::from_chars(begin, begin + rest_.size(), value);
    const bool is_plain =
        error == std::errc() && value >= 0 && *begin != '-' && (*begin != '0' || end == begin + 1);
    if (!is_plain) return false;
    out = static_cast<std::uint64_t>(value);
    rest_.remove_prefix(static_cast<std::size_t>(end - begin));
    return true;
  }
  bool decision(Decision& out) {
    const auto name = quoted();
    const auto known = name ? json::from_name<Decision>(*name) : std::nullopt;
    if (known) out = *known;
    return known.has_value();
  }

  std::string_view rest_;
};

}  // namespace

bool LedgerHead::operator==(const LedgerHead& other) const {
  return version == other.version && kind == other.kind && number == other.number &&
         dataset.id() == other.dataset.id() && dataset.pathURI == other.dataset.pathURI &&
         closes == other.closes && at == other.at && by == other.by;
}

void sort_lines(LedgerLines& lines) {
  if (!are_sorted(lines)) lines.reorder(sorted_order(lines));
}

std::string write_segment(const Segment& segment) {
  if (!are_sorted(segment.lines)) {
    Segment sorted = segment;
    sort_lines(sorted.lines);
    return write_segment(sorted);
  }
  std::string bytes = write_head(segment.head) + "\n";
  std::size_t text = bytes.size();
  for (const auto& line : segment.lines) text += line.uri.size() + usual_line;
  bytes.reserve(text);
  for (const auto& line : segment.lines) append_line(bytes, line);
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
                              if (auto plain = PlainLine(line).read()) {
                                segment.lines.push_back(*plain);
                                return {};
                              }
                              auto decision = json::read_record<LedgerLine>(line);
                              if (!decision) return pass(std::move(decision));
                              segment.lines.push_back(*decision);
                              return {};
                            });
  if (!read) return pass(std::move(read));
  return segment;
}

}  // namespace cls::record
