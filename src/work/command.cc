// SPDX-License-Identifier: Apache-2.0
#include "work/command.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/format.h"
#include "work/attempt_folder.h"
#include "work/attempt_subject.h"
#include "work/collect.h"
#include "work/command_end.h"
#include "work/container_view.h"
#include "work/containers.h"
#include "work/source_version.h"
#include "work/step.h"
#include "work/workload_environment.h"
#include "work/workload_json.h"
#include "work/workload_manifest.h"

namespace cls::work {

namespace {

using flow::Failed;
using flow::RunOutcome;
using flow::Stopped;

/// One attempt, from its folder to its outcome. Used by one thread.
class CommandAttempt {
 public:
  CommandAttempt(store::ObjectStore& store, ProcessRunner& processes, const Clock& clock,
                 const CommandHost& host, const flow::WorkloadContext& context,
                 AttemptFolder folder)
      : store_(store),
        processes_(processes),
        clock_(clock),
        host_(host),
        context_(context),
        plan_(std::get<model::CommandPlan>(context.arc.workload)),
        folder_(std::move(folder)) {}

  RunOutcome run() {
    auto outcome = attempt();
    // However it ended: what is not removed is the retention's affair.
    if (plan_.fetch) static_cast<void>(folder_.remove_tree(folder_.sources_path()));
    return outcome;
  }

 private:
  RunOutcome attempt() {
    auto spec = prepare();
    if (stopped()) return Stopped{};
    if (!spec) return not_started(std::move(spec).error());
    auto sandbox = in_sandbox(*spec);
    if (stopped()) return Stopped{};
    if (!sandbox) return not_started(std::move(sandbox).error());
    auto result = processes_.run(*sandbox, context_.stop, [&](int group) { started(group); });
    // Its engine's client is what was ended; a container outlives that.
    const bool ended = result && result->end == ProcessEnd::Exited;
    if (contained_ && !ended) host_.containers->remove(context_.attempt);
    folder_.forget_group();
    if (!result) return stopped() ? RunOutcome(Stopped{}) : not_started(no_start(result.error()));
    if (result->dropped > 0 && host_.dropped) {
      host_.dropped(context_, result->dropped, folder_.path());
    }
    report_ = folder_.report();
    // A log: that it could not be written changes nothing about the result.
    static_cast<void>(folder_.write_result(*result, report_.bad_lines));
    if (result->end == ProcessEnd::Stopped || stopped()) return Stopped{};
    if (auto failed = failure_of(*result, *spec, folder_)) return std::move(*failed);
    return take_result();
  }

  bool collects() const { return plan_.manifest == model::ManifestMode::collect; }
  bool stopped() const { return context_.stop.stop_requested(); }

  Step<ProcessSpec> prepare() {
    auto sources = write_source_files(store_, context_, plan_, host_, folder_);
    if (!sources) return pass_failed(std::move(sources));
    sources_ = std::move(*sources);
    if (auto made = make_directories(); !made) return pass_failed(std::move(made));
    auto environment = workload_environment(context_, plan_, host_, folder_, sources_);
    if (!environment) return pass_failed(std::move(environment));
    auto command = expand_command(context_, plan_, clock_.now());
    if (!command) return end_for(command.error(), "Start", command.error().message);
    if (!collects()) {
      auto before = ObjectsBefore::list(store_, context_);
      if (!before) return pass_failed(std::move(before));
      begin_.before = std::move(*before);
    }
    auto at = folder_.begin();
    if (!at) return end_attempt("Start", at.error().message);
    begin_.at = *at;
    ProcessSpec spec;
    spec.command = std::move(*command);
    spec.environment = std::move(*environment);
    spec.working_directory = plan_.working_dir.empty() ? folder_.work_path() : plan_.working_dir;
    spec.stdout_path = folder_.stdout_path();
    spec.stderr_path = folder_.stderr_path();
    spec.timeout = context_.arc.timeout;
    spec.memory_limit = plan_.memory_mb << 20U;
    return spec;
  }

  /// What runs the command: itself, or what runs it in its image.
  Step<ProcessSpec> in_sandbox(ProcessSpec& spec) {
    if (!wants_image(plan_) || host_.containers == nullptr) return spec;
    const ContainerEngine& engine = host_.containers->engine();
    if (!engine.problem.empty()) return end_attempt("Start", engine.problem);
    if (engine.runs_images()) return in_container(spec);
    if (needs_engine(plan_)) {
      return end_attempt("Start",
                         format("arc '{}' needs a container engine, and none works here: install "
                                "podman or docker (docs/containers.md)",
                                context_.arc.name));
    }
    if (engine.kind == EngineKind::Process) return spec;
    auto mounts = mounts_of();
    if (!mounts) return pass_failed(std::move(mounts));
    return host_.containers->fenced(spec, *mounts);
  }

