// SPDX-License-Identifier: Apache-2.0
#include "record/places.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/text.h"

namespace cls::record {

using lot::LotId;
using model::DatasetId;
using model::ProjectId;

namespace {

Uri in_store(const model::Placement& placement, StoreKind kind, std::string key) {
  return {.scheme = "s3", .bucket = store_name(placement, kind), .key = std::move(key)};
}

/// `project=P/version=V/<role>=<name>/`
std::string component_path(const ProjectId& project, std::string_view role, std::string_view name) {
  return format("project={}/version={}/{}={}/", project.name, project.version, role, name);
}

std::string dataset_path(const DatasetId& dataset) {
  return format("datasets/name={}/version={}/", dataset.name, dataset.version);
}

bool has_attempt(ManifestState state) {
  return state == ManifestState::partial || state == ManifestState::removed;
}

constexpr std::string_view attempt_placeholder = "{/attempt*}";
constexpr std::string_view open_manifest = "lot={lot}/state={state}{/attempt*}/manifest.json";

}  // namespace

Uri Places::project(const ProjectId& project) const {
  return in_store(
      placement_, StoreKind::Metadata,
      format("projects/name={}/version={}/project.json", project.name, project.version));
}

Uri Places::materials(const ProjectId& project) const {
  return in_store(
      placement_, StoreKind::Metadata,
      format("materials/name={}/version={}/materials.json", project.name, project.version));
}

Uri Places::dataset(const DatasetId& dataset) const {
  return in_store(placement_, StoreKind::Metadata, dataset_path(dataset) + "dataset.json");
}

Uri Places::arc(const ProjectId& project, std::string_view arc) const {
  return in_store(placement_, StoreKind::Metadata,
                  "arcs/" + component_path(project, "arc", arc) + "arc.json");
}

Uri Places::boundary(const ProjectId& project, std::string_view boundary) const {
  return in_store(placement_, StoreKind::Metadata,
                  "boundaries/" + component_path(project, "boundary", boundary) + "boundary.json");
}

Uri Places::arc_subscription(const ProjectId& project, std::string_view arc) const {
  return in_store(placement_, StoreKind::Metadata,
                  format("subscriptions/project={}/version={}/arc={}.json", project.name,
                         project.version, arc));
}

Uri Places::boundary_subscription(const ProjectId& project, std::string_view boundary) const {
  return in_store(placement_, StoreKind::Metadata,
                  format("subscriptions/project={}/version={}/boundary={}.json", project.name,
                         project.version, boundary));
}

Uri Places::bootstrap() const {
  return in_store(placement_, StoreKind::Metadata, "metadata.json");
}

Uri Places::projects_prefix() const {
  return in_store(placement_, StoreKind::Metadata, "projects/");
}

Uri Places::segment(const ProjectId& project, std::string_view boundary,
                    std::uint64_t number) const {
  Uri uri = segments_prefix(project, boundary);
  uri.key += format("segment={:012}.jsonl", number);
  return uri;
}

Uri Places::segments_prefix(const ProjectId& project, std::string_view boundary) const {
  return in_store(placement_, StoreKind::ArcState,
                  "arrivals/" + component_path(project, "boundary", boundary));
}

Uri Places::claim(const ProjectId& project, std::string_view arc, const LotId& lot) const {
  Uri uri = claims_prefix(project, arc);
  uri.key += format("lot={}.json", lot.to_string());
  return uri;
}

Uri Places::claims_prefix(const ProjectId& project, std::string_view arc) const {
  return in_store(placement_, StoreKind::ArcState, "claims/" + component_path(project, "arc", arc));
}

Uri Places::members(const ProjectId& project, std::string_view arc, const LotId& lot,
                    std::string_view attempt) const {
  Uri uri = members_prefix(project, arc, lot);
  uri.key += format("{}.jsonl", attempt);
  return uri;
}

Uri Places::members_prefix(const ProjectId& project, std::string_view arc,
                           const std::optional<LotId>& lot) const {
  Uri uri =
      in_store(placement_, StoreKind::ArcState, "members/" + component_path(project, "arc", arc));
  if (lot) uri.key += lot->to_string() + ".";
  return uri;
}

Uri Places::overwrites(const ProjectId& project, std::string_view arc, const LotId& lot,
                       std::string_view attempt, std::size_t number) const {
  Uri uri = overwrites_prefix(project, arc);
  uri.key += format("{}.{}.{}.jsonl", lot.to_string(), attempt, number);
  return uri;
}

Uri Places::overwrites_prefix(const ProjectId& project, std::string_view arc) const {
  Uri uri = all_overwrites();
  uri.key += component_path(project, "arc", arc);
  return uri;
}

Uri Places::all_overwrites() const {
  return in_store(placement_, StoreKind::ArcState, "overwrites/");
}

Uri Places::arc_state(const ProjectId& project, std::string_view arc, const LotId& lot,
                      ArcState state) const {
  Uri uri = arc_state_path(project, arc, lot);
  uri.key += format("{}.arc", json::name_of(state));
  return uri;
}

Uri Places::arc_state_path(const ProjectId& project, std::string_view arc,
                           const std::optional<LotId>& lot) const {
  std::string key = "arcs/" + component_path(project, "arc", arc);
  if (lot) key += format("lot={}/", lot->to_string());
  return in_store(placement_, StoreKind::ArcState, std::move(key));
}

Uri Places::manifest(const DatasetId& dataset, const LotId& lot, ManifestState state,
                     std::string_view attempt) const {
  Uri uri = manifests_prefix(dataset);
  uri.key += format("lot={}/state={}/", lot.to_string(), json::name_of(state));
  if (has_attempt(state) && !attempt.empty()) uri.key += format("attempt={}/", attempt);
  uri.key += "manifest.json";
  return uri;
}

Uri Places::manifest_part(const Uri& manifest, std::size_t number) const {
  Uri uri = manifest;
  uri.key.resize(uri.key.rfind('/') + 1);
  uri.key += format("parts/{:05}.json", number);
  return uri;
}

Uri Places::manifests_prefix(const DatasetId& dataset) const {
  return in_store(placement_, StoreKind::Manifest, dataset_path(dataset));
}

Uri Places::private_path(const ProjectId& project, std::string_view arc,
                         std::string_view attempt) const {
  Uri uri = private_prefix(project, arc);
  uri.key += format("attempt={}/", attempt);
  return uri;
}

Uri Places::private_prefix(const ProjectId& project, std::string_view arc) const {
  return in_store(placement_, StoreKind::Manifest,
                  "attempts/" + component_path(project, "arc", arc));
}

Uri Places::private_manifest(const ProjectId& project, std::string_view arc,
                             std::string_view attempt, const DatasetId& dataset, const LotId& lot,
                             ManifestState state) const {
  Uri uri = private_path(project, arc, attempt);
  uri.key += dataset_path(dataset);
  uri.key += format("lot={}/state={}/manifest.json", lot.to_string(), json::name_of(state));
  return uri;
}

std::string Places::manifest_template(const DatasetId& dataset) const {
  return manifests_prefix(dataset).to_string() + std::string(open_manifest);
}

std::string Places::source_manifest_template(const DatasetId& dataset) const {
  return manifests_prefix(dataset).to_string() + "lot={lot}/state=complete/manifest.json";
}

std::string Places::private_manifest_template(const ProjectId& project, std::string_view arc,
                                              std::string_view attempt,
                                              const DatasetId& dataset) const {
  Uri uri = private_path(project, arc, attempt);
  uri.key += dataset_path(dataset);
  return uri.to_string() + std::string(open_manifest);
}

namespace {

/// The segments of a key below its root. A URI is percent-decoded, a key is raw already. The tail
/// of a template, `{/attempt*}`, is cut off before the key is split: it holds a `/` (A8).
Result<std::vector<std::string>> segments_of(std::string_view text, std::string_view root,
                                             std::string_view what) {
  std::string key;
  if (text.starts_with("s3://")) {
    auto uri = Uri::parse(text);
    if (!uri) return pass(std::move(uri));
    key = std::move(uri->key);
  } else {
    key = text.starts_with('/') ? text.substr(1) : text;
  }
  if (const auto at = key.rfind(attempt_placeholder); at != std::string::npos) {
    const std::string_view after = std::string_view(key).substr(at + attempt_placeholder.size());
    if (after.empty() || after.starts_with('/')) key.erase(at, attempt_placeholder.size());
  }
  std::vector<std::string> segments = split(key, '/');
  if (segments.back().empty()) segments.pop_back();
  if (segments.empty() || segments.front() != root) {
    return fail(FailureCode::Invalid,
                format("'{}' is no {} key; it begins with {}/", text, what, root));
  }
  segments.erase(segments.begin());
  return segments;
}

/// What follows `label=`, or the whole of a segment that has no such label.
std::string value_of(std::string_view segment, std::string_view label) {
  if (segment.starts_with(label) && segment.substr(label.size()).starts_with('=')) {
    segment.remove_prefix(label.size() + 1);
  }
  return std::string(segment);
}

/// The same, where `{…}` stands for a value not given.
std::string bound_value_of(std::string_view segment, std::string_view label) {
  std::string value = value_of(segment, label);
  if (value.starts_with('{') && value.ends_with('}')) value.clear();
  return value;
}

/// Reads `[anything=]<state>[.anything]`, in any case.
template <json::NamedEnum E>
std::optional<E> state_of(std::string_view text) {
  const std::string low = lower(text);
  for (std::size_t at = 0; at < low.size(); ++at) {
    if (at > 0 && low[at - 1] != '=') continue;
    const std::string_view rest = std::string_view(low).substr(at);
    if (const auto state = json::from_name<E>(rest.substr(0, rest.find('.')))) return state;
  }
  return std::nullopt;
}

/// Sets each of `values` from the segment of its label; Invalid where one is absent or empty.
Result<> take_names(const std::vector<std::string>& segments, std::string_view text,
                    std::span<const std::pair<std::string_view, std::string*>> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& [label, target] = values[i];
    if (i < segments.size()) *target = value_of(segments[i], label);
    if (target->empty()) return fail(FailureCode::Invalid, format("'{}' has no {}=", text, label));
  }
  return {};
}

tl::unexpected<Failure> too_long(std::string_view text, std::string_view segment,
                                 std::string_view what) {
  return fail(FailureCode::Invalid,
              format("'{}' is no {} key: '{}' has no place in one", text, what, segment));
}

}  // namespace

