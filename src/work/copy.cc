// SPDX-License-Identifier: Apache-2.0
#include "work/copy.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include "base/format.h"
#include "base/parallel.h"
#include "base/text.h"
#include "work/copy_jobs.h"
#include "work/data_keys.h"
#include "work/overwrites.h"
#include "work/source_version.h"

namespace cls::work {

namespace {

using flow::Failed;
using record::MemberLine;

constexpr std::size_t causes_shown = 3;

/// What became of one object.
using Copied = std::variant<MemberLine, InTheWay>;

/// How many of `count` objects may fail. The product of a fraction such as 0.07 and 100 lies a
/// little above the whole number that is meant.
std::size_t allowed_failures(std::size_t count, double fraction) {
  return static_cast<std::size_t>(std::ceil(static_cast<double>(count) * fraction - 1e-9));
}

/// Copies the jobs of one sink.
class SinkCopy {
 public:
  SinkCopy(store::ObjectStore& store, const flow::WorkloadContext& context,
           const model::CopyPlan& plan, Overwrites& overwrites, std::string role)
      : store_(store),
        context_(context),
        overwrites_(overwrites),
        keys_(store, plan.on_conflict, context.lot, context.attempt),
        role_(std::move(role)),
        fraction_(plan.partial_fraction) {}

  void run(const CopyJobs& jobs) {
    job_count_ = jobs.size();
    lines_.resize(job_count_);
    allowed_ = allowed_failures(jobs.size(), fraction_);
    const auto work = [&](std::size_t i, std::optional<std::string> recorded) -> JobDone {
      const CopyJob job = jobs[i];
      auto copied = copy(job, std::move(recorded));
      if (!copied) return {.go_on = note(std::move(copied).error())};
      if (auto* object = std::get_if<InTheWay>(&*copied)) return {.in_the_way = std::move(*object)};
      take(i, std::get<MemberLine>(*copied), job);
      return {};
    };
    const auto left = for_each_writing_job(jobs.size(), context_, overwrites_, role_, work);
    if (!left) return;
    for (std::size_t n = 0; n < left->jobs.size() && note(left->failure); ++n) {
    }
  }

  /// To be called once, after run().
  flow::SinkOutput take_output() {
    flow::SinkOutput output{.role = role_, .state = {}, .members = {}, .comment = std::nullopt};
    output.members = std::move(lines_);
    output.members.drop_unset();
    output.state = has_member_ ? record::ManifestState::complete : record::ManifestState::empty;
    if (!failures_.empty()) output.comment = summary();
    return output;
  }

  /// What the failures come to: nothing, a tolerated failure, or one that ends the attempt.
  std::optional<Failed> failure() const {
    if (failures_.empty()) return std::nullopt;
    Failed failed{.code = "Copy", .message = summary(), .partial = {}};
    failed.tolerated = !fatal_ && failures_.size() <= allowed_;
    return failed;
  }
  bool must_not_vanish() const { return vanished_of_failing_source_; }

 private:
  Result<Copied> copy(const CopyJob& job, std::optional<std::string> recorded) {
    if (!recorded) {
      if (auto line = copy_proven(job)) return Copied(std::move(*line));
    }
    auto sight = look_at_source(store_, job.member);
    if (!sight) return pass(std::move(sight));
    if (sight->vanished) return vanished(job, *sight);
    auto placed = place(job, sight->version, std::move(recorded));
    if (!placed && placed.error().code == FailureCode::NotFound) {
      auto again = look_at_source(store_, job.member);
      if (again && again->vanished) return vanished(job, *again);
    }
    if (!placed) {
      return fail(placed.error().code, format("copy {} to {}: {}", job.member.uri.to_string(),
                                              job.target.to_string(), placed.error().message));
    }
    if (auto* object = std::get_if<InTheWay>(&*placed)) return Copied(std::move(*object));
    return judge(job, sight->version, std::get<DataPlaced>(*placed));
  }

  /// Of an object on S3: a copy that the store itself proves to be of the recorded version. Where
  /// there is none the long way finds out why.
  std::optional<MemberLine> copy_proven(const CopyJob& job) const {
    const auto& version = job.member.version;
    if (!version || !version->etag || version->sha256 || version->versionId) return std::nullopt;
    auto copied = store_.copy_version_if_absent(
        {.uri = job.member.uri, .size = version->size, .modified = {}, .etag = *version->etag},
        job.target);
    if (!copied) return std::nullopt;
    MemberLine line = line_of(job, *version);
    line.size = copied->size;
    line.etag = std::move(copied->etag);
    return line;
  }

