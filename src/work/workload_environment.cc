// SPDX-License-Identifier: Apache-2.0
#include "work/workload_environment.h"

#include <array>
#include <set>

#include "base/format.h"
#include "base/parallel.h"
#include "base/text.h"
#include "work/fetched_source.h"
#include "work/source_version.h"
#include "work/workload_json.h"

namespace cls::work {

namespace {

using Environment = std::map<std::string, std::string>;

/// What a process needs to find programs, its user's files, its language and its scratch space;
/// nothing that is secret, nothing that makes a run depend on who started cls.
constexpr std::array inherited = {"PATH", "HOME",   "USER",     "LOGNAME", "SHELL",
                                  "LANG", "LC_ALL", "LC_CTYPE", "TZ",      "TMPDIR"};
constexpr const char* default_path = "/usr/local/bin:/usr/bin:/bin";
constexpr const char* no_batch_job = "00000000-0000-0000-0000-000000000000";

Step<std::string> declared_value(const std::string& name, const model::EnvironmentValue& value,
                                 const flow::WorkloadContext& context, const CommandHost& host) {
  using From = model::EnvironmentValue::From;
  if (value.from == From::Text) return value.text;
  const std::string what = format("environment variable {} of arc '{}'", name, context.arc.name);
  if (value.from == From::Environment) {
    auto found = host.getenv(value.text);
    if (found) return std::move(*found);
    return end_attempt("Environment", format("{} is to come from the environment variable {} of "
                                             "cls, which is not set",
                                             what, value.text));
  }
  auto text = host.files.read(value.text);
  if (!text) {
    return end_attempt("Environment", format("{} is to come from the file {}: {}", what, value.text,
                                             text.error().message));
  }
  if (text->ends_with('\n')) text->pop_back();
  if (text->find('\0') == std::string::npos) return std::move(*text);
  return end_attempt(
      "Environment",
      format("{} is to come from the file {}, which holds a NUL character", what, value.text));
}

/// What is known of one source member before the process starts.
struct Looked {
  std::optional<Failure> failure;
  SourceSight sight;
  std::string path;
  bool is_fetched = false;
};

/// One source's members as files.
class SourceAsFiles {
 public:
  SourceAsFiles(store::ObjectStore& store, const CommandHost& host,
                const flow::WorkloadSource& source, const AttemptFolder& folder, bool fetch)
      : store_(store), host_(host) {
    if (!fetch) return;
    const Uri base = source.dataset.pathURI.empty() ? Uri{} : source.dataset.path();
    fetched_.emplace(store, host.files, base,
                     folder.sources_path() + "/" + variable_part(source.role));
  }

  /// Thread-safe.
  Looked look(const flow::SourceMember& member, const std::stop_token& stop) const {
    Looked looked;
    auto found = find(member, stop, looked);
    if (!found) looked.failure = std::move(found).error();
    return looked;
  }

 private:
  Result<> find(const flow::SourceMember& member, const std::stop_token& stop,
                Looked& looked) const {
    auto path = host_.local_path(member.uri);
    looked.is_fetched = !path && path.error().code == FailureCode::Unsupported && fetched_;
    if (looked.is_fetched) path = fetched_->path_of(member.uri);
    if (!path) return pass(std::move(path));
    looked.path = std::move(*path);
    if (looked.path.find('\n') != std::string::npos) {
      return fail(FailureCode::Invalid,
                  format("{}: a path with a line break cannot stand in a list of files",
                         member.uri.to_string()));
    }
    auto sight = looked.is_fetched ? fetched_->fetch(member, looked.path, stop)
                                   : look_at_source(store_, member);
    if (!sight) return pass(std::move(sight));
    looked.sight = std::move(*sight);
    return {};
  }

