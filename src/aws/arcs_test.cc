// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "aws/synthesis_world_test.h"

namespace cls::aws {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::string member(const Value& properties, std::string_view key) {
  const Value* value = properties.find(key);
  return value == nullptr ? "" : text_of(*value);
}

Made copy_project(const SynthesisOptions& options = {}, const std::string& more = "") {
  return make({project(list_of("boundaries", {boundary("in")}) + "," +
                       list_of("arcs", {copy("copyA", "in", "a", more)}))},
              options);
}

Made job_project(const std::string& workload) {
  return make({project(
      list_of(
          "resources",
          {R"({"type":"aws:core:computeEnvironment","name":"small","computeEnvironmentName":"s"})"}) +
      "," + list_of("boundaries", {boundary("in")}) + "," +
      list_of(
          "arcs",
          {R"({"type":"aws:core:batchExecArc","name":"job","sources":{"main":{"name":"in","version":"1"}},)"
           R"("sinks":{"main":{"name":"a","version":"1","pathURI":"s3://buk/a/"}},)"
           R"("workload":{"computeEnvironmentRef":"small","imagePath":"x")" +
           workload + "}}"}))});
}

const Value& container_of(const Made& made, Value& definition) {
  definition = made.of_type("arc-job", "AWS::Batch::JobDefinition").at("JobDefinition");
  return *definition.find("ContainerProperties");
}

TEST(AwsArc, HearsOfTheLotsOfItsSubscribedSources) {
  const Made made = copy_project();
  EXPECT_THAT(made.problems, IsEmpty());
  const auto rule = made.of_type("arc-copy-a", "AWS::Events::Rule").at("LotsRule");
  EXPECT_EQ(member(rule, "Name"), R"("DEV-orders-copy-a-1-rule")");
  EXPECT_EQ(member(rule, "EventBusName"), R"("DEV-arc-events-eu-west-1")");
  EXPECT_EQ(member(rule, "EventPattern"),
            R"({"detail":{"datasetId":["in/1"]},"detail-type":["Clusterless Arc Notification"],)"
            R"("source":["clusterless.arc"]})");
}

TEST(AwsArc, ManySourcesAreHeardOfByAsManyRulesAsTheirNamesNeed) {
  std::vector<std::string> boundaries;
  std::string sources;
  std::set<std::string> expected;
  for (int i = 0; i < 120; ++i) {
    const std::string name = "telemetry-of-all-depots-" + std::to_string(100 + i);
    boundaries.push_back(boundary(name, "", "s3://buk/" + name + "/"));
    sources += (i == 0 ? "" : ",") + ("\"s" + std::to_string(i)) + R"(":{"name":")" + name +
               R"(","version":"1"})";
    expected.insert(name + "/1");
  }
  std::string text = copy("copyA", "in", "a");
  const std::string one = R"("main":{"name":"in","version":"1"})";
  text.replace(text.find(one), one.size(), sources);
  const Made made =
      make({project(list_of("boundaries", boundaries) + "," + list_of("arcs", {text}))});
  std::set<std::string> heard;
  std::set<std::string> names;
  for (const auto& [id, rule] : made.of_type("arc-copy-a", "AWS::Events::Rule")) {
    if (!id.starts_with("LotsRule")) continue;
    names.insert(rule.find("Name")->text);
    const Value& pattern = *rule.find("EventPattern");
    EXPECT_LE(json::to_text(pattern).size(), 2048U) << id;
    for (const auto& item : pattern.find("detail")->find("datasetId")->items) {
      EXPECT_TRUE(heard.insert(item.text).second) << item.text << " would start twice";
    }
  }
  EXPECT_EQ(heard, expected);
  EXPECT_THAT(names,
              testing::ElementsAre("DEV-orders-copy-a-1-rule", "DEV-orders-copy-a-1-rule-2"));
  // The queue of dead letters hears of each rule.
  const auto policies = made.of_type("arc-copy-a", "AWS::SQS::QueuePolicy");
  EXPECT_THAT(text_of(policies.at("DeadLettersPolicy")), HasSubstr("DEV-orders-copy-a-1-rule-2"));
}

