// SPDX-License-Identifier: Apache-2.0
#include "work/overwrites.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <utility>

#include "base/format.h"
#include "base/parallel.h"
#include "flow/conditional.h"
#include "record/overwrites.h"

namespace cls::work {

namespace {

/// How often others may have changed what was just put on record.
constexpr int most_rounds = 20;

LeftOver left_over(Failure failure, const InTheWayOfJobs& found) {
  LeftOver left{std::move(failure), {}};
  for (const auto& [job, object] : found) left.jobs.push_back(job);
  return left;
}

}  // namespace

Result<> Overwrites::put_on_record(const std::string& role, const InTheWayOfJobs& objects) {
  const auto& project = context_.project.project;
  record::OverwritesFile file{.head = {.project = project.name,
                                       .projectVersion = project.version,
                                       .arc = context_.arc.name,
                                       .lot = context_.lot.to_string(),
                                       .attempt = context_.attempt},
                              .lines = {}};
  for (auto next = objects.begin(); next != objects.end();) {
    file.lines.clear();
    for (; next != objects.end() && file.lines.size() < record::overwrites_line_limit; ++next) {
      const InTheWay& object = next->second;
      file.lines.push_back({.role = role,
                            .uri = object.uri.to_string(),
                            .superseded = object.etag,
                            .size = object.size,
                            .sha256 = object.sha256});
    }
    const Uri uri = context_.places.overwrites(project, context_.arc.name, context_.lot,
                                               context_.attempt, ++stored_);
    auto written = flow::put_or_read(store_, uri, record::write_overwrites(file));
    if (!written) return pass(std::move(written));
    if (!written->ours) {
      return fail(FailureCode::Conflict,
                  format("{} is there already with other bytes", uri.to_string()));
    }
  }
  return {};
}

std::optional<LeftOver> for_each_writing_job(std::size_t count,
                                             const flow::WorkloadContext& context,
                                             Overwrites& overwrites, const std::string& role,
                                             const WritingJob& job) {
  std::vector<std::size_t> open(count);
  std::iota(open.begin(), open.end(), std::size_t{0});
  InTheWayOfJobs recorded;
  for (int round = 0; round < most_rounds; ++round) {
    InTheWayOfJobs found;
    std::mutex mutex;
    std::atomic<bool> going_on = true;
    for_each_job(open.size(), context.arc.parallel, context.stop, [&](std::size_t k) {
      const auto known = recorded.find(open[k]);
      auto done =
          job(open[k], known == recorded.end() ? std::nullopt : std::optional(known->second.etag));
      if (done.in_the_way) {
        const std::lock_guard lock(mutex);
        found.emplace(open[k], std::move(*done.in_the_way));
      }
      if (!done.go_on) going_on = false;
      return done.go_on;
    });
    if (found.empty() || !going_on || context.stop.stop_requested()) return std::nullopt;
    open.clear();
    for (const auto& [i, object] : found) open.push_back(i);
    auto stored = overwrites.put_on_record(role, found);
    if (!stored) return left_over(std::move(stored).error(), found);
    recorded = std::move(found);
  }
  return left_over({FailureCode::Unavailable, format("{} is overwritten by others all the time",
                                                     recorded.begin()->second.uri.to_string())},
                   recorded);
}

}  // namespace cls::work
