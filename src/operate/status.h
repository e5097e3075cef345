// SPDX-License-Identifier: Apache-2.0
// Status: how everything stands: boundaries, datasets, arcs, and what needs somebody's attention.
// Shape: docs/formats/reports.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "flow/deployment.h"
#include "flow/ledger_log.h"
#include "json/fields.h"
#include "operate/report.h"
#include "operate/report_filter.h"
#include "store/object_store.h"

namespace cls::operate {

struct BoundaryStatus {
  model::Placement placement = {};
  model::ProjectId project = {};
  std::string name = {};
  bool enabled = false;
  std::uint64_t openLots = 0;
  std::optional<std::string> lastArrival = {};
  std::optional<std::string> lastLot = {};
  std::uint64_t rejected = 0;
  std::uint64_t late = 0;
  std::uint64_t unread = 0;

  bool operator==(const BoundaryStatus&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("placement", &BoundaryStatus::placement, "where it is deployed"),
      json::required("project", &BoundaryStatus::project, "whose it is"),
      json::required("name", &BoundaryStatus::name, "its name"),
      json::required("enabled", &BoundaryStatus::enabled, "whether it takes part"),
      json::required("openLots", &BoundaryStatus::openLots, "lots the ledger has, not closed"),
      json::required("lastArrival", &BoundaryStatus::lastArrival, "latest firstSeen in the ledger"),
      json::required("lastLot", &BoundaryStatus::lastLot, "the last closed lot"),
      json::required("rejected", &BoundaryStatus::rejected, "versions in no lot"),
      json::required("late", &BoundaryStatus::late, "versions in a later lot than their own"),
      json::required("unread", &BoundaryStatus::unread, "objects that are in no ledger yet")};
};

struct DatasetStatus {
  model::Placement placement = {};
  model::DatasetId dataset = {};
  std::optional<std::string> lastLot = {};
  std::uint64_t complete = 0;
  std::uint64_t empty = 0;
  std::uint64_t partial = 0;
  std::uint64_t removed = 0;
  std::uint64_t members = 0;
  std::uint64_t bytes = 0;

  bool operator==(const DatasetStatus&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("placement", &DatasetStatus::placement, "where it is"),
                 json::required("dataset", &DatasetStatus::dataset, "name and version"),
                 json::required("lastLot", &DatasetStatus::lastLot, "the last complete or empty"),
                 json::required("complete", &DatasetStatus::complete, "lots"),
                 json::required("empty", &DatasetStatus::empty, "lots"),
                 json::required("partial", &DatasetStatus::partial, "lots with nothing better"),
                 json::required("removed", &DatasetStatus::removed, "lots with nothing else"),
                 json::required("members", &DatasetStatus::members, "of the current revisions"),
                 json::required("bytes", &DatasetStatus::bytes, "of these members")};
};

struct ArcStatus {
  model::Placement placement = {};
  model::ProjectId project = {};
  std::string name = {};
  bool enabled = false;
  std::uint64_t queued = 0;
  std::uint64_t running = 0;
  std::uint64_t retrying = 0;
  std::uint64_t waiting = 0;
  std::uint64_t complete = 0;
  std::uint64_t partial = 0;
  std::uint64_t missing = 0;
  std::optional<std::string> oldestRunning = {};
  std::int64_t lagSec = 0;

  bool operator==(const ArcStatus&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("placement", &ArcStatus::placement, "where it is deployed"),
                 json::required("project", &ArcStatus::project, "whose it is"),
                 json::required("name", &ArcStatus::name, "its name"),
                 json::required("enabled", &ArcStatus::enabled, "whether it takes part"),
                 json::required("queued", &ArcStatus::queued, "lots in the queue"),
                 json::required("running", &ArcStatus::running, "lots"),
                 json::required("retrying", &ArcStatus::retrying, "lots that are tried again"),
                 json::required("waiting", &ArcStatus::waiting, "own lots that nobody took yet"),
                 json::required("complete", &ArcStatus::complete, "lots"),
                 json::required("partial", &ArcStatus::partial, "lots"),
                 json::required("missing", &ArcStatus::missing, "lots"),
                 json::required("oldestRunning", &ArcStatus::oldestRunning, "start of its attempt"),
                 json::required("lagSec", &ArcStatus::lagSec, "age of the oldest unfinished lot")};
};

/// Something that needs a person.
struct StatusProblem {
  std::string subject = {};
  std::optional<std::string> lot = {};
  std::string message = {};
  std::optional<std::string> hint = {};  ///< what to do about it

  bool operator==(const StatusProblem&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("subject", &StatusProblem::subject, "arc, boundary or record"),
                 json::required("lot", &StatusProblem::lot, "of which lot"),
                 json::required("message", &StatusProblem::message, "what is wrong"),
                 json::required("hint", &StatusProblem::hint, "what to do")};
};

struct StatusReport {
  std::string home = {};
  std::string at = {};
  std::vector<BoundaryStatus> boundaries = {};
  std::vector<DatasetStatus> datasets = {};
  std::vector<ArcStatus> arcs = {};
  std::vector<StatusProblem> problems = {};
  std::uint64_t damagedRecords = 0;

  bool operator==(const StatusReport&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("home", &StatusReport::home, "of which home"),
                 json::required("at", &StatusReport::at, "when it was looked at"),
                 json::required("boundaries", &StatusReport::boundaries, "where lots begin"),
                 json::required("datasets", &StatusReport::datasets, "what was made"),
                 json::required("arcs", &StatusReport::arcs, "what runs on lots"),
                 json::required("problems", &StatusReport::problems, "what needs attention"),
                 json::required("damagedRecords", &StatusReport::damagedRecords,
                                "records that cannot be read and are set aside")};
};

class StatusNotes;

/// The most problems that a status names; one more says how many are left out.
inline constexpr std::size_t problem_limit = 100;

/// What a status looks at; all of it outlives the call. `queued` may be empty; `broken_projects`
/// says of each project record that cannot be read why.
struct StatusSources {
  store::ObjectStore& store;
  const flow::Deployment& deployment;
  flow::LedgerLogs& logs;
  Instant now;
  std::string home;
  std::function<std::uint64_t(const flow::ArcRef&)> queued;
  std::vector<std::string> broken_projects = {};
  StatusNotes* notes = nullptr;  ///< what need not be read again; null: everything is read
  bool renew = false;            ///< the notes are made as if they were too old
};

/// Reads the records, or the notes where these are proved to say the same, and writes no record.
/// The filter's projects, names and labels choose the boundaries, datasets and arcs; its moments
/// choose the lots that are counted. A record that cannot be read is a problem in the report; a
/// store that does not answer is a failure.
Result<StatusReport> status(const StatusSources& sources, const ReportFilter& filter);

/// The report as text, with a newline at its end.
std::string render(const StatusReport& report, Format format, const Look& look = {});

}  // namespace cls::operate
