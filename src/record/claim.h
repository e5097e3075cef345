// SPDX-License-Identifier: Apache-2.0
// Claim: the one authority over (arc, lot). docs/formats/claim.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "json/fields.h"
#include "record/places.h"

namespace cls::record {

enum class ClaimState : std::uint8_t { running, retrying, committed, ended };
enum class ClaimResult : std::uint8_t { complete, partial, missing };

}  // namespace cls::record

namespace cls::json {
template <>
inline constexpr auto names_of<record::ClaimState> =
    Names<record::ClaimState, 4>{{{record::ClaimState::running, "running"},
                                  {record::ClaimState::retrying, "retrying"},
                                  {record::ClaimState::committed, "committed"},
                                  {record::ClaimState::ended, "ended"}}};
template <>
inline constexpr auto names_of<record::ClaimResult> =
    Names<record::ClaimResult, 3>{{{record::ClaimResult::complete, "complete"},
                                   {record::ClaimResult::partial, "partial"},
                                   {record::ClaimResult::missing, "missing"}}};
}  // namespace cls::json

namespace cls::record {

/// A process, so that its death can be told on the same host.
struct Owner {
  std::string id;  ///< `<host>:<boot id>:<pid namespace>:<pid>:<start ticks>:<ULID>`
  std::string host;
  std::string boot;
  std::string pidNamespace;
  std::uint64_t pid = 0;
  std::uint64_t startTime = 0;

  bool operator==(const Owner&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("id", &Owner::id, "all of it in one text"),
                 json::required("host", &Owner::host, "host name"),
                 json::required("boot", &Owner::boot, "boot id"),
                 json::required("pidNamespace", &Owner::pidNamespace, "pid namespace"),
                 json::required("pid", &Owner::pid, "process id"),
                 json::required("startTime", &Owner::startTime, "start time in clock ticks")};
};

struct ClaimSource {
  std::string manifest;
  std::string revision;

  bool operator==(const ClaimSource&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("manifest", &ClaimSource::manifest, "URI"),
                 json::required("revision", &ClaimSource::revision, "content revision")};
};

struct ClaimSink {
  std::string manifest;  ///< URI of the public manifest
  ManifestState state = ManifestState::complete;
  std::string sha256;   ///< of the manifest's bytes
  std::string members;  ///< key of the members file; holds the attempt
  std::string revision;
  std::uint64_t number = 1;
  bool published = false;
  /// Attempt of the revision this one replaces; null for the first (docs/adr/0002).
  std::optional<std::string> former = {};

  bool operator==(const ClaimSink&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("manifest", &ClaimSink::manifest, "URI of the public manifest"),
      json::required("state", &ClaimSink::state, "state of the manifest"),
      json::required("sha256", &ClaimSink::sha256, "of the manifest's bytes"),
      json::required("members", &ClaimSink::members, "key of the members file"),
      json::required("revision", &ClaimSink::revision, "content revision"),
      json::required("number", &ClaimSink::number, "counts the publications of the lot"),
      json::required("published", &ClaimSink::published, "seen at its key"),
      json::optional("former", &ClaimSink::former, "attempt of the revision it replaces")};
};

struct ClaimError {
  std::string code;
  std::string message;
  std::string attempt;

  bool operator==(const ClaimError&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("code", &ClaimError::code, "what kind"),
                 json::required("message", &ClaimError::message, "what happened"),
                 json::required("attempt", &ClaimError::attempt, "in which attempt")};
};

struct Claim {
  std::uint64_t version = 1;
  std::string project;
  std::string projectVersion;
  std::string arc;
  std::string lot;
  ClaimState state = ClaimState::running;
  std::optional<ClaimResult> result = {};
  std::uint64_t epoch = 1;
  std::optional<Owner> owner = {};
  std::uint64_t leaseSec = 60;
  std::uint64_t beat = 0;
  std::string nonce;
  std::string attempt;
  std::uint64_t attempts = 0;
  std::uint64_t lostAttempts = 0;
  std::string declaration;
  std::map<std::string, ClaimSource> sources;
  std::map<std::string, ClaimSink> sinks;
  std::vector<std::string> condemned;
  std::optional<ClaimError> error = {};
  std::optional<std::string> startedAt = {};
  std::optional<std::string> committedAt = {};  ///< of the lot's first commit; later ones keep it

  bool operator==(const Claim&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("version", &Claim::version, "format version, 1"),
      json::required("project", &Claim::project, "project name"),
      json::required("projectVersion", &Claim::projectVersion, "project version"),
      json::required("arc", &Claim::arc, "arc name"),
      json::required("lot", &Claim::lot, "lot id"),
      json::required("state", &Claim::state, "running, retrying, committed or ended"),
      json::optional("result", &Claim::result, "null, complete, partial or missing"),
      json::required("epoch", &Claim::epoch, "fencing token, +1 per claim"),
      json::optional("owner", &Claim::owner, "who holds it; null when nobody does"),
      json::required("leaseSec", &Claim::leaseSec, "seconds without a beat before it is lost"),
      json::required("beat", &Claim::beat, "+1 per write"),
      json::required("nonce", &Claim::nonce, "fresh per claim, so that no ETag comes back"),
      json::required("attempt", &Claim::attempt, "ULID of the present or last attempt"),
      json::required("attempts", &Claim::attempts, "attempts that failed"),
      json::required("lostAttempts", &Claim::lostAttempts, "attempts whose owner died"),
      json::required("declaration", &Claim::declaration, "SHA-256 of the arc as deployed"),
      json::required("sources", &Claim::sources, "role to manifest and revision"),
      json::required("sinks", &Claim::sinks, "of the last commit"),
      json::required("condemned", &Claim::condemned, "attempts that clean deletes"),
      json::optional("error", &Claim::error, "of the last failed attempt"),
      json::optional("startedAt", &Claim::startedAt, "start of the present or last attempt"),
      json::optional("committedAt", &Claim::committedAt, "first commit of the lot")};
};

}  // namespace cls::record