Result<ManifestKey> parse_manifest_key(std::string_view text) {
  auto segments = segments_of(text, "datasets", "manifest");
  if (!segments) return pass(std::move(segments));
  if (segments->size() > 2 && segments->back() == "manifest.json") segments->pop_back();
  ManifestKey key;
  const std::array<std::pair<std::string_view, std::string*>, 2> names = {
      {{"name", &key.dataset.name}, {"version", &key.dataset.version}}};
  if (auto taken = take_names(*segments, text, names); !taken) return pass(std::move(taken));
  const std::size_t count = segments->size();
  if (count > 2) key.lot = bound_value_of((*segments)[2], "lot");
  if (count > 3) key.state = state_of<ManifestState>((*segments)[3]);
  if (count > 4) {
    const std::string& segment = (*segments)[4];
    const bool named = segment.starts_with("attempt=");
    if (count > 5 || (!named && !(key.state && has_attempt(*key.state)))) {
      return too_long(text, segments->back(), "manifest");
    }
    std::string attempt = bound_value_of(segment, "attempt");
    if (!attempt.empty()) key.attempt = std::move(attempt);
  }
  return key;
}

Result<ArcStateKey> parse_arc_state_key(std::string_view text) {
  auto segments = segments_of(text, "arcs", "arc state");
  if (!segments) return pass(std::move(segments));
  ArcStateKey key;
  const std::array<std::pair<std::string_view, std::string*>, 3> names = {
      {{"project", &key.project.name}, {"version", &key.project.version}, {"arc", &key.arc}}};
  if (auto taken = take_names(*segments, text, names); !taken) return pass(std::move(taken));
  const std::size_t count = segments->size();
  if (count > 5 || (count == 4 && segments->back() == "arc.json")) {
    return too_long(text, segments->back(), "arc state");
  }
  if (count > 3) key.lot = bound_value_of((*segments)[3], "lot");
  if (count > 4) key.state = state_of<ArcState>((*segments)[4]);
  return key;
}

