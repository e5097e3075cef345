// SPDX-License-Identifier: Apache-2.0
// What Metrics shows, in the text exposition format of Prometheus.
#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "base/format.h"
#include "base/process_usage.h"
#include "local/metrics.h"

namespace cls::local {

namespace {

double seconds(std::chrono::nanoseconds span) {
  return std::chrono::duration<double>(span).count();
}

std::string joined(const std::string& labels, std::string_view more) {
  if (labels.empty() || more.empty()) return labels + std::string(more);
  return labels + "," + std::string(more);
}

constexpr std::array<std::string_view, Metrics::attempt_ends> end_names{
    "complete", "partial", "missing", "retry", "released", "lost"};

}  // namespace

/// Writes one family after another: its name, then all of its samples.
class MetricsText {
 public:
  MetricsText(const Metrics& metrics, std::map<std::string, QueueCounts> queue, Instant now,
              std::chrono::nanoseconds monotonic)
      : metrics_(metrics), queue_(std::move(queue)), now_(now), monotonic_(monotonic) {}

  /// With the metrics' mutex held.
  std::string write(const std::string& version) {
    arcs();
    arc_queue();
    boundaries();
    damaged();
    process(version);
    return std::move(text_);
  }

 private:
  using Arc = Metrics::Arc;
  using Boundary = Metrics::Boundary;