Value states_of_job(const std::string& workload, std::size_t branch) {
  const Made made = job_project(workload);
  const auto machine = made.of_type("arc-job", "AWS::StepFunctions::StateMachine").at("Machine");
  const Value& run = *machine.find("Definition")->find("States")->find("BatchRun");
  return *run.find("Branches")->items.at(branch).find("States");
}

TEST(AwsArc, OnlyASubmitThatWasTurnedAwayIsTriedAgain) {
  const Value submit = *states_of_job("", 0).find("BatchSubmit");
  EXPECT_EQ(text_of(*submit.find("Retry")->items.front().find("ErrorEquals")),
            R"(["Batch.TooManyRequestsException"])");
}

TEST(AwsArc, B2_AJobThatNeverBeginsEnds) {
  const std::string props = R"(,"batchRuntimeProps":{"retryAttempts":3,"timeoutMin":100})";
  EXPECT_EQ(states_of_job(props, 0).find("BatchSubmit")->find("TimeoutSeconds")->text,
            std::to_string(24 * 3600 + 3 * 100 * 60));
  EXPECT_THAT(job_project(R"(,"batchRuntimeProps":{"timeoutMin":20000})").problems,
              Contains(AllOf(HasSubstr("tries of 20000 minutes are more than Step Functions can"),
                             HasSubstr("a leaseSec of "))));
}

TEST(AwsArc, B2_OneBeatThatFailsEndsNoJob) {
  const Value states = states_of_job("", 1);
  EXPECT_EQ(states.find("BatchBeatWait")->find("Seconds")->text, "300")
      << "three in the least lease of a job, 15 minutes";
  const auto& catches = states.find("BatchBeat")->find("Catch")->items;
  ASSERT_THAT(catches, SizeIs(2));
  EXPECT_EQ(text_of(*catches[0].find("ErrorEquals")), R"(["cls.ClaimLost"])");
  EXPECT_EQ(catches[0].find("Next")->text, "BatchBeatCatch");
  EXPECT_EQ(text_of(*catches[1].find("ErrorEquals")), R"(["States.ALL"])");
  EXPECT_EQ(catches[1].find("Next")->text, "BatchBeatWait");
}

TEST(AwsArc, TheArcsTimeLimitIsTheAttempts) {
  const auto timeout = [](const std::string& more) {
    return member(copy_project({}, more)
                      .of_type("arc-copy-a", "AWS::Lambda::Function")
                      .at("WorkloadFunction"),
                  "Timeout");
  };
  EXPECT_EQ(timeout(""), "900");
  EXPECT_EQ(timeout(R"(,"timeoutMin":3)"), "180");
  const auto alarms = copy_project({.alarms = true}, R"(,"timeoutMin":3)")
                          .of_type("arc-copy-a", "AWS::CloudWatch::Alarm");
  EXPECT_EQ(member(alarms.at("OldestAlarm"), "Threshold"), "360");
}

TEST(AwsArc, B2_TheSweepMayStartWhatNothingAnnounces) {
  const auto role = copy_project().of_type("arc-copy-a", "AWS::IAM::Role").at("SweepFunctionRole");
  EXPECT_THAT(
      member(role, "Policies"),
      AllOf(HasSubstr("states:StartExecution"),
            HasSubstr("arn:aws:states:eu-west-1:111122223333:stateMachine:DEV-orders-copy-a-1")));
}

TEST(AwsArc, F8_NamesOfVariablesThatClsGivesAreErrors) {
  EXPECT_THAT(job_project(R"(,"environment":{"CLS_LOT":"7"})").problems,
              Contains(HasSubstr("/arcs/0/workload/environment/CLS_LOT: names that begin with")));
}

