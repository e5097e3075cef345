// SPDX-License-Identifier: Apache-2.0
// Arcs whose workload is a container: a Fargate job of AWS Batch, and a function that collects what
// it has written. While the job runs, the machine keeps the lot's claim alive.
#include <algorithm>
#include <optional>
#include <utility>

#include "aws/arc_machine.h"
#include "aws/components.h"
#include "aws/fargate.h"
#include "aws/function.h"
#include "aws/references.h"
#include "base/format.h"
#include "base/text.h"

namespace cls::aws {

namespace {

constexpr std::string_view job_done = "cls.JobDone";
constexpr std::string_view claim_lost = "cls.ClaimLost";  ///< an error of the function that beats
constexpr unsigned beat_memory = 256;
/// A claim is renewed three times in a lease; a beat costs a call and two steps of the machine.
constexpr std::int64_t beats_per_lease = 3;
constexpr std::int64_t least_lease_seconds = 900;
/// What Step Functions keeps of one execution, and what a beat and all the rest take of it.
constexpr std::int64_t most_history_events = 25'000;
constexpr std::int64_t events_per_beat = 7;
constexpr std::int64_t other_events = 500;
/// How long a job may wait for its first processor.
constexpr std::int64_t longest_wait_seconds = std::int64_t{24} * 3600;

/// What the two types of container arcs say.
struct Job {
  std::vector<std::string> command;
  model::Environment environment;
  Value workload_props;
  unsigned memory_mb = 1024;
  double least_processors = 0;
  unsigned attempts = 1;
  unsigned timeout_min = 60;
  model::Architecture architecture = model::Architecture::X86_64;
  model::LambdaProps collects;
  Value compute_environment;
  std::string image;       ///< name of one that there is
  std::string image_path;  ///< directory of one to be made
  model::Place place;      ///< of the workload
};

/// The command as a job definition has it, and the parameters that a submit fills.
struct JobCommand {
  std::vector<std::string> words;
  Value parameters = Value::object();
};

JobCommand job_command(const std::vector<std::string>& declared) {
  JobCommand result;
  for (const auto& word : declared) {
    const bool whole = word == "$";
    if (!whole && !word.starts_with("$.") && !word.starts_with("$$.")) {
      result.words.push_back(word);
      continue;
    }
    const std::string parameter = format("param_{}", result.parameters.members.size());
    result.parameters.add(parameter + ".$", text(whole ? "States.JsonToString($)" : word));
    result.words.push_back("Ref::" + parameter);
  }
  return result;
}

std::string image_of(Scope& scope, const Job& job) {
  if (!job.image.empty()) return job.image;
  const auto source =
      scope.options.images.find({job.place.document->document->file, job.image_path});
  const bool is_known = source != scope.options.images.end();
  constexpr std::size_t tag_digits = 32;
  const std::string tag = is_known ? source->second.sha256.substr(0, tag_digits) : "none";
  const std::string name =
      format("{}/{}:{}", scope.names.image_registry(), scope.names.image_repository(), tag);
  scope.assembly.assets.push_back({.kind = AssetKind::Image,
                                   .placement = scope.names.placement(),
                                   .place = name,
                                   .source = is_known ? source->second.directory : job.image_path,
                                   .architecture = std::string(json::name_of(job.architecture))});
  return name;
}

Value job_environment(Scope& scope, const ArcParts& parts, const Job& job) {
  auto variables = workload_environment(scope, parts, job.workload_props);
  for (const auto& [name, value] : job.environment) {
    if (value.from != model::EnvironmentValue::From::Text) {
      scope.findings.error(job.place.below("environment").below(name),
                           "a value of this machine does not reach AWS",
                           "write a text, or let the program read it from Secrets Manager");
    }
    if (name.starts_with("CLS_")) {
      scope.findings.error(job.place.below("environment").below(name),
                           "names that begin with CLS_ are given by cls",
                           "give the variable another name");
    }
    variables.emplace_back(name, value.text);
  }
  Value result = Value::array();
  for (const auto& [name, value] : variables) {
    result.items.push_back(object({{"Name", text(name)}, {"Value", text(value)}}));
  }
  return result;
}

std::string log_group(const Scope& scope, const ArcParts& parts) {
  return "/aws/batch/" + scope.names.batch(parts.declared.name);
}

/// The ARN of the repository of ECR that a job's image comes from; empty where it is none.
std::string repository_of(const Scope& scope, const Job& job) {
  if (job.image.empty()) {
    return scope.names.arn("ecr", "repository/" + scope.names.image_repository());
  }
  // ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG
  const auto slash = job.image.find('/');
  const auto host = split(job.image.substr(0, slash), '.');
  constexpr std::size_t least_parts = 6;
  const bool is_ecr = slash != std::string::npos && host.size() >= least_parts &&
                      host[1] == "dkr" && host[2] == "ecr";
  if (!is_ecr) return "";
  std::string name = job.image.substr(slash + 1);
  name.resize(std::min(name.find_first_of(":@"), name.size()));
  return format("arn:{}:ecr:{}:{}:repository/{}", partition_of(host[3]), host[3], host[0], name);
}

/// What starts the container: fetches its image, writes its log.
std::vector<Need> execution_needs(const Scope& scope, const ArcParts& parts, const Job& job) {
  std::vector<Need> needs{
      {.why = "write its log",
       .actions = {"logs:CreateLogStream", "logs:PutLogEvents"},
       .resources = {scope.names.arn("logs", format("log-group:{}:*", log_group(scope, parts)))}}};
  const std::string repository = repository_of(scope, job);
  if (repository.empty()) return needs;
  needs.push_back({.why = "sign in to the registry",
                   .actions = {"ecr:GetAuthorizationToken"},
                   .resources = {"*"}});
  needs.push_back({.why = "fetch the image",
                   .actions = {"ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer",
                               "ecr:BatchGetImage"},
                   .resources = {repository}});
  return needs;
}

/// What the container may do: read its sources, write its sinks and manifests of its attempt.
std::vector<Need> container_needs(const Scope& scope, const ArcParts& parts) {
  const RecordNeeds records(scope);
  std::vector<Need> needs = records.source_manifests(parts.datasets.sources);
  add(needs, records.private_manifests(parts.declared.name));
  add(needs, records.data(parts.datasets));
  return needs;
}

void add_job_role(Piece& piece, const std::string& id, std::string_view name,
                  std::vector<Need> needs) {
  add_absences(needs);
  add_role(piece.content, id, "ecs-tasks.amazonaws.com", needs);
  piece.handlers.push_back({.function = id, .name = std::string(name), .needs = std::move(needs)});
}

std::optional<FargateSize> size_of(Scope& scope, const Job& job) {
  auto size = fargate_size(job.memory_mb, job.least_processors);
  if (size) return std::move(*size);
  scope.findings.error(job.place, size.error().message);
  return std::nullopt;
}

Value container(Scope& scope, const ArcParts& parts, const Job& job, const FargateSize& size,
                const JobCommand& command) {
  const auto amount = [](std::string_view type, std::string_view value) {
    return object({{"Type", text(type)}, {"Value", text(value)}});
  };
  const bool is_arm = job.architecture == model::Architecture::Arm64;
  const bool is_public = !scope.options.private_subnets;
  return object({{"Image", text(image_of(scope, job))},
                 {"Command", texts(command.words)},
                 {"Environment", job_environment(scope, parts, job)},
                 {"ResourceRequirements", list({amount("VCPU", size.processors),
                                                amount("MEMORY", format("{}", size.memory_mb))})},
                 {"FargatePlatformConfiguration", object({{"PlatformVersion", text("LATEST")}})},
                 {"RuntimePlatform", object({{"CpuArchitecture", text(is_arm ? "ARM64" : "X86_64")},
                                             {"OperatingSystemFamily", text("LINUX")}})},
                 {"NetworkConfiguration",
                  object({{"AssignPublicIp", text(is_public ? "ENABLED" : "DISABLED")}})},
                 {"JobRoleArn", get_att("JobRole", "Arn")},
                 {"ExecutionRoleArn", get_att("JobExecutionRole", "Arn")},
                 {"LogConfiguration",
                  object({{"LogDriver", text("awslogs")},
                          {"Options", object({{"awslogs-group", ref_to("JobLogGroup")},
                                              {"awslogs-region", text(scope.names.region())},
                                              {"awslogs-stream-prefix", text("fargate")}})}})}});
}

void add_job(Scope& scope, Piece& piece, const ArcParts& parts, const Job& job,
             const JobCommand& command) {
  const auto size = size_of(scope, job);
  if (!size) return;
  const std::string name = scope.names.batch(parts.declared.name);
  add_log_group(scope, piece, "JobLogGroup", log_group(scope, parts));
  add_job_role(piece, "JobRole", "job", container_needs(scope, parts));
  add_job_role(piece, "JobExecutionRole", "job-execution", execution_needs(scope, parts, job));
  piece.content.add(
      "JobDefinition",
      Resource{
          .type = "AWS::Batch::JobDefinition",
          .properties = object(
              {{"JobDefinitionName", text(name)},
               {"Type", text("container")},
               {"PlatformCapabilities", texts({"FARGATE"})},
               {"PropagateTags", flag(true)},
               // An execution that began before a deployment submits the definition of that time.
               {"ResourceRetentionPolicy", object({{"SkipDeregisterOnUpdate", flag(true)}})},
               {"ContainerProperties", container(scope, parts, job, *size, command)},
               {"RetryStrategy", object({{"Attempts", number(job.attempts)}})},
               {"Timeout", object({{"AttemptDurationSeconds",
                                    number(60 * static_cast<std::int64_t>(job.timeout_min))}})}})});
  const Value order =
      object({{"ComputeEnvironment", job.compute_environment}, {"Order", number(1)}});
  piece.content.add("JobQueue",
                    Resource{.type = "AWS::Batch::JobQueue",
                             .properties = object({{"JobQueueName", text(name)},
                                                   {"Priority", number(1)},
                                                   {"State", text("ENABLED")},
                                                   {"ComputeEnvironmentOrder", list({order})}})});
}

void add_job_function(Scope& scope, Piece& piece, const ArcParts& parts, std::string_view suffix,
                      const model::LambdaProps& props, std::vector<Need> needs, const Job& job) {
  const bool collects = suffix == "result";
  add_function(scope, piece,
               {.id = collects ? "ResultFunction" : "BeatFunction",
                .name = scope.names.function(parts.declared.name, suffix),
                .handler = collects ? "job-result" : "job-beat",
                .props = props,
                .environment = workload_environment(scope, parts, job.workload_props),
                .needs = std::move(needs),
                .place = parts.place});
}

/// What the job may take, all its tries, and its wait before them.
std::int64_t longest_seconds(const Job& job) {
  return longest_wait_seconds + 60 * static_cast<std::int64_t>(job.timeout_min) * job.attempts;
}

std::int64_t beat_seconds(const ArcParts& parts) {
  return parts.lease_seconds / beats_per_lease;
}

/// An execution ends by force when its history is full.
void refuse_long_jobs(Scope& scope, const ArcParts& parts, const Job& job) {
  constexpr std::int64_t most_beats = (most_history_events - other_events) / events_per_beat;
  const std::int64_t least = longest_seconds(job) * beats_per_lease / most_beats + 1;
  if (parts.lease_seconds >= least) return;
  scope.findings.error(
      job.place,
      format("{} tries of {} minutes are more than Step Functions can follow with a lease of {} s",
             job.attempts, job.timeout_min, parts.lease_seconds),
      format("write fewer or shorter tries, or a leaseSec of {} or more", least));
}

/// The job, and beside it what renews the claim. A branch that ends waits for the other, one that
/// fails does not: so the end of the job is an error of its own name.
ParallelState job_state(const Scope& scope, const ArcParts& parts, const Job& declared,
                        const JobCommand& command) {
  StateMachine job;
  Value parameters =
      object({{"JobName", text(scope.names.job(parts.declared.name))},
              {"JobDefinition", text("${JobDefinitionArn}")},
              {"JobQueue", text("${JobQueueArn}")},
              {"ContainerOverrides", object({{"Environment.$", text("$.environment")}})}});
  if (!command.parameters.members.empty()) parameters.add("Parameters", command.parameters);
  // Only a submit that certainly has submitted nothing is tried again here: two jobs of one attempt
  // would write the same objects. The arc's own tries make a new attempt of the rest.
  job.add("BatchSubmit", TaskState{.resource = format("arn:{}:states:::batch:submitJob.sync",
                                                      partition_of(scope.names.region())),
                                   .parameters = std::move(parameters),
                                   .retried = {"Batch.TooManyRequestsException"},
                                   .timeout_seconds = longest_seconds(declared),
                                   .next = "BatchSubmitDone"});
  job.add("BatchSubmitDone",
          FailState{.cause = "the job has ended well", .error = std::string(job_done)});
  StateMachine beat;
  beat.add("BatchBeatWait", WaitState{.seconds = beat_seconds(parts), .next = "BatchBeat"});
  TaskState beats = call_of("BeatFunctionArn", context_payload(), "BatchBeatWait");
  beats.paths.result = "$.beat";
  // Who lost the claim ends the job. Another failure is one beat less: the lease is as long as
  // three.
  beats.catches = {{.errors = {std::string(claim_lost)},
                    .result_path = "$.workloadError",
                    .next = "BatchBeatCatch"},
                   {.result_path = "$.beat", .next = "BatchBeatWait"}};
  beat.add("BatchBeat", beats);
  // Every machine must have an end, that of a branch too: Step Functions refuses one that has none.
  beat.add("BatchBeatCatch", fail_by_error());
  Catch done{.errors = {std::string(job_done)},
             .result_path = "$.workloadResponse",
             .next = "BatchResults"};
  return {.branches = {std::move(job), std::move(beat)},
          .paths = {.input = "$.arcWorkloadContext", .result = "$.workloadResponse"},
          .catches = {std::move(done), catch_of("BatchRun")},
          .next = "BatchResults"};
}

std::vector<Need> machine_needs(const Scope& scope, const ArcParts& parts) {
  const std::string name = scope.names.batch(parts.declared.name);
  const auto function = [&](std::string_view suffix) {
    return scope.names.function_arn(parts.declared.name, suffix);
  };
  return {
      {.why = "call the workload",
       .actions = {"lambda:InvokeFunction"},
       .resources = {function("result"), function("beat")}},
      {.why = "submit jobs",
       .actions = {"batch:SubmitJob"},
       .resources = {scope.names.arn("batch", format("job-definition/{}:*", name)),
                     scope.names.arn("batch", "job-definition/" + name),
                     scope.names.arn("batch", "job-queue/" + name)}},
      // An action that has no resources; and ids of jobs are not known before.
      {.why = "follow jobs", .actions = {"batch:DescribeJobs"}, .resources = {"*"}},
      {.why = "end jobs",
       .actions = {"batch:TerminateJob"},
       .resources = {scope.names.arn("batch", "job/*")}},
      {.why = "hear of jobs",
       .actions = {"events:PutTargets", "events:PutRule", "events:DescribeRule"},
       .resources = {scope.names.arn("events", "rule/StepFunctionsGetEventsForBatchJobsRule")}}};
}

Piece job_arc(Scope& scope, const model::ArcBase& arc, const model::Place& place, const Job& job) {
  ArcParts parts = parts_of(scope, arc, place);
  parts.lease_seconds = std::max(parts.lease_seconds, least_lease_seconds);
  refuse_long_jobs(scope, parts, job);
  const JobCommand command = job_command(job.command);
  Piece piece;
  add_job(scope, piece, parts, job, command);
  auto collects = workload_needs(scope, parts);
  const RecordNeeds records(scope);
  add(collects, records.data(parts.datasets));
  add_job_function(scope, piece, parts, "result", job.collects, std::move(collects), job);
  std::vector<Need> beats{records.project()};
  add(beats, records.claims(arc.name));
  add_job_function(
      scope, piece, parts, "beat",
      {.memorySizeMB = beat_memory, .timeoutMin = 1, .architecture = job.collects.architecture},
      std::move(beats), job);
  add_arc(scope, piece, parts,
          {.first = "BatchRun",
           .states =
               [&](StateMachine& machine) {
                 machine.add("BatchRun", job_state(scope, parts, job, command));
                 add_catch(machine, "BatchRun");
                 add_workload_call(machine, "BatchResults", "ResultFunctionArn");
               },
           .substitutions = {{"JobDefinitionArn", ref_to("JobDefinition")},
                             {"JobQueueArn", ref_to("JobQueue")},
                             {"ResultFunctionArn", get_att("ResultFunction", "Arn")},
                             {"BeatFunctionArn", get_att("BeatFunction", "Arn")}},
           .needs = machine_needs(scope, parts),
           .longest_seconds = longest_seconds(job)});
  return piece;
}

}  // namespace

Piece piece_of(Scope& scope, const model::AwsBatchExecArc& arc, const model::Place& place) {
  const auto& workload = arc.workload;
  return job_arc(
      scope, arc, place,
      {.command = workload.command,
       .environment = workload.environment,
       .workload_props = workload.workloadProps,
       .memory_mb = workload.batchRuntimeProps.memorySizeMB,
       .attempts = std::max(1U, workload.batchRuntimeProps.retryAttempts),
       .timeout_min = arc.timeoutMin.value_or(workload.batchRuntimeProps.timeoutMin),
       .architecture = workload.batchRuntimeProps.architecture,
       .collects = workload.lambdaRuntimeProps,
       .compute_environment = compute_environment_of(scope, workload.computeEnvironmentRef),
       .image = "",
       .image_path = workload.imagePath,
       .place = place.below("workload")});
}

Piece piece_of(Scope& scope, const model::CoreCommandArc& arc, const model::Place& place) {
  const auto& workload = arc.workload;
  const model::Place at = place.below("workload");
  if (!workload.imagePath && !workload.image) {
    scope.findings.error(at, "on AWS a command runs in a container",
                         "name its directory by imagePath, or an image that there is by image");
  }
  return job_arc(
      scope, arc, place,
      {.command = workload.command,
       .environment = workload.environment,
       .workload_props = workload.workloadProps,
       .memory_mb = workload.memorySizeMB.value_or(1024),
       .least_processors = workload.cpu.value_or(0),
       .timeout_min = arc.timeoutMin.value_or(15),
       .collects = {.retryAttempts = 3, .timeoutMin = 15},
       .compute_environment = text(scope.names.arn(
           "batch", format("compute-environment/{}", scope.names.batch(shared_environment_name)))),
       .image = workload.image.value_or(""),
       .image_path = workload.imagePath.value_or(""),
       .place = at});
}

}  // namespace cls::aws
