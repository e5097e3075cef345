// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <algorithm>
#include <tuple>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/options_cli11.h"
#include "operate/pipeline_graph.h"
#include "record/places.h"

namespace cls::cli {

namespace {

/// Registers the commands on one app; `options` receives what is parsed.
class CommandLine {
 public:
  CommandLine(Options& options, const std::string& version)
      : options_(options),
        app_("Declares, deploys and runs data-processing pipelines for data that keeps arriving.",
             "cls") {
    app_.set_version_flag("-V,--version", "cls " + version);
    app_.set_help_flag("-h,--help", "Print this help and end");
    app_.require_subcommand(0, 1);
    app_.fallthrough();
    app_.add_option("--home", options_.home, "The folder of the local substrate [$CLS_HOME]")
        ->type_name("DIR")
        ->check(CLI::Validator(
            [](const std::string& text) {
              return std::string(text.empty() ? "it is empty; name a folder" : "");
            },
            ""));
    app_.add_option("--store", options_.stores,
                    "Where a bucket is, s3://bucket=https://endpoint/bucket or s3://bucket=DIR; "
                    "repeatable")
        ->type_name("PLACE")
        ->allow_extra_args(false);
    app_.add_option("--substrate", options_.substrate, "local or aws [the placement's provider]")
        ->type_name("NAME")
        ->check(CLI::IsMember({"local", "aws"}));
    app_.add_option("-P,--providers", options_.placements.providers,
                    "Of reports: only what is placed with these, local or aws; repeatable")
        ->type_name("NAME")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::IsMember({"local", "aws"}));
    app_.add_option("--output", output_, "table, json, csv or tsv")
        ->type_name("FORMAT")
        ->check(CLI::IsMember(json::all_names<operate::Format>()));
    app_.add_flag("--local-time", options_.local_time,
                  "Times in tables in the machine's time zone instead of UTC");
    app_.add_option("-D,--property", options_.properties,
                    "A setting, as common.resource.removeAllOnDestroy=true; see cls help "
                    "configuration")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    app_.add_flag("-v,--verbose", options_.verbose, "Say more on standard error; twice: all");
    app_.add_flag("-q,--quiet", options_.quiet, "Show no progress on a terminal");
    app_.add_option("--log", options_.log,
                    "Log lines on standard error: text or json [$CLS_LOG, else text]")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "json"}));
    app_.add_option("--log-level", options_.log_level,
                    "The least level: debug, info, warning or error [$CLS_LOG_LEVEL]")
        ->type_name("LEVEL")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    add_commands();
  }

  CLI::App& app() { return app_; }

  /// Fills in what a parse left as text.
  void finish() {
    options_.output = json::from_name<operate::Format>(output_).value_or(operate::Format::Table);
  }

 private:
  CLI::App* command(CLI::App& parent, const std::string& name, const std::string& description,
                    Command which) {
    CLI::App* sub = parent.add_subcommand(name, description);
    sub->fallthrough();
    sub->final_callback([this, which] {
      // The innermost command is called first and counts.
      if (options_.command == Command::None) options_.command = which;
    });
    return sub;
  }

  void add_projects(CLI::App* sub, bool required) {
    auto* option = sub->add_option(
        "-p,--project", options_.projects,
        "A project file, JSON or Jsonnet; repeat it for several; - is standard input");
    option->allow_extra_args(false)->type_name("FILE");
    if (required) option->required();
    add_project_options(*sub, options_);
  }

  void add_out(CLI::App* sub) {
    sub->add_option("--out,--output-path", options_.out,
                    "Write what it becomes on AWS into this folder: templates and assembly.json")
        ->type_name("DIR");
  }

  void add_since(CLI::App* sub) {
    sub->add_option("--since", options_.since,
                    "Lots ready from here on belong to new arcs: now, all, a time or a lot id")
        ->type_name("WHEN");
  }

  void add_s3(CLI::App* sub) {
    sub->add_flag("--s3", options_.s3,
                  "Serve stores/ as S3 to programs of arcs, by versitygw on loopback");
  }

  void add_filter(CLI::App* sub) {
    const auto repeatable = [&](const char* name, std::vector<std::string>& values,
                                const char* description) {
      sub->add_option(name, values, description)->allow_extra_args(false);
    };
    repeatable("--project", options_.project_filter, "Only this project: name or name:version");
    repeatable("--name", options_.names, "Only this name; repeatable");
    repeatable("--label", options_.labels, "Only what has this label, key=value; repeatable");
    add_placement_options(*sub, options_);
  }

  void add_records(CLI::App& sub) {
    sub.add_flag("--records", options_.records,
                 "Read all records, whatever the index remembers of them");
  }

  void add_lot_report(CLI::App* sub) {
    add_filter(sub);
    sub->add_flag("--list", options_.list, "A row per lot");
    add_records(*sub);
    sub->add_option("--earliest", options_.earliest, "From this time, duration ago, or lot id on");
    sub->add_option("--latest", options_.latest, "Before this time; a lot id is included");
  }

  void add_commands() {
    auto* verify =
        command(app_, "verify", "Check project files; nothing is changed", Command::Verify);
    add_projects(verify, true);
    add_dry_run_options(*verify, options_);
    add_out(verify);
    // As the earlier cls-aws has them; not in the list of commands.
    auto* synth = command(app_, "synth", "verify --substrate aws that writes", Command::Synth);
    synth->group("");
    add_projects(synth, true);
    add_out(synth);
    command(app_, "info", "What this program is", Command::Info)
        ->group("")
        ->add_option("WHAT", options_.arguments, "version or which")
        ->required()
        ->expected(1)
        ->check(CLI::IsMember({"version", "which"}));
    auto* diff = command(app_, "diff", "What deploying projects would change; nothing is changed",
                         Command::Diff);
    add_projects(diff, true);
    diff->add_flag("--exit-code", options_.exit_code, "End with 6 where there are changes");
    auto* bootstrap =
        command(app_, "bootstrap", "Make the home of the local substrate", Command::Bootstrap);
    add_bootstrap_options(*bootstrap, options_);
    add_execution_options(*bootstrap, options_);
    add_out(bootstrap);
    auto* deploy =
        command(app_, "deploy", "Record projects, so that `cls up` serves them", Command::Deploy);
    add_projects(deploy, true);
    add_since(deploy);
    add_execution_options(*deploy, options_);
    auto* destroy = command(app_, "destroy", "Take projects out of service; records and data stay",
                            Command::Destroy);
    add_projects(destroy, false);
    add_execution_options(*destroy, options_);
    destroy->add_option("PROJECT", options_.arguments, "name:version of a deployed project");
    destroy->add_option("--wait", options_.wait,
                        "Wait so many seconds for lots that run; 0: not at all [600]");
    destroy->add_flag("--delete-records", options_.delete_records,
                      "Delete its ledgers, claims and manifests too, for good; data stays");
    auto* up = command(app_, "up", "Serve every deployed project until stopped", Command::Up);
    add_projects(up, false);
    add_since(up);
    add_s3(up);
    up->add_option("--metrics", options_.metrics,
                   "Serve /metrics (Prometheus) and /healthz at [HOST:]PORT; HOST: 127.0.0.1");
    up->add_option("--keep-attempts", options_.keep_attempts,
                   "How long folders of attempts are kept, as 36h, 14d [14d]");
    up->add_option("--keep-attempts-bytes", options_.keep_attempts_bytes,
                   "How large they may be in all, as 500MiB [1GiB]");
    auto* run = command(app_, "run", "Deploy, take in what is there, work until nothing is left",
                        Command::Run);
    add_projects(run, false);
    run->add_flag("--until-idle", options_.until_idle, "Scan again until a scan finds nothing new");
    add_s3(run);
    run->add_flag("--seal", options_.seal, "First close all open lots, ended or not");
    auto* retry =
        command(app_, "retry", "Try lots again that ended missing or partial", Command::Retry);
    retry->add_option("ARC", options_.arguments,
                      "An arc and lots: NAME [LOT|LOT..LOT ...]; none: all");
    for (const auto& [name, does, which] :
         {std::tuple{"enable", "Switch a project, a boundary or an arc on", Command::Enable},
          std::tuple{"disable", "Switch a project, a boundary or an arc off; what runs goes on",
                     Command::Disable}}) {
      command(app_, name, does, which)
          ->add_option("NAME", options_.arguments,
                       "PROJECT, PROJECT NAME or NAME: a project (name or name:version), or a "
                       "boundary or an arc of it")
          ->required()
          ->expected(1, 2);
    }
    auto* status = command(app_, "status", "How everything in the home is doing", Command::Status);
    add_filter(status);
    add_records(*status);
    status->add_flag("--watch", options_.watch, "Show it again every two seconds, until stopped");
    auto* arcs = command(app_, "arcs", "List deployed arcs", Command::Arcs);
    add_filter(arcs);
    arcs->require_subcommand(0, 1);
    add_lot_report(command(*arcs, "status", "Lots of each arc by state", Command::ArcsStatus));
    auto* datasets = command(app_, "datasets", "List owned datasets", Command::Datasets);
    add_filter(datasets);
    datasets->require_subcommand(0, 1);
    add_lot_report(
        command(*datasets, "status", "Lots of each dataset by state", Command::DatasetsStatus));
    add_placement_options(*command(app_, "projects", "List deployed projects", Command::Projects),
                          options_);
    add_placement_options(*command(app_, "placements", "List placements with records in the home",
                                   Command::Placements),
                          options_);
    auto* audit =
        command(app_, "audit", "Check the promises from records and data alone", Command::Audit);
    audit->add_flag("--deep", options_.deep, "Hash every member's bytes");
    audit->add_option("--since", options_.since, "Only this lot and later ones");
    audit->add_flag("--settled", options_.settled,
                    "Nothing is at work: a lot that is due and not taken is a violation");
    auto* mend = audit->add_flag("--repair", options_.repair,
                                 "Mend what can be mended from records, then check again");
    audit->add_flag("--dry-run", options_.dry_run, "Only say what --repair would do")->needs(mend);
    add_simulate();
    add_logs();
    add_graph();
    add_home();
    add_local();
    add_guide_commands(
        app_, options_,
        [this](CLI::App& parent, const std::string& name, const std::string& description,
               Command which) { return command(parent, name, description, which); });
  }

  void add_local() {
    auto* local = command(app_, "local", "One attempt of an arc as a shell script, or run here",
                          Command::Local);
    add_projects(local, false);
    local->add_option("-a,--arc", options_.arc, "The arc; case does not matter")->required();
    local->add_option("-l,--lot", options_.lot, "The lot's id")->required();
    local->add_option("-r,--role", options_.role, "The source that woke the arc [main]");
    local
        ->add_option("-s,--manifest-state", options_.manifest_state,
                     "Name manifests of this state: complete, partial, empty or removed")
        ->check(CLI::IsMember(json::all_names<record::ManifestState>()));
    local->add_option("--scratch", options_.scratch,
                      "What it writes goes there [cls-local/ARC-LOT]");
    local->add_flag("--run", options_.run, "Run it here and now instead of printing it");
  }

  void add_home() {
    add_filter(command(app_, "boundaries", "List deployed boundaries", Command::Boundaries));
    command(app_, "regions", "List the regions of substrates that have some", Command::Regions);
    command(app_, "substrates", "List where projects can run", Command::Substrates);
    command(app_, "recover", "Make the index of the home again from its records", Command::Recover);
  }

  void add_graph() {
    auto* graph = command(app_, "graph", "A picture of what is deployed, or of project files",
                          Command::Graph);
    add_projects(graph, false);
    graph->add_option("--format", options_.graph_format, "dot (Graphviz), mermaid or svg [dot]")
        ->check(CLI::IsMember(json::all_names<operate::GraphFormat>()));
  }

  void add_logs() {
    auto* logs = command(app_, "logs", "What an attempt wrote: by default the newest one's output",
                         Command::Logs);
    logs->add_option("ARC", options_.arguments, "An arc, or an arc and a lot: NAME [LOT]")
        ->expected(0, 2);
    logs->add_option("--attempt", options_.attempt, "This attempt, as claims and folders name it");
    logs->add_option("--project", options_.project_filter,
                     "Only this project: name or name/version")
        ->allow_extra_args(false);
    logs->add_flag("--list", options_.list, "A row per attempt, newest first");
    logs->add_flag("-f,--follow", options_.follow, "Go on until the attempt has ended");
    logs->add_option("-n,--lines", options_.lines, "Only the last lines of each");
    auto* out = logs->add_flag("--stdout", options_.only_stdout, "Only its standard output");
    logs->add_flag("--stderr", options_.only_stderr, "Only its standard error")->excludes(out);
  }

  void add_simulate() {
    auto* simulate = command(
        app_, "simulate", "Run projects in virtual time with made-up arrivals; nothing is changed",
        Command::Simulate);
    add_projects(simulate, true);
    simulate->add_option("--days", options_.days, "Virtual days, 1 to 366 [1]");
    simulate->add_option("--arrivals", options_.arrivals,
                         "Objects for each boundary, N/s, N/min, N/h or N/day [1/min]");
    simulate->add_option("--duplicates", options_.duplicates,
                         "Of the objects, that are written again with the same bytes [0%]");
    simulate->add_option("--late", options_.late,
                         "Of the objects, whose time says an earlier lot [0%]");
    simulate->add_option("--outage", options_.outage,
                         "The service is down for so long, once, as 2h [0s]");
    simulate->add_option("--duration", options_.duration,
                         "What an attempt takes on average, as 30s [1s]");
    simulate->add_option("--failures", options_.failures, "Of the attempts, that fail [0%]");
    simulate->add_option("--seed", options_.seed, "Other chances, the same for the same seed [1]");
  }

  Options& options_;
  std::string output_ = "table";
  CLI::App app_;
};