TEST(AwsArc, A10_WithoutASubscribedSourceThereIsNoRule) {
  std::string text = copy("copyA", "in", "a");
  text.replace(text.find(R"("version":"1"}},"sinks")"), 13, R"("version":"1","subscribe":false)");
  const Made made =
      make({project(list_of("boundaries", {boundary("in")}) + "," + list_of("arcs", {text}))});
  EXPECT_FALSE(made.stack("arc-copy-a").content.has("LotsRule"));
}

TEST(AwsArc, FunctionsAreNamedAsTheSpecSays) {
  const Made made = copy_project();
  std::vector<std::string> names;
  for (const auto& [id, function] : made.of_type("arc-copy-a", "AWS::Lambda::Function")) {
    names.push_back(function.find("FunctionName")->text);
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("DEV-orders-copy-a-func-1-eu-west-1",
                                                   "DEV-orders-copy-a-start-1-eu-west-1",
                                                   "DEV-orders-copy-a-complete-1-eu-west-1",
                                                   "DEV-orders-copy-a-sweep-1-eu-west-1"));
}

TEST(AwsArc, B2_EveryGateHasAWayOut) {
  const Made made = copy_project();
  const auto machine = made.of_type("arc-copy-a", "AWS::StepFunctions::StateMachine").at("Machine");
  const Value* states = machine.find("Definition")->find("States");
  for (const auto* gate : {"StartInvoke", "CompleteInvoke", "S3CopyFunction"}) {
    EXPECT_THAT(member(*states->find(gate), "Catch"), HasSubstr("States.ALL")) << gate;
    EXPECT_THAT(member(*states->find(gate), "Retry"), HasSubstr("FULL")) << gate;
  }
}

TEST(AwsArc, B2_LostLeasesAreLookedFor) {
  const auto rules = copy_project().of_type("arc-copy-a", "AWS::Events::Rule");
  EXPECT_EQ(member(rules.at("ReclaimRule"), "ScheduleExpression"), R"x("rate(60 minutes)")x");
  EXPECT_THAT(member(rules.at("EndedRule"), "EventPattern"), HasSubstr("ABORTED"));
}

TEST(AwsArc, S10_S11_LogsAreKeptAndExecutionsLoggedAsTheSettingsSay) {
  const auto level = [](const Made& made) {
    return member(made.of_type("arc-copy-a", "AWS::StepFunctions::StateMachine").at("Machine"),
                  "LoggingConfiguration");
  };
  EXPECT_THAT(level(copy_project()), HasSubstr(R"("Level":"ERROR")"));
  EXPECT_THAT(level(copy_project({.execution_logging = ExecutionLogging::All})),
              HasSubstr(R"("Level":"ALL")"));
  EXPECT_EQ(level(copy_project({.execution_logging = ExecutionLogging::Off})), "");
  for (const auto& [id, group] :
       copy_project({.log_retention_days = 90}).of_type("arc-copy-a", "AWS::Logs::LogGroup")) {
    EXPECT_EQ(member(group, "RetentionInDays"), "90") << id;
  }
}

TEST(AwsArc, AlarmsAreThereWhenWanted) {
  EXPECT_THAT(copy_project().of_type("arc-copy-a", "AWS::CloudWatch::Alarm"), IsEmpty());
  const auto alarms = copy_project({.alarms = true, .alarm_topic = "arn:aws:sns:x:1:t"})
                          .of_type("arc-copy-a", "AWS::CloudWatch::Alarm");
  EXPECT_THAT(alarms, SizeIs(3));
  EXPECT_EQ(member(alarms.at("FailedAlarm"), "AlarmActions"), R"(["arn:aws:sns:x:1:t"])");
}

