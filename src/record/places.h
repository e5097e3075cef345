// SPDX-License-Identifier: Apache-2.0
// Places: the URI of every record. Grammar and vectors: docs/formats/uris.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/uri.h"
#include "lot/lot_id.h"
#include "model/types.h"

namespace cls::record {

enum class StoreKind : std::uint8_t { Metadata, ArcState, Manifest };

/// `[<stage lower-case>-]clusterless-<kind>-<account>-<region>`; provider local is account `local`,
/// region `home`.
std::string store_name(const model::Placement& placement, StoreKind kind);

/// The placement and kind that a bucket's name says; nullopt for other buckets. `provider` is
/// `local` for account `local` and region `home`, else `aws`.
struct StoreName {
  model::Placement placement;
  StoreKind kind = StoreKind::Metadata;
};
std::optional<StoreName> parse_store_name(std::string_view bucket);

enum class ManifestState : std::uint8_t { complete, partial, empty, removed };
enum class ArcState : std::uint8_t { running, complete, partial, missing };

/// The URIs of one placement's records. All names are raw, never case-converted.
class Places {
 public:
  explicit Places(model::Placement placement) : placement_(std::move(placement)) {}
  const model::Placement& placement() const { return placement_; }

  // Metadata store.
  Uri project(const model::ProjectId& project) const;
  Uri materials(const model::ProjectId& project) const;
  Uri dataset(const model::DatasetId& dataset) const;
  Uri arc(const model::ProjectId& project, std::string_view arc) const;
  Uri boundary(const model::ProjectId& project, std::string_view boundary) const;
  Uri arc_subscription(const model::ProjectId& project, std::string_view arc) const;
  Uri boundary_subscription(const model::ProjectId& project, std::string_view boundary) const;
  Uri bootstrap() const;        ///< metadata.json
  Uri projects_prefix() const;  ///< below it all project.json

  // Arc-state store.
  Uri segment(const model::ProjectId& project, std::string_view boundary,
              std::uint64_t number) const;
  Uri segments_prefix(const model::ProjectId& project, std::string_view boundary) const;
  Uri claim(const model::ProjectId& project, std::string_view arc, const lot::LotId& lot) const;
  Uri claims_prefix(const model::ProjectId& project, std::string_view arc) const;
  Uri members(const model::ProjectId& project, std::string_view arc, const lot::LotId& lot,
              std::string_view attempt) const;
  /// `members/project=…/version=…/arc=…/` or, with a lot, the beginning of its attempts: `…/L.`.
  Uri members_prefix(const model::ProjectId& project, std::string_view arc,
                     const std::optional<lot::LotId>& lot = {}) const;
  /// The n-th record of what an attempt is about to overwrite, from 1.
  Uri overwrites(const model::ProjectId& project, std::string_view arc, const lot::LotId& lot,
                 std::string_view attempt, std::size_t number) const;
  Uri overwrites_prefix(const model::ProjectId& project, std::string_view arc) const;
  Uri all_overwrites() const;  ///< below it those of all arcs
  Uri arc_state(const model::ProjectId& project, std::string_view arc, const lot::LotId& lot,
                ArcState state) const;
  /// `arcs/project=…/version=…/arc=…/` or, with a lot, `…/lot=…/`.
  Uri arc_state_path(const model::ProjectId& project, std::string_view arc,
                     const std::optional<lot::LotId>& lot) const;

  // Manifest store.
  /// `attempt` is for partial and removed only.
  Uri manifest(const model::DatasetId& dataset, const lot::LotId& lot, ManifestState state,
               std::string_view attempt = "") const;
  /// `…/parts/00000.json` beside the manifest.
  Uri manifest_part(const Uri& manifest, std::size_t number) const;
  Uri manifests_prefix(const model::DatasetId& dataset) const;
  Uri private_manifest(const model::ProjectId& project, std::string_view arc,
                       std::string_view attempt, const model::DatasetId& dataset,
                       const lot::LotId& lot, ManifestState state) const;
  Uri private_path(const model::ProjectId& project, std::string_view arc,
                   std::string_view attempt) const;
  Uri private_prefix(const model::ProjectId& project, std::string_view arc) const;

  // Templates, with `{lot}`, `{state}` and `{/attempt*}` literal.
  std::string manifest_template(const model::DatasetId& dataset) const;
  /// With `state=complete` bound: `sourceManifestPaths` of the workload contract.
  std::string source_manifest_template(const model::DatasetId& dataset) const;
  /// Into the attempt's private prefix: what process workloads are given.
  std::string private_manifest_template(const model::ProjectId& project, std::string_view arc,
                                        std::string_view attempt,
                                        const model::DatasetId& dataset) const;

 private:
  model::Placement placement_;
};

/// What a manifest's key says.
struct ManifestKey {
  model::DatasetId dataset;
  std::string lot;
  std::optional<ManifestState> state;
  std::optional<std::string> attempt;
};
/// Reads a manifest URI, an absolute or a bare key (vectors U14–U23, with the defects of F34
/// mended: names with `+`, `=` survive).
Result<ManifestKey> parse_manifest_key(std::string_view text);

/// What an arc state's key says: the state is the last segment's, never a word in a name (A11).
struct ArcStateKey {
  model::ProjectId project;
  std::string arc;
  std::string lot;
  std::optional<ArcState> state;
};
Result<ArcStateKey> parse_arc_state_key(std::string_view text);

/// The members key holds the attempt: `…/L.<attempt>.jsonl`.
Result<std::string> attempt_of_members_key(std::string_view key);

/// Fills a manifest template: lot, state, and `/attempt=…` where given.
std::string expand_template(std::string_view text, std::string_view lot, ManifestState state,
                            std::string_view attempt = "");

}  // namespace cls::record

namespace cls::json {
template <>
inline constexpr auto names_of<record::ManifestState> =
    Names<record::ManifestState, 4>{{{record::ManifestState::complete, "complete"},
                                     {record::ManifestState::partial, "partial"},
                                     {record::ManifestState::empty, "empty"},
                                     {record::ManifestState::removed, "removed"}}};
template <>
inline constexpr auto names_of<record::ArcState> =
    Names<record::ArcState, 4>{{{record::ArcState::running, "running"},
                                {record::ArcState::complete, "complete"},
                                {record::ArcState::partial, "partial"},
                                {record::ArcState::missing, "missing"}}};
}  // namespace cls::json