/// The command that was reached: the innermost that was parsed.
std::string reached(const CLI::App& app) {
  std::string path;
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().back();
    path += (path.empty() ? "" : " ") + at->get_name();
  }
  return path;
}

}  // namespace

CommandInfo command_tree() {
  Options unused;
  CommandLine line(unused, "");
  return describe(line.app());
}

std::variant<Options, Answer> parse_options(const std::vector<std::string>& arguments,
                                            const std::string& version) {
  Options options;
  CommandLine line(options, version);
  const auto help = [&](const std::string& path) {
    const CommandInfo root = describe(line.app());
    return Answer{0, help_text(*deepest(root, split(path, ' ')).first, root), ""};
  };
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    line.app().parse(std::move(reversed));
    line.finish();
  } catch (const CLI::CallForHelp&) {
    return help(reached(line.app()));
  } catch (const CLI::Success& success) {  // --version
    return Answer{0, std::string(success.what()) + "\n", ""};
  } catch (const CLI::ParseError& error) {
    const UsageProblem problem{.message = error.what(),
                               .command = reached(line.app()),
                               .unknown = line.app().remaining(true)};
    return Answer{static_cast<int>(ExitCode::Usage), "", usage_text(problem, describe(line.app()))};
  }
  if (options.command == Command::None) return help("");
  return options;
}

}  // namespace cls::cli