TEST(AwsArc, GrantsAreByPrefix) {
  const Made made = copy_project();
  const auto role = made.of_type("arc-copy-a", "AWS::IAM::Role").at("WorkloadFunctionRole");
  const std::string policies = member(role, "Policies");
  EXPECT_THAT(policies,
              AllOf(HasSubstr(R"("arn:aws:s3:::buk/in/*")"), HasSubstr(R"("arn:aws:s3:::buk/a/*")"),
                    Not(HasSubstr(R"("arn:aws:s3:::buk/*")"))));
}

TEST(AwsArc, AnAttemptOfAFunctionEndsAfterAQuarterOfAnHour) {
  EXPECT_THAT(copy_project({}, R"(,"timeoutMin":30)").problems,
              Contains(HasSubstr("/arcs/0/timeoutMin: an attempt of 30 minutes")));
}

TEST(AwsArc, S8_OnlyWhatHasNoNameOfItsOwnIsImported) {
  const Made made = copy_project();
  EXPECT_THAT(made.stack("arc-copy-a").content.to_text(), Not(HasSubstr("Fn::ImportValue")));
}

TEST(AwsArc, F8_TheEnvironmentOfAContainerIsApplied) {
  Value definition;
  const Made made = job_project(R"(,"environment":{"ROWS":"7"})");
  EXPECT_THAT(member(container_of(made, definition), "Environment"),
              HasSubstr(R"({"Name":"ROWS","Value":"7"})"));
}

TEST(AwsArc, F8_AValueOfThisMachineIsAnError) {
  EXPECT_THAT(job_project(R"(,"environment":{"KEY":{"fromEnv":"HOME"}})").problems,
              Contains(AllOf(HasSubstr("/arcs/0/workload/environment/KEY: a value of this machine"),
                             HasSubstr("Secrets Manager"))));
}

TEST(AwsArc, F9_TheArchitectureIsTheJobs) {
  Value definition;
  const Made made =
      job_project(R"(,"batchRuntimeProps":{"architecture":"ARM_64","memorySizeMB":4096})");
  const Value& container = container_of(made, definition);
  EXPECT_THAT(member(container, "RuntimePlatform"), HasSubstr("ARM64"));
  EXPECT_THAT(member(container, "ResourceRequirements"),
              AllOf(HasSubstr(R"({"Type":"VCPU","Value":"0.5"})"),
                    HasSubstr(R"({"Type":"MEMORY","Value":"4096"})")));
}

TEST(AwsArc, F9_APairThatFargateHasNotIsAnError) {
  EXPECT_THAT(job_project(R"(,"batchRuntimeProps":{"memorySizeMB":1500})").problems,
              Contains(HasSubstr("/arcs/0/workload: Fargate has no 1500 MiB; write 1024 or 2048")));
}

TEST(AwsArc, ACommandTakesItsValuesFromTheEvent) {
  Value definition;
  const Made made =
      job_project(R"(,"command":["run","--lot","$.arcNotifyEvent.lot","$","$$.Execution.Id"])");
  EXPECT_EQ(member(container_of(made, definition), "Command"),
            R"(["run","--lot","Ref::param_0","Ref::param_1","Ref::param_2"])");
  const auto machine = made.of_type("arc-job", "AWS::StepFunctions::StateMachine").at("Machine");
  EXPECT_THAT(member(machine, "Definition"),
              AllOf(HasSubstr(R"("param_0.$":"$.arcNotifyEvent.lot")"),
                    HasSubstr(R"x("param_1.$":"States.JsonToString($)")x"),
                    HasSubstr(R"("param_2.$":"$$.Execution.Id")")));
}

TEST(AwsArc, ACommandWithoutAnImageIsAnError) {
  const Made made = make({project(
      list_of("boundaries", {boundary("in")}) + "," +
      list_of(
          "arcs",
          {R"({"type":"core:commandArc","name":"c","sources":{"main":{"name":"in","version":"1"}},)"
           R"("sinks":{"main":{"name":"a","version":"1","pathURI":"s3://buk/a/"}},)"
           R"("workload":{"command":["true"]}})"}))});
  EXPECT_THAT(made.problems,
              Contains(HasSubstr("/arcs/0/workload: on AWS a command runs in a container")));
}

}  // namespace
}  // namespace cls::aws