  Step<ProcessSpec> in_container(ProcessSpec& spec) {
    ContainerRun run{.attempt = context_.attempt,
                     .image = plan_.image,
                     .mounts = {},
                     .variables = {},
                     .memory_mb = plan_.memory_mb,
                     .cpus = plan_.cpus};
    if (run.image.empty()) {
      auto built = host_.containers->build(plan_.image_path, context_.arc.declaration, folder_,
                                           context_.stop);
      if (!built) return end_attempt("Image", built.error().message);
      run.image = std::move(*built);
    }
    auto mounts = mounts_of();
    if (!mounts) return pass_failed(std::move(mounts));
    run.mounts = std::move(*mounts);
    run.variables = container_variables(spec.environment, plan_);
    // Whoever finds this process dead knows by this file that there may be one left.
    if (auto noted = folder_.write("container", run.image + "\n"); !noted) {
      return end_attempt("Start", noted.error().message);
    }
    contained_ = true;
    spec.working_directory = folder_.path();
    auto outer = host_.containers->contained(spec, run);
    if (spec.command.empty()) spec.command.push_back(run.image);  // for messages
    return outer;
  }

  Step<std::vector<ContainerMount>> mounts_of() const {
    return container_mounts(context_, plan_, host_, folder_);
  }

  Step<> make_directories() {
    std::vector<std::string> wanted;
    if (plan_.working_dir.empty()) wanted.push_back(folder_.work_path());
    for (const auto& [role, sink] : context_.arc.sinks) {
      auto directory = sink_directory(host_, folder_, plan_, role, sink);
      if (!directory) return pass_failed(std::move(directory));
      if (!directory->empty()) wanted.push_back(std::move(*directory));
    }
    for (const auto& directory : wanted) {
      if (auto made = folder_.make_directory(directory); !made) {
        return end_attempt("Start", made.error().message);
      }
    }
    return {};
  }

  /// Before the command is executed: whoever finds this process dead can end its group. Throws, and
  /// so keeps the command from starting, where that cannot be recorded.
  void started(int group) {
    need(folder_.record_group(group));
    if (host_.started) host_.started(context_.attempt, group);
  }

  RunOutcome not_started(Failed failed) {
    // A log, and the claim says the same.
    static_cast<void>(folder_.write_no_start(failed.message));
    return failed;
  }

  RunOutcome take_result() {
    auto gathered = collects() ? collect_sinks(store_, context_, plan_, host_, folder_)
                               : read_workload_manifests(store_, context_, host_, begin_, folder_);
    if (stopped()) return Stopped{};
    if (!gathered.failed) {
      if (auto looked = look_at_sources_again(); !looked) {
        gathered.failed = std::move(looked).error();
      }
    }
    if (stopped()) return Stopped{};
    add_vanished(gathered.sinks);
    if (gathered.failed) {
      gathered.failed->partial = std::move(gathered.sinks);
      return std::move(*gathered.failed);
    }
    if (sources_.must_not_vanish) return vanished(std::move(gathered.sinks));
    tidy_up();
    return flow::Completed{std::move(gathered.sinks), std::move(report_.last)};
  }

  /// A source that was overwritten while the command ran may have been read before or after.
  Step<> look_at_sources_again() {
    auto looked = look_again(store_, context_, sources_);
    if (!looked) return pass_failed(std::move(looked));
    return {};
  }

  /// What vanished is told beside every sink: any of them may lack it.
  void add_vanished(std::vector<flow::SinkOutput>& sinks) const {
    for (auto& sink : sinks) {
      for (auto line : sources_.vanished) {
        line.role = sink.role;
        sink.members.push_back(line);
      }
    }
  }

  static Failed vanished(std::vector<flow::SinkOutput> sinks) {
    Failed failed = end_for_good("Vanished",
                                 "objects of the lot were overwritten or deleted before the "
                                 "command had read them, and the boundary says overwrites: fail")
                        .value();
    failed.partial = std::move(sinks);
    failed.tolerated = true;
    return failed;
  }

  /// Removes what is of no use any more; what cannot be removed is in nobody's way.
  void tidy_up() {
    if (collects()) static_cast<void>(folder_.remove_tree(folder_.sinks_path()));
    static_cast<void>(host_.files.remove_directory(folder_.work_path()));
  }

  store::ObjectStore& store_;
  ProcessRunner& processes_;
  const Clock& clock_;
  const CommandHost& host_;
  const flow::WorkloadContext& context_;
  const model::CommandPlan& plan_;
  AttemptFolder folder_;
  SourceFiles sources_;
  AttemptBegin begin_;
  Report report_;
  bool contained_ = false;  ///< it runs in a container of its attempt's name
};

}  // namespace

RunOutcome CommandWorkload::run(const flow::WorkloadContext& context) {
  auto folder = AttemptFolder::make(host_.files, host_.attempts_dir, context.attempt);
  if (!folder) return end_attempt("Start", folder.error().message).value();
  // A log: without it `cls logs` does not find the folder by its lot.
  static_cast<void>(folder->write(
      subject_file, json::write_record(AttemptSubject{context.project.project, context.arc.name,
                                                      context.lot.to_string()}) +
                        "\n"));
  return CommandAttempt(store_, processes_, clock_, host_, context, std::move(*folder)).run();
}

}  // namespace cls::work
