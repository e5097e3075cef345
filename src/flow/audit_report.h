// SPDX-License-Identifier: Apache-2.0
// AuditReport: what an audit looked at and what it found. docs/audit.md, docs/formats/reports.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "json/fields.h"
#include "json/names.h"

namespace cls::flow {

/// One promise of the design: what was looked at, and how often it was found broken.
struct PromiseCheck {
  unsigned promise = 0;
  std::uint64_t lots = 0;
  std::uint64_t members = 0;
  std::uint64_t bytes = 0;
  std::uint64_t violations = 0;
  bool checked = false;  ///< false: nothing was looked at, so nothing is said

  bool operator==(const PromiseCheck&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("promise", &PromiseCheck::promise, "its number, 1 to 6"),
      json::required("lots", &PromiseCheck::lots, "lots looked at"),
      json::required("members", &PromiseCheck::members, "members looked at"),
      json::required("bytes", &PromiseCheck::bytes, "bytes of what was looked at"),
      json::required("violations", &PromiseCheck::violations, "how often it is broken"),
      json::required("checked", &PromiseCheck::checked, "whether anything was looked at")};
};

/// One thing that is not as promised. Texts that do not apply are null.
struct AuditViolation {
  unsigned promise = 0;
  std::optional<std::string> dataset;  ///< `name/version`
  std::optional<std::string> arc;      ///< `project/version name`
  std::optional<std::string> lot;
  std::optional<std::string> uri;
  std::string message;

  auto operator<=>(const AuditViolation&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("promise", &AuditViolation::promise, "which promise is broken"),
      json::required("dataset", &AuditViolation::dataset, "of which dataset"),
      json::required("arc", &AuditViolation::arc, "of which arc"),
      json::required("lot", &AuditViolation::lot, "of which lot"),
      json::required("uri", &AuditViolation::uri, "the record or object"),
      json::required("message", &AuditViolation::message, "what is wrong, what would be right")};
};

/// How something is mended from records: by the publication that every process does.
enum class RepairAction : std::uint8_t {
  publishLot,     ///< of a closed lot, from the ledger
  publishCommit,  ///< of a commit, from the claim: manifests, `.arc` object, `published` marks
};

}  // namespace cls::flow

namespace cls::json {
template <>
inline constexpr auto names_of<flow::RepairAction> =
    Names<flow::RepairAction, 2>{{{flow::RepairAction::publishLot, "publish lot"},
                                  {flow::RepairAction::publishCommit, "publish commit"}}};
}  // namespace cls::json

namespace cls::flow {

/// Something that can be mended from records; flow/repair.h does it.
struct AuditRepair {
  RepairAction action = RepairAction::publishLot;
  std::optional<std::string> boundary;  ///< `project/version name`
  std::optional<std::string> arc;       ///< the same; one of the two
  std::string lot;
  std::string uri;  ///< of the manifest or `.arc` object that is wrong
  std::string why;
  bool done = false;
  std::optional<std::string> failure = {};  ///< why it could not be done

  bool operator==(const AuditRepair&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("action", &AuditRepair::action, "publish lot or publish commit"),
                 json::required("boundary", &AuditRepair::boundary, "whose ledger closed the lot"),
                 json::required("arc", &AuditRepair::arc, "whose claim committed it"),
                 json::required("lot", &AuditRepair::lot, "of which lot"),
                 json::required("uri", &AuditRepair::uri, "the record that is mended"),
                 json::required("why", &AuditRepair::why, "what is wrong with it"),
                 json::required("done", &AuditRepair::done, "whether it was mended"),
                 json::required("failure", &AuditRepair::failure, "why it could not be")};
};

/// What an audit says. The notes are for people: things seen that break no promise.
struct AuditReport {
  std::vector<PromiseCheck> promises;  ///< 1 to 6, in order
  std::vector<AuditViolation> violations;
  std::vector<std::string> notes;
  std::optional<std::string> since = {};  ///< the first lot that was looked at
  std::uint64_t left_out = 0;             ///< lots of boundaries and arcs before it
  std::vector<AuditRepair> repairs = {};  ///< what can be mended from records

  bool operator==(const AuditReport&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("promises", &AuditReport::promises, "per promise, what was looked at"),
      json::required("violations", &AuditReport::violations, "all that is not as promised"),
      json::required("since", &AuditReport::since, "the first lot that was looked at"),
      json::required("leftOut", &AuditReport::left_out, "lots before it, not looked at"),
      json::required("repairs", &AuditReport::repairs, "what can be mended from records")};
};

/// Collects what the checks find. Keeps at most `limit` violations and as many repairs, and counts
/// all of them.
class AuditFindings {
 public:
  explicit AuditFindings(std::size_t limit);

  /// The counts of promise 1 to 6.
  PromiseCheck& promise(unsigned number) { return promises_.at(number - 1); }
  void add(AuditViolation violation);
  void note(std::string text) { notes_.push_back(std::move(text)); }
  /// One per lot of a boundary or an arc: what comes for the lot that came last is dropped.
  void can_mend(AuditRepair repair);
  void leave_out(std::uint64_t lots) { left_out_ += lots; }

  /// Everything found, violations in the order of promise, dataset, arc, lot and URI.
  AuditReport report() &&;

 private:
  std::size_t limit_;
  std::uint64_t dropped_ = 0;
  std::array<PromiseCheck, 6> promises_{};
  std::vector<AuditViolation> violations_;
  std::vector<std::string> notes_;
  std::uint64_t left_out_ = 0;
  std::vector<AuditRepair> repairs_;
  std::uint64_t dropped_repairs_ = 0;
};

}  // namespace cls::flow