  Result<Placing> place(const CopyJob& job, const record::ObjectVersion& version,
                        std::optional<std::string> recorded) const {
    const auto expected = [&]() -> Result<std::string> {
      if (version.sha256) return *version.sha256;
      auto digested = digest_object(store_, job.member.uri);
      if (!digested) return pass(std::move(digested));
      return std::move(digested->sha256);
    };
    return keys_.place({.from = job.member.uri,
                        .wanted = job.target,
                        .size = version.size,
                        .sha256 = expected,
                        .recorded = std::move(recorded)});
  }

  /// Decides whether what was written is the recorded version.
  Result<Copied> judge(const CopyJob& job, const record::ObjectVersion& version,
                       const DataPlaced& placed) {
    const bool matches = placed.matches(version.size);
    if (matches && version.sha256) return Copied(member(job, version, placed));
    // Without a recorded hash, equal bytes prove a true copy, but of which version only the source
    // can tell, which has to be unchanged.
    auto again = look_at_source(store_, {job.member.uri, version});
    if (!again) return pass(std::move(again));
    if (matches && !again->vanished) return Copied(member(job, version, placed));
    if (!again->vanished) {
      auto now = other_bytes(job, version);
      if (!now) return pass(std::move(now));
      again->vanished = std::move(*now);
    }
    // What was written stays: another lot may have found it there and taken it as its own. No
    // manifest lists it unless one did.
    if (!again->vanished || !job.member.version) {
      return fail(FailureCode::Unavailable,
                  format("the copy of {} to {} has other bytes than the source: {}",
                         job.member.uri.to_string(), placed.content.info.uri.to_string(),
                         again->vanished ? "it was changed while it was copied" : "bad copy"));
    }
    if (placed.replaced) {
      return fail(FailureCode::Conflict,
                  format("{} was changed while it replaced {}", job.member.uri.to_string(),
                         job.target.to_string()));
    }
    return vanished(job, *again);
  }

  /// What the source is now if its bytes are not the recorded ones, whatever its times say.
  Result<std::optional<std::string>> other_bytes(const CopyJob& job,
                                                 const record::ObjectVersion& version) const {
    if (!version.sha256) return std::optional<std::string>();
    auto digested = digest_object(store_, job.member.uri);
    if (!digested) return pass(std::move(digested));
    if (digested->sha256 == *version.sha256) return std::optional<std::string>();
    return std::optional(format("{}, sha256 {}", describe(digested->info), digested->sha256));
  }

  MemberLine member(const CopyJob& job, const record::ObjectVersion& version,
                    const DataPlaced& placed) const {
    MemberLine line = line_of(job, version);
    line.uri = placed.content.info.uri.to_string();
    line.size = placed.content.info.size;
    line.etag = placed.content.info.etag;
    line.sha256 = placed.content.sha256;
    if (placed.wanted) line.wanted = placed.wanted->to_string();
    line.superseded = placed.superseded;
    return line;
  }

  MemberLine line_of(const CopyJob& job, const record::ObjectVersion& version) const {
    MemberLine line;
    line.role = role_;
    line.uri = job.target.to_string();
    line.source = job.member.uri.to_string();
    line.sourceVersion = record::version_text(version);
    return line;
  }

  /// The source is not the recorded version any more; its bytes may have been copied before.
  Result<Copied> vanished(const CopyJob& job, const SourceSight& sight) const {
    if (sight.version.sha256) {
      auto there = keys_.already_there(job.target, sight.version.size, *sight.version.sha256);
      if (!there) return pass(std::move(there));
      if (*there) {
        DataPlaced placed;
        placed.content = std::move(**there);
        return Copied(member(job, sight.version, placed));
      }
    }
    MemberLine line = line_of(job, sight.version);
    line.size = sight.version.size;
    if (!job.member.version) line.sourceVersion.reset();
    line.vanished = sight.vanished;
    return Copied(std::move(line));
  }

