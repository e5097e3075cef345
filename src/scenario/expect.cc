// SPDX-License-Identifier: Apache-2.0
#include "scenario/expect.h"

#include <algorithm>

#include "base/format.h"
#include "scenario/members.h"

namespace cls::scenario {

namespace {

tl::unexpected<Failure> differs(std::string message) {
  return fail(FailureCode::Conflict, std::move(message));
}

/// The member below the dataset's path, else whole.
std::string below(const std::string& path, const std::string& uri) {
  return uri.starts_with(path) ? uri.substr(path.size()) : uri;
}

std::string wrong_members(const FoundManifest& found, const std::vector<std::string>& expected) {
  std::vector<std::string> members;
  members.reserve(found.manifest.uris.size());
  for (const auto& uri : found.manifest.uris) members.push_back(below(found.path, uri));
  return difference(expected, std::move(members));
}

std::string describe(const FoundLine& found) {
  const auto& line = found.line;
  return format("\n    {} {} {}{}", below(found.path, line.uri), json::name_of(line.decision),
                line.lot.empty() ? "-" : line.lot, line.reason ? " ~ " + *line.reason : "");
}

bool fits(const FoundLine& found, const ExpectLine& expected) {
  const auto& line = found.line;
  const bool same_uri = line.uri == expected.uri || line.uri == found.path + expected.uri;
  return same_uri && (!expected.decision || line.decision == *expected.decision) &&
         (!expected.lot || line.lot == *expected.lot) &&
         (!expected.reason || expected.reason->search(line.reason.value_or("")));
}

}  // namespace

Result<> Expectations::check(const ExpectManifest& expected) {
  auto found = records_.manifests(expected.dataset, expected.lot, expected.state);
  if (!found) return pass(std::move(found));
  if (found->empty()) {
    std::string others;
    for (const auto state : {record::ManifestState::complete, record::ManifestState::partial,
                             record::ManifestState::empty, record::ManifestState::removed}) {
      const auto other = records_.manifests(expected.dataset, expected.lot, state);
      if (other && !other->empty()) others += format(" {}", json::name_of(state));
    }
    return differs(format("there is no such manifest; states of the lot:{}",
                          others.empty() ? " none" : others));
  }
  std::string wrong;
  for (const auto& manifest : *found) {
    const std::string difference = wrong_members(manifest, expected.members);
    if (difference.empty()) return {};
    wrong += (wrong.empty() ? "" : " | ") + difference;
  }
  return differs("its members are others: " + wrong);
}

Result<> Expectations::check(const ExpectNoManifest& expected) {
  for (const auto state : {record::ManifestState::complete, record::ManifestState::partial,
                           record::ManifestState::empty, record::ManifestState::removed}) {
    if (expected.state && *expected.state != state) continue;
    auto found = records_.manifests(expected.dataset, expected.lot, state);
    if (!found) return pass(std::move(found));
    if (!found->empty()) return differs(format("there is one: {}", json::name_of(state)));
  }
  return {};
}

Result<> Expectations::check(const ExpectState& expected) {
  auto found = records_.claim(expected.arc, expected.lot);
  if (!found) return pass(std::move(found));
  if (!*found) {
    return expected.state.empty() ? Result<>{} : differs("the lot has no claim");
  }
  const auto& claim = (*found)->claim;
  const std::string state(claim.result ? json::name_of(*claim.result) : json::name_of(claim.state));
  const std::string error = claim.error ? ": " + claim.error->message : "";
  if (state != expected.state) {
    return differs(format("the claim says {} ({}){}", state, json::name_of(claim.state), error));
  }
  if (claim.result && (*found)->arc_states != std::set<std::string>{expected.state}) {
    std::string states;
    for (const auto& other : (*found)->arc_states) states += " " + other;
    return differs(format("the claim says so, but the arc-state objects of the lot are:{}",
                          states.empty() ? " none" : states));
  }
  return {};
}

Result<> Expectations::check(const ExpectLine& expected) {
  auto lines = records_.lines(expected.boundary);
  if (!lines) return pass(std::move(lines));
  std::string all;
  for (const auto& line : *lines) {
    if (fits(line, expected)) {
      if (expected.wanted == Wanted::Absent) return differs("there is one:" + describe(line));
      return {};
    }
    all += describe(line);
  }
  if (expected.wanted == Wanted::Absent) return {};
  return differs(format("there is no such line; the ledger has:{}", all.empty() ? " none" : all));
}

Result<> Expectations::check(const ExpectOutput& expected) {
  const auto& text = expected.stream == Stream::Out ? stage_.last().out : stage_.last().err;
  const bool found = expected.regex.search(text).has_value();
  if (found == (expected.wanted == Wanted::Present)) return {};
  return differs(found ? "it was found" : "it was not found");
}

Result<> Expectations::check(const ExpectFile& expected) {
  const std::string path = stage_.sandbox().resolve(expected.path);
  const auto bytes = stage_.files().read(path, 0, std::nullopt);
  const bool absent = expected.wanted == Wanted::Absent;
  if (!bytes && bytes.error().code != FailureCode::NotFound) return differs(bytes.error().message);
  if (!bytes) return absent ? Result<>{} : differs("there is no such file");
  if (!expected.regex) return absent ? differs("there is one") : Result<>{};
  if (expected.regex->search(*bytes).has_value() != absent) return {};
  return differs(format("its text is: {}", *bytes));
}

Result<> Expectations::check(const ExpectRecordsUnchanged&) {
  if (!remembered_) return differs("no records were remembered (remember records)");
  auto now = records_.digests();
  if (!now) return pass(std::move(now));
  std::string changes;
  for (const auto& [uri, digest] : *remembered_) {
    const auto found = now->find(uri);
    if (found == now->end()) changes += "\n    gone: " + uri;
    if (found != now->end() && found->second != digest) changes += "\n    changed: " + uri;
  }
  for (const auto& [uri, digest] : *now) {
    if (!remembered_->contains(uri)) changes += "\n    new: " + uri;
  }
  return changes.empty() ? Result<>{} : differs("they are not:" + changes);
}

Result<> Expectations::check(const ExpectProcesses& expected) {
  const auto count = stage_.processes().count();
  return count == expected.count ? Result<>{} : differs(format("{} were started", count));
}

}  // namespace cls::scenario