Result<std::string> attempt_of_members_key(std::string_view key) {
  constexpr std::string_view suffix = ".jsonl";
  std::string_view name = key.substr(key.rfind('/') + 1);
  if (name.ends_with(suffix)) {
    name.remove_suffix(suffix.size());
    const auto dot = name.find('.');
    if (dot != 0 && dot != std::string_view::npos && dot + 1 < name.size()) {
      return std::string(name.substr(dot + 1));
    }
  }
  return fail(FailureCode::Invalid,
              format("'{}' is no key of a members file; it ends in <lot>.<attempt>.jsonl", key));
}

namespace {

/// A placeholder and what stands for it.
using Filling = std::pair<std::string_view, std::string_view>;

std::string fill(std::string_view text, std::span<const Filling> fillings) {
  std::string result;
  while (!text.empty()) {
    const auto found = std::ranges::find_if(
        fillings, [&](const Filling& filling) { return text.starts_with(filling.first); });
    if (found == fillings.end()) {
      result += text.front();
      text.remove_prefix(1);
    } else {
      result += found->second;
      text.remove_prefix(found->first.size());
    }
  }
  return result;
}

}  // namespace

std::string expand_template(std::string_view text, std::string_view lot, ManifestState state,
                            std::string_view attempt) {
  const std::string lot_text = percent_encode_path(lot);
  const std::string_view state_text = json::name_of(state);
  const bool with_attempt = has_attempt(state) && !attempt.empty();
  const std::string tail = with_attempt ? "/attempt=" + percent_encode_path(attempt) : "";
  const std::array<Filling, 3> literal = {
      {{"{lot}", lot_text}, {"{state}", state_text}, {attempt_placeholder, tail}}};
  const std::array<Filling, 6> encoded = {{{"%7Blot%7D", lot_text},
                                           {"%7Bstate%7D", state_text},
                                           {"%7B/attempt*%7D", tail},
                                           {"%7blot%7d", lot_text},
                                           {"%7bstate%7d", state_text},
                                           {"%7b/attempt*%7d", tail}}};
  // In a literal template `%7Blot%7D` is part of a name.
  const bool is_literal = std::ranges::any_of(literal, [&](const Filling& filling) {
    return text.find(filling.first) != std::string_view::npos;
  });
  return is_literal ? fill(text, literal) : fill(text, encoded);
}

}  // namespace cls::record