  void take(std::size_t i, const MemberLine& line, const CopyJob& job) {
    const std::lock_guard lock(mutex_);
    lines_.set(i, line);
    has_member_ = has_member_ || !line.vanished;
    const bool fails = context_.sources[job.source].overwrites == model::Overwrites::fail;
    if (line.vanished && fails) vanished_of_failing_source_ = true;
  }

  /// Keeps a failure; false where going on makes no sense.
  bool note(Failure failure) {
    const std::lock_guard lock(mutex_);
    if (failure.code == FailureCode::Denied || failure.code == FailureCode::NoSpace) {
      if (!fatal_) fatal_ = failure;
    }
    failures_.push_back(std::move(failure));
    return !fatal_ && failures_.size() <= allowed_;
  }

  std::string summary() const {
    if (fatal_) {
      return format("copying to sink '{}' was stopped, {}: {}", role_,
                    fatal_->code == FailureCode::Denied ? "access denied" : "no space",
                    fatal_->message);
    }
    std::vector<std::string> causes;
    for (const auto& failure : failures_) {
      if (causes.size() < causes_shown &&
          std::ranges::find(causes, failure.message) == causes.end()) {
        causes.push_back(failure.message);
      }
    }
    const std::string cause = join(causes, "; ");
    if (failures_.size() > allowed_) {
      return format(
          "sink '{}': too many copy operations returned errors, failed: {}, is greater than "
          "allowed: {}, with message: {}",
          role_, failures_.size(), allowed_, cause);
    }
    return format("sink '{}': {} of {} copy operations failed, allowed: {}, with message: {}",
                  role_, failures_.size(), job_count_, allowed_, cause);
  }

  store::ObjectStore& store_;
  const flow::WorkloadContext& context_;
  Overwrites& overwrites_;
  DataKeys keys_;
  std::string role_;
  double fraction_;
  std::size_t allowed_ = 0;
  std::size_t job_count_ = 0;

  std::mutex mutex_;
  record::MemberLines lines_;  ///< of each job; not set where there is none
  bool has_member_ = false;
  std::vector<Failure> failures_;
  std::optional<Failure> fatal_;
  bool vanished_of_failing_source_ = false;
};

/// The jobs of every sink, before anything is copied.
Result<std::vector<CopyJobs>> all_jobs(const flow::WorkloadContext& context,
                                       const model::CopyPlan& plan) {
  std::vector<CopyJobs> jobs;
  for (const auto& [role, sink] : context.arc.sinks) {
    auto found = copy_jobs(context, plan, sink);
    if (!found) {
      return fail(found.error().code, format("sink '{}': {}", role, found.error().message));
    }
    jobs.push_back(std::move(*found));
  }
  return jobs;
}

}  // namespace

flow::RunOutcome CopyWorkload::run(const flow::WorkloadContext& context) {
  const auto& plan = std::get<model::CopyPlan>(context.arc.workload);
  const auto jobs = all_jobs(context, plan);
  if (!jobs) {
    const bool conflict = jobs.error().code == FailureCode::Conflict;
    return Failed{.code = conflict ? "Conflict" : "Invalid",
                  .message = jobs.error().message,
                  .partial = {},
                  .retryable = false};
  }
  std::vector<flow::SinkOutput> sinks;
  std::optional<Failed> tolerated;
  bool must_not_vanish = false;
  Overwrites overwrites(store_, context);
  for (std::size_t i = 0; i < context.arc.sinks.size(); ++i) {
    SinkCopy copy(store_, context, plan, overwrites, context.arc.sinks[i].first);
    copy.run((*jobs)[i]);
    if (context.stop.stop_requested()) return flow::Stopped{};
    sinks.push_back(copy.take_output());
    must_not_vanish = must_not_vanish || copy.must_not_vanish();
    auto failure = copy.failure();
    if (!failure) continue;
    if (!failure->tolerated) {
      failure->partial = std::move(sinks);
      return std::move(*failure);
    }
    if (!tolerated) tolerated = std::move(failure);
  }
  if (tolerated) {
    tolerated->partial = std::move(sinks);
    return std::move(*tolerated);
  }
  if (!must_not_vanish) return flow::Completed{std::move(sinks), std::nullopt};
  return Failed{.code = "Vanished",
                .message =
                    "objects of the lot were overwritten or deleted before they could be "
                    "copied, and the boundary says overwrites: fail",
                .partial = std::move(sinks),
                .tolerated = true,
                .retryable = false};
}

}  // namespace cls::work