  store::ObjectStore& store_;
  const CommandHost& host_;
  std::optional<FetchedSource> fetched_;
};

record::MemberLine vanished_line(const flow::SourceMember& member, const SourceSight& sight) {
  record::MemberLine line;
  line.uri = member.uri.to_string();
  line.size = sight.version.size;
  line.source = line.uri;
  if (member.version) line.sourceVersion = record::version_text(*member.version);
  line.vanished = sight.vanished;
  return line;
}

Step<> write_list(store::ObjectStore& store, const flow::WorkloadContext& context,
                  std::size_t index, const CommandHost& host, AttemptFolder& folder, bool fetch,
                  SourceFiles& files) {
  const auto& source = context.sources[index];
  const SourceAsFiles as_files(store, host, source, folder, fetch);
  std::vector<Looked> looked(source.members.size());
  for_each_job(looked.size(), context.arc.parallel, context.stop, [&](std::size_t i) {
    looked[i] = as_files.look(source.members[i], context.stop);
    return !looked[i].failure;
  });
  // The lists are not complete then, and nobody reads them.
  if (context.stop.stop_requested()) return {};
  std::string list;
  for (std::size_t i = 0; i < looked.size(); ++i) {
    const auto& [failure, sight, path, is_fetched] = looked[i];
    // Objects that are no files here: the process reads them by their URIs.
    if (failure && failure->code == FailureCode::Unsupported) return {};
    if (failure) {
      return end_for(*failure, "Start", format("source '{}': {}", source.role, failure->message));
    }
    if (sight.vanished) {
      files.vanished.push_back(vanished_line(source.members[i], sight));
      files.must_not_vanish = files.must_not_vanish || source.overwrites == model::Overwrites::fail;
      continue;
    }
    const auto& member = source.members[i];
    // Nobody changes what was fetched.
    if (!is_fetched) {
      files.given.push_back({index, {member.uri, sight.version}, member.version.has_value()});
    }
    list += path + "\n";
  }
  const std::string name = "source-" + variable_part(source.role);
  if (auto written = folder.write(name, list); !written) {
    return end_attempt("Start", written.error().message);
  }
  files.lists.emplace(source.role, folder.in(name));
  return {};
}

/// Two roles must not share their variables.
template <class Declared>
Step<> check_roles(const Declared& declared, std::string_view kind) {
  std::map<std::string, std::string> seen;
  for (const auto& [role, dataset] : declared) {
    const auto [at, fresh] = seen.emplace(variable_part(role), role);
    if (fresh) continue;
    return end_for_good("Invalid", format("the {} roles '{}' and '{}' would share the variables "
                                          "CLS_{}_{}_…; rename one",
                                          kind, at->second, role, upper(kind), at->first));
  }
  return {};
}

void add_sources(const flow::WorkloadContext& context, const SourceFiles& files, Environment& out) {
  if (const auto* main = main_source(context)) {
    out["CLS_SOURCE_MANIFEST"] = main->manifest.to_string();
  }
  for (const auto& source : context.sources) {
    const std::string stem = "CLS_SOURCE_" + variable_part(source.role);
    out[stem + "_MANIFEST"] = source.manifest.to_string();
    const auto list = files.lists.find(source.role);
    if (list != files.lists.end()) out[stem + "_FILES"] = list->second;
  }
}

Step<> add_sinks(const flow::WorkloadContext& context, const model::CommandPlan& plan,
                 const CommandHost& host, const AttemptFolder& folder, Environment& out) {
  for (const auto& [role, sink] : context.arc.sinks) {
    const std::string stem = "CLS_SINK_" + variable_part(role);
    auto directory = sink_directory(host, folder, plan, role, sink);
    if (!directory) return pass_failed(std::move(directory));
    if (!directory->empty()) out[stem + "_PATH"] = *directory;
    const bool is_private = plan.manifest == model::ManifestMode::collect;
    const Uri uri = is_private ? Uri{"file", "", directory->substr(1)}.as_path() : sink.path();
    out[stem + "_URI"] = uri.to_string();
  }
  return {};
}

}  // namespace

std::string variable_part(std::string_view role) {
  std::string part = upper(role);
  for (char& c : part) {
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!kept) c = '_';
  }
  return part;
}