  void family(std::string_view name, std::string_view type, std::string_view help) {
    text_ += format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  template <class Number>
  void sample(std::string_view name, const std::string& labels, Number value) {
    text_ += labels.empty() ? format("{} {}\n", name, value)
                            : format("{}{{{}}} {}\n", name, labels, value);
  }
  template <class Value>
  void of_arcs(std::string_view name, std::string_view type, std::string_view help, Value value) {
    family(name, type, help);
    for (const auto& [key, arc] : metrics_.arcs_) sample(name, arc.labels, value(key, arc.series));
  }
  /// Boundaries for which `value` is nullopt have no sample.
  template <class Value>
  void of_boundaries(std::string_view name, std::string_view type, std::string_view help,
                     Value value) {
    family(name, type, help);
    for (const auto& [key, boundary] : metrics_.boundaries_) {
      const auto found = value(boundary.series);
      if (found) sample(name, boundary.labels, *found);
    }
  }

  void arcs() {
    arc_lots();
    family("cls_arc_attempts_total", "counter", "Attempts that ended in this process, by result.");
    for (const auto& [key, arc] : metrics_.arcs_) {
      for (std::size_t i = 0; i < end_names.size(); ++i) {
        sample("cls_arc_attempts_total",
               joined(arc.labels, format("result=\"{}\"", end_names.at(i))),
               arc.series.attempts.at(i));
      }
    }
    durations();
    of_arcs("cls_arc_oldest_running_seconds", "gauge",
            "How long the oldest attempt of this process has been running; 0 without any.",
            [this](const std::string&, const Metrics::ArcSeries& series) {
              std::chrono::nanoseconds oldest{0};
              for (const auto& [lot, began] : series.running) {
                oldest = std::max(oldest, monotonic_ - began);
              }
              return seconds(oldest);
            });
    of_arcs("cls_arc_dead_letters", "gauge",
            "Lots that ended partial or missing: nothing more happens to them without cls retry.",
            [](const std::string&, const Metrics::ArcSeries& series) {
              return series.lots.partial.count() + series.lots.missing.count();
            });
    of_arcs("cls_arc_record_failures_total", "counter",
            "Looks at a lot that failed because a record could not be read or written.",
            [](const std::string&, const Metrics::ArcSeries& series) {
              return series.record_failures;
            });
  }

  void arc_lots() {
    constexpr std::string_view name = "cls_arc_lots";
    family(name, "gauge", "Lots that have a claim, by state.");
    for (const auto& [key, arc] : metrics_.arcs_) {
      const auto& lots = arc.series.lots;
      std::uint64_t running = lots.running.count();
      std::uint64_t retrying = lots.retrying.count();
      // What runs here is not in the sets yet; one that ended before is counted as that until then.
      const auto& here = arc.series.running;
      for (auto look = here.begin(); look != here.end(); look = here.upper_bound(look->first)) {
        const auto& lot = look->first;
        if (lots.running.contains(lot) || lots.complete.contains(lot) ||
            lots.partial.contains(lot) || lots.missing.contains(lot)) {
          continue;
        }
        ++running;
        if (lots.retrying.contains(lot)) --retrying;
      }
      sample(name, joined(arc.labels, "state=\"running\""), running);
      sample(name, joined(arc.labels, "state=\"retrying\""), retrying);
      sample(name, joined(arc.labels, "state=\"complete\""), lots.complete.count());
      sample(name, joined(arc.labels, "state=\"partial\""), lots.partial.count());
      sample(name, joined(arc.labels, "state=\"missing\""), lots.missing.count());
    }
  }

  void durations() {
    const std::string name = "cls_arc_attempt_duration_seconds";
    family(name, "histogram", "How long the attempts took that ended in this process.");
    for (const auto& [key, arc] : metrics_.arcs_) {
      std::uint64_t count = 0;
      for (std::size_t i = 0; i < Metrics::duration_bounds.size(); ++i) {
        count += arc.series.durations.at(i);
        sample(name + "_bucket",
               joined(arc.labels, format("le=\"{}\"", Metrics::duration_bounds.at(i))), count);
      }
      count += arc.series.durations.back();
      sample(name + "_bucket", joined(arc.labels, "le=\"+Inf\""), count);
      sample(name + "_sum", arc.labels, arc.series.duration_sum);
      sample(name + "_count", arc.labels, count);
    }
  }

  void arc_queue() {
    const auto counts = [this](const std::string& key) {
      const auto found = queue_.find(key);
      return found == queue_.end() ? QueueCounts{} : found->second;
    };
    of_arcs("cls_arc_queue_waiting", "gauge", "Lots in the queue that nobody looks at now.",
            [&](const std::string& key, const auto&) { return counts(key).waiting; });
    of_arcs("cls_arc_queue_due", "gauge", "Of the waiting ones, those that could be taken now.",
            [&](const std::string& key, const auto&) { return counts(key).due; });
    of_arcs("cls_arc_queue_taken", "gauge", "Lots in the queue that a process has taken.",
            [&](const std::string& key, const auto&) { return counts(key).taken; });
  }

  void boundaries() {
    using Series = Metrics::BoundarySeries;
    using Number = std::optional<std::uint64_t>;
    using Real = std::optional<double>;
    of_boundaries("cls_boundary_up", "gauge",
                  "1 if the boundary takes in; 0 if it is disabled or cannot.",
                  [](const Series& series) { return Number(series.now.takes_in ? 1 : 0); });
    of_boundaries("cls_boundary_closed_lots", "gauge", "Lots that the ledger has closed.",
                  [](const Series& series) { return Number(series.now.closed_lots); });
    of_boundaries("cls_boundary_open_lots", "gauge", "Lots with objects that are not closed yet.",
                  [](const Series& series) { return Number(series.now.open_lots); });
    of_boundaries("cls_boundary_ledger_lines_total", "counter",
                  "Lines of the ledger: decisions about objects.",
                  [](const Series& series) { return Number(series.now.counts.lines); });
    of_boundaries("cls_boundary_rejected_total", "counter", "Lines that say rejected.",
                  [](const Series& series) { return Number(series.now.counts.rejected); });
    of_boundaries("cls_boundary_filtered_total", "counter", "Lines that say filtered.",
                  [](const Series& series) { return Number(series.now.counts.filtered); });
    of_boundaries("cls_boundary_late_total", "counter", "Members of a later lot than their own.",
                  [](const Series& series) { return Number(series.now.counts.late); });
    of_boundaries("cls_boundary_lag_seconds", "gauge",
                  "How long ago the interval of the oldest open lot ended; 0 where none has.",
                  [this](const Series& series) {
                    const auto end = series.now.oldest_open_end;
                    return Real(end && *end < now_ ? seconds(now_ - *end) : 0);
                  });
    of_boundaries("cls_boundary_last_closed_lot_age_seconds", "gauge",
                  "How long ago the interval of the last closed lot ended.",
                  [this](const Series& series) {
                    const auto end = series.now.last_closed_end;
                    return end ? Real(seconds(now_ - *end)) : Real();
                  });
    of_boundaries(
        "cls_boundary_last_scan_timestamp_seconds", "gauge",
        "When all of the boundary's path was last looked through.", [](const Series& series) {
          return series.scanned ? Real(seconds(series.scanned->time_since_epoch())) : Real();
        });
  }

  void damaged() {
    family("cls_damaged_records", "gauge", "Records that cannot be read and are set aside.");
    std::map<std::string, std::uint64_t> counts{
        {"claim", 0}, {"ledger", 0}, {"project", 0}, {"subscription", 0}};
    for (const auto& [of, count] : metrics_.damaged_) counts[of.first] += count;
    for (const auto& [kind, count] : counts) {
      sample("cls_damaged_records", format("kind=\"{}\"", kind), count);
    }
  }

  void process(const std::string& version) {
    family("cls_complaints_total", "counter", "Lines of the level error about what was not done.");
    sample("cls_complaints_total", "", metrics_.complaints_.load());
    family("cls_build_info", "gauge", "Always 1; the version is a label.");
    sample("cls_build_info", format("version=\"{}\"", label_value(version)), 1);
    const ProcessUsage usage = process_usage();
    family("process_start_time_seconds", "gauge", "When the process was started.");
    sample("process_start_time_seconds", "", usage.started);
    family("process_cpu_seconds_total", "counter", "Processor time used.");
    sample("process_cpu_seconds_total", "", usage.cpu_seconds);
    family("process_resident_memory_bytes", "gauge", "Memory in use.");
    sample("process_resident_memory_bytes", "", usage.resident_bytes);
    family("process_open_fds", "gauge", "Open file descriptors.");
    sample("process_open_fds", "", usage.open_descriptors);
    family("process_max_fds", "gauge", "How many there may be.");
    sample("process_max_fds", "", usage.most_descriptors);
  }

  const Metrics& metrics_;
  std::map<std::string, QueueCounts> queue_;
  Instant now_;
  std::chrono::nanoseconds monotonic_;
  std::string text_;
};

std::string Metrics::text(const Clock& clock, const std::string& version) {
  auto queued = queue(clock);
  const std::lock_guard lock(mutex_);
  return MetricsText(*this, std::move(queued), clock.now(), clock.monotonic()).write(version);
}

}  // namespace cls::local
