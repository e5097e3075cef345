// SPDX-License-Identifier: Apache-2.0
#include "flow/lot_members.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "flow/closed_lots.h"

namespace cls::flow {

namespace {

/// Stands in place of a text's length where there is none.
constexpr std::uint32_t absent = ~std::uint32_t{0};

template <typename Number>
void put(std::string& text, Number number) {
  std::array<char, sizeof number> bytes{};
  std::memcpy(bytes.data(), &number, sizeof number);
  text.append(bytes.data(), bytes.size());
}

template <typename Number>
Number number_at(std::string_view text, std::size_t& at) {
  Number number{};
  std::memcpy(&number, text.data() + at, sizeof number);
  at += sizeof number;
  return number;
}

void put_text(std::string& text, const std::optional<std::string>& value) {
  put(text, value ? static_cast<std::uint32_t>(value->size()) : absent);
  if (value) text += *value;
}

std::optional<std::string> text_at(std::string_view text, std::size_t& at) {
  const auto size = number_at<std::uint32_t>(text, at);
  if (size == absent) return std::nullopt;
  std::string value(text.substr(at, size));
  at += size;
  return value;
}

}  // namespace

void LedgerRevision::add(std::string_view uri, const record::ObjectVersion& version) {
  digest_.update(uri);
  digest_.update("\t");
  digest_.update(record::version_text(version));
  digest_.update("\n");
}

std::string LedgerRevision::take() {
  return digest_.hex().substr(0, 16);
}

std::string ledger_revision(const std::vector<record::LedgerLine>& members) {
  LedgerRevision revision;
  for (const auto& line : members) revision.add(line.uri, line.object);
  return revision.take();
}

void LotMembers::add(const record::LedgerLine& line) {
  starts_.push_back(text_.size());
  put(text_, static_cast<std::uint32_t>(line.uri.size()));
  put(text_, line.decision);
  text_ += line.uri;
  put(text_, line.object.size);
  put_text(text_, line.object.mtime);
  put_text(text_, line.object.sha256);
  put_text(text_, line.object.etag);
  put_text(text_, line.object.versionId);
}

LotMembers::Head LotMembers::head_at(std::size_t start) const {
  const auto size = number_at<std::uint32_t>(text_, start);
  const auto decision = number_at<record::Decision>(text_, start);
  return {.uri = std::string_view(text_).substr(start, size),
          .end = start + size,
          .decision = decision};
}

void LotMembers::settle() {
  std::ranges::sort(starts_, [this](std::size_t a, std::size_t b) {
    const int order = head_at(a).uri.compare(head_at(b).uri);
    return order != 0 ? order < 0 : a < b;  // of one URI in the order of the log
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < starts_.size();) {
    std::size_t last = starts_[i];
    const Head first = head_at(last);
    for (++i; i < starts_.size() && head_at(starts_[i]).uri == first.uri; ++i) {
      if (takes_place_of(line_at(starts_[i]), line_at(last))) last = starts_[i];
    }
    if (head_at(last).decision == record::Decision::member) starts_[kept++] = last;
  }
  starts_.resize(kept);
  starts_.shrink_to_fit();
  text_.shrink_to_fit();
}

/// As much of it as was kept.
record::LedgerLine LotMembers::line_at(std::size_t start) const {
  const Head head = head_at(start);
  record::LedgerLine line;
  line.uri = head.uri;
  line.object = version_at(head);
  line.decision = head.decision;
  return line;
}

record::ObjectVersion LotMembers::version(std::size_t i) const {
  return version_at(head_at(starts_[i]));
}

record::ObjectVersion LotMembers::version_at(const Head& head) const {
  std::size_t at = head.end;
  record::ObjectVersion version;
  version.size = number_at<std::uint64_t>(text_, at);
  version.mtime = text_at(text_, at);
  version.sha256 = text_at(text_, at);
  version.etag = text_at(text_, at);
  version.versionId = text_at(text_, at);
  return version;
}

std::string LotMembers::revision() const {
  LedgerRevision revision;
  for (std::size_t i = 0; i < size(); ++i) revision.add(uri(i), version(i));
  return revision.take();
}

}  // namespace cls::flow