Step<SourceFiles> write_source_files(store::ObjectStore& store,
                                     const flow::WorkloadContext& context,
                                     const model::CommandPlan& plan, const CommandHost& host,
                                     AttemptFolder& folder) {
  if (auto checked = check_roles(context.arc.sources, "source"); !checked) {
    return pass_failed(std::move(checked));
  }
  SourceFiles files;
  for (std::size_t i = 0; i < context.sources.size(); ++i) {
    auto written = write_list(store, context, i, host, folder, plan.fetch, files);
    if (!written) return pass_failed(std::move(written));
  }
  return files;
}

Step<> look_again(store::ObjectStore& store, const flow::WorkloadContext& context,
                  SourceFiles& files) {
  std::vector<Result<SourceSight>> sights(files.given.size());
  for_each_job(sights.size(), context.arc.parallel, context.stop, [&](std::size_t i) {
    sights[i] = look_at_source(store, files.given[i].member);
    return sights[i].has_value();
  });
  if (context.stop.stop_requested()) return {};
  for (std::size_t i = 0; i < sights.size(); ++i) {
    auto& [source, member, recorded] = files.given[i];
    if (!sights[i]) {
      return end_attempt("Source", format("source '{}': {}", context.sources[source].role,
                                          sights[i].error().message));
    }
    if (!sights[i]->vanished) continue;
    if (!recorded) member.version.reset();
    files.vanished.push_back(vanished_line(member, *sights[i]));
    files.must_not_vanish =
        files.must_not_vanish || context.sources[source].overwrites == model::Overwrites::fail;
  }
  return {};
}

Step<std::string> sink_directory(const CommandHost& host, const AttemptFolder& folder,
                                 const model::CommandPlan& plan, const std::string& role,
                                 const model::SinkDataset& sink) {
  if (plan.manifest == model::ManifestMode::collect) {
    return folder.sinks_path() + "/" + variable_part(role);
  }
  // A path that ends in `/` is no object, so that an object in it is asked for.
  auto path = host.local_path(sink.path().child("object"));
  if (!path && path.error().code == FailureCode::Unsupported) return std::string();
  if (!path) {
    return end_for(path.error(), "Start", format("sink '{}': {}", role, path.error().message));
  }
  path->resize(path->rfind('/'));
  return std::move(*path);
}

Step<Environment> workload_environment(const flow::WorkloadContext& context,
                                       const model::CommandPlan& plan, const CommandHost& host,
                                       const AttemptFolder& folder, const SourceFiles& sources) {
  if (auto checked = check_roles(context.arc.sinks, "sink"); !checked) {
    return pass_failed(std::move(checked));
  }
  Environment out{{"PATH", default_path}};
  for (const char* name : inherited) {
    if (auto value = host.getenv(name)) out[name] = std::move(*value);
  }
  for (const auto& [name, value] : host.environment) out[name] = value;
  for (const auto& [name, declared] : plan.environment) {
    auto value = declared_value(name, declared, context, host);
    if (!value) return pass_failed(std::move(value));
    out[name] = std::move(*value);
  }
  out["CLS_ARC_PROPS_JSON"] = json::to_text(arc_props_json(context, plan));
  out["CLS_LOT"] = context.lot.to_string();
  out["CLS_LOT_START"] = format_instant_seconds(context.lot.start());
  out["CLS_LOT_END"] = format_instant_seconds(context.lot.end());
  out["CLS_ATTEMPT"] = context.attempt;
  out["CLS_ARC"] = context.arc.name;
  out["CLS_PROJECT"] = context.project.project.to_string();
  out["CLS_REPORT"] = folder.report_path();
  out["CLS_LOCAL"] = "true";
  out["AWS_BATCH_JOB_ID"] = no_batch_job;
  out["AWS_BATCH_JOB_ATTEMPT"] = "1";
  if (!host.stores_dir.empty()) out["CLS_STORES"] = host.stores_dir;
  add_sources(context, sources, out);
  if (auto added = add_sinks(context, plan, host, folder, out); !added) {
    return pass_failed(std::move(added));
  }
  return out;
}

}  // namespace cls::work
