// SPDX-License-Identifier: Apache-2.0
// What the workload of an arc says by itself.
#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "model/regex.h"
#include "model/rename_template.h"
#include "model/validate_context.h"

namespace cls::model {

namespace {

void check_copy(const S3CopyProps& props, const ArcBase& arc, const Place& place,
                Findings& findings) {
  check_filter(props.filter, place.below("filter"), findings);
  const double fraction = props.failArcOnPartialPercent;
  if (fraction < 0 || fraction > 1) {
    findings.error(place.below("failArcOnPartialPercent"), format("{} is no fraction", fraction),
                   "0 to 1; write 0.02 for 2 percent");
  }
  const Place sinks{place.document,
                    place.pointer.substr(0, place.pointer.rfind("/workload/")) + "/sinks"};
  if (arc.sinks.empty() && sinks.exists()) {
    findings.error(sinks, format("the arc '{}' has no sink to copy to", arc.name));
  }
}

void check_template(const std::string& text, std::size_t groups, const Place& place,
                    Findings& findings) {
  if (auto problem = template_problem(text, groups)) {
    findings.error(
        place, std::move(*problem),
        format("a template knows $1 to $9 and {{{}}}",
               join({template_placeholders.begin(), template_placeholders.end()}, "}, {")));
  }
}

void check_environment(const Environment& environment, const Place& place, Findings& findings) {
  for (const auto& [name, value] : environment) {
    const Place at = place.below(name);
    if (name.empty() || name.find('=') != std::string::npos ||
        name.find('\0') != std::string::npos) {
      findings.error(at, format("'{}' is no name of an environment variable", name));
    }
    if (value.from != EnvironmentValue::From::Text && value.text.empty() && at.exists()) {
      findings.error(at, format("the value of '{}' names nothing", name));
    }
  }
}

}  // namespace

void check_workload(const CopyWorkload& copy, const ArcBase& arc, const Place& place,
                    Findings& findings) {
  const Place props = place.below("workloadProps");
  check_copy(copy.workloadProps, arc, props, findings);
  for (std::size_t i = 0; i < copy.workloadProps.rename.size(); ++i) {
    const RenameRule& rule = copy.workloadProps.rename[i];
    const Place at = props.below("rename").below(i);
    const auto regex = Regex::compile(rule.match);
    if (!regex) findings.error(at.below("match"), regex.error().message);
    if (regex) check_template(rule.to, regex->group_count(), at.below("to"), findings);
  }
  for (const auto& [key, text] : copy.workloadProps.partition) {
    const Place at = props.below("partition").below(key);
    if (key.empty() || key.find_first_of("/=") != std::string::npos) {
      findings.error(at, format("'{}' is no name of a partition", key),
                     "a name without '/' and '='");
    }
    check_template(text, 0, at, findings);
  }
}

void check_workload(const S3CopyWorkload& copy, const ArcBase& arc, const Place& place,
                    Findings& findings) {
  check_copy(copy.workloadProps, arc, place.below("workloadProps"), findings);
}

void check_workload(const CommandWorkload& command, const ArcBase& arc, const Place& place,
                    Findings& findings) {
  check_environment(command.environment, place.below("environment"), findings);
  const int places =
      (command.image ? 1 : 0) + (command.imagePath ? 1 : 0) + (command.workingDir ? 1 : 0);
  if (places > 1) {
    findings.error(place, "'imagePath', 'image' and 'workingDir' exclude each other", "keep one");
  }
  if (command.cpu && *command.cpu <= 0) {
    findings.error(place.below("cpu"), format("{} is no number of processors", *command.cpu));
  }
  const bool has_image = command.image || command.imagePath;
  if (!has_image && command.command.empty() && place.exists()) {
    findings.error(place.below("command"), format("the arc '{}' has no command", arc.name),
                   R"("command": ["program", "argument"])");
  }
  if (command.sandbox == Sandbox::container && !has_image) {
    findings.error(place.below("sandbox"), format("the arc '{}' has no image", arc.name),
                   "'imagePath' or 'image', or no 'sandbox'");
  }
  if (command.sandbox == Sandbox::process && command.image) {
    findings.error(place.below("sandbox"),
                   format("the image '{}' cannot run as a process", *command.image),
                   "'sandbox': 'auto', or 'imagePath' in place of 'image'");
  }
}

void check_workload(const BatchWorkload& batch, const ArcBase&, const Place& place,
                    Findings& findings) {
  check_environment(batch.environment, place.below("environment"), findings);
  if (batch.imagePath.empty() && place.below("imagePath").has_text()) {
    findings.error(place.below("imagePath"), "the image path is empty");
  }
}

void check_workload(const FunctionWorkload& function, const ArcBase&, const Place& place,
                    Findings& findings) {
  check_environment(function.environment, place.below("environment"), findings);
  if (function.codePath.empty() && place.below("codePath").has_text()) {
    findings.error(place.below("codePath"), "the code path is empty");
  }
  if (!function.handler && function.runtime != FunctionRuntime::native &&
      place.below("runtime").exists()) {
    findings.error(place,
                   format("the runtime '{}' needs a 'handler'", json::name_of(function.runtime)));
  }
}

void check_workload(const TransformWorkload& transform, const ArcBase&, const Place& place,
                    Findings& findings) {
  const Place pipeline = place.below("pipeline");
  if (pipeline.exists() && transform.pipeline.kind != json::Kind::String &&
      transform.pipeline.kind != json::Kind::Object) {
    findings.error(pipeline, "a pipeline is an object, or the path of its file");
  }
}

void check_workload(const SqlWorkload& sql, const ArcBase& arc, const Place& place,
                    Findings& findings) {
  for (const auto& [role, text] : sql.statements) {
    const auto same = [&](const auto& sink) { return sink.first == role; };
    if (std::ranges::none_of(arc.sinks, same)) {
      findings.error(place.below("statements").below(role),
                     format("'{}' is no role of a sink", role));
    }
  }
}

void check_workload(const AddPartitionsWorkload& partitions, const ArcBase&, const Place& place,
                    Findings& findings) {
  if (partitions.workloadProps.namedPartitionDelimiter.empty()) {
    findings.error(place.below("workloadProps").below("namedPartitionDelimiter"),
                   "the delimiter is empty", "one character or more, as \"=\"");
  }
}

}  // namespace cls::model
