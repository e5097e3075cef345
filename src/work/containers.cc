// SPDX-License-Identifier: Apache-2.0
#include "work/containers.h"

#include <algorithm>

#include "base/format.h"
#include "base/host.h"
#include "base/text.h"
#include "work/engine_words.h"

namespace cls::work {

namespace {

using std::chrono::seconds;

constexpr seconds build_limit{3600};
constexpr seconds stop_limit{20};

std::string name_of(const std::string& attempt) {
  return "cls-" + lower(attempt);
}

/// The last line of a file that says something.
std::string last_line(FileSystem& files, const std::string& path) {
  std::string last = "it said nothing";
  const auto text = files.read(path);
  if (!text) return last;
  for (const auto& line : split(*text, '\n')) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = printable(line);
  }
  return last;
}

/// One --mount: comma-separated values, so texts with commas and quotes are quoted.
std::string mount_text(const ContainerMount& mount) {
  const auto field = [](const std::string& text) {
    if (text.find_first_of(",\"") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
  };
  return format("type=bind,{},{}{}", field("source=" + mount.path), field("target=" + mount.path),
                mount.writable ? "" : ",readonly");
}

}  // namespace

std::string Containers::tag_of(const std::string& hash) const {
  return format("localhost/cls-{}:{}", lower(host_.home_id), hash.substr(0, 32));
}

Result<std::vector<std::string>> Containers::build_command(const std::string& directory,
                                                           const std::string& tag) {
  std::string file = directory + "/Containerfile";
  if (!host_.files.status(file, true)) file = directory + "/Dockerfile";
  if (!host_.files.status(file, true)) {
    return fail(
        FailureCode::NotFound,
        format("{} has no Containerfile and no Dockerfile to build its image from", directory));
  }
  return std::vector<std::string>{std::string(program_of(engine().kind)),
                                  "build",
                                  "--network=host",
                                  "-t",
                                  tag,
                                  "-f",
                                  file,
                                  directory};
}

Result<std::string> Containers::build(const std::string& directory, const std::string& hash,
                                      const AttemptFolder& folder, const std::stop_token& stop) {
  const ContainerEngine& with = engine();
  std::string tag = tag_of(hash);
  const std::lock_guard lock(building_);
  if (built_.contains(tag)) return tag;
  if (!call(with, {"image", "inspect", "--format", "{{.Id}}", tag}, seconds(60))) {
    auto command = build_command(directory, tag);
    if (!command) return pass(std::move(command));
    ProcessSpec spec;
    spec.command = std::move(*command);
    spec.environment = client_environment(with);
    spec.working_directory = folder.path();
    spec.stdout_path = folder.in("build.stdout");
    spec.stderr_path = folder.in("build.stderr");
    spec.timeout = build_limit;
    host_.log.info(format("building the image of {} with {}", directory, with.version), {});
    const auto result = host_.processes.run(spec, stop, [](int) {});
    if (!result) return tl::unexpected<Failure>(result.error());
    if (result->end != ProcessEnd::Exited || result->code != 0) {
      return fail(FailureCode::Unavailable,
                  format("the image of {} could not be built: {} (log: {})", directory,
                         last_line(host_.files, spec.stderr_path), spec.stderr_path));
    }
  }
  built_.insert(tag);
  return tag;
}

ProcessSpec Containers::contained(const ProcessSpec& spec, const ContainerRun& run) {
  const ContainerEngine& with = engine();
  ProcessSpec outer = spec;
  outer.environment = client_environment(with);
  outer.memory_limit = 0;  // the container's, not its client's
  std::vector<std::string> words{std::string(program_of(with.kind)),
                                 "run",
                                 "--rm",
                                 "--name",
                                 name_of(run.attempt),
                                 "--label",
                                 "cls.home=" + host_.home_id,
                                 "--label",
                                 "cls.attempt=" + run.attempt,
                                 "--network=host"};
  const auto [user, group] = effective_ids();
  if (user != 0 && with.kind == EngineKind::Podman) words.emplace_back("--userns=keep-id");
  if (user != 0 && with.kind == EngineKind::Docker) {
    words.insert(words.end(), {"--user", format("{}:{}", user, group)});
  }
  if (run.memory_mb > 0) words.push_back(format("--memory={}m", run.memory_mb));
  if (run.cpus > 0) words.push_back(format("--cpus={}", run.cpus));
  for (const auto& mount : run.mounts) {
    words.insert(words.end(), {"--mount", mount_text(mount)});
  }
  for (const auto& name : run.variables) {
    const auto value = spec.environment.find(name);
    if (value == spec.environment.end()) continue;
    // By name alone the engine takes the value from its own environment: it stands in no command
    // line. What the engine needs itself cannot be given that way.
    const bool taken = !outer.environment.emplace(name, value->second).second;
    words.insert(words.end(), {"--env", taken ? name + "=" + value->second : name});
  }
  words.push_back(run.image);
  words.insert(words.end(), spec.command.begin(), spec.command.end());
  outer.command = std::move(words);
  return outer;
}

ProcessSpec Containers::fenced(const ProcessSpec& spec,
                               const std::vector<ContainerMount>& mounts) const {
  ProcessSpec outer = spec;
  std::vector<std::string> words{
      "bwrap", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc",
      "/proc", "--tmpfs",           "/tmp"};
  // A later one hides what an earlier one showed below it: the outer folders come first.
  std::vector<ContainerMount> ordered{{spec.working_directory, false}};
  ordered.insert(ordered.end(), mounts.begin(), mounts.end());
  std::ranges::stable_sort(ordered, {}, [](const auto& mount) { return mount.path.size(); });
  for (const auto& mount : ordered) {
    words.insert(words.end(), {mount.writable ? "--bind" : "--ro-bind", mount.path, mount.path});
  }
  words.insert(words.end(), {"--chdir", spec.working_directory, "--"});
  words.insert(words.end(), spec.command.begin(), spec.command.end());
  outer.command = std::move(words);
  return outer;
}

void Containers::remove(const std::string& attempt) {
  if (!host_.files.status(host_.attempts + "/" + attempt + "/container", true)) return;
  const ContainerEngine& with = engine();
  if (!with.runs_images()) return;
  const std::string name = name_of(attempt);
  // Its engine's client passed the SIGTERM on that it got, and the time to end was then. Gone
  // already is as good.
  static_cast<void>(call(with, {"kill", name}, stop_limit));
  static_cast<void>(call(with, {"rm", "-f", name}, stop_limit));
}

void Containers::remove_left(const std::function<bool(const std::string& attempt)>& lives) {
  // No engine was ever used here: there is nothing to look for.
  if (!host_.files.status(host_.folder + "/engine.json", true)) return;
  const ContainerEngine& with = engine();
  if (!with.runs_images()) return;
  const auto listed = call(
      with, {"ps", "-a", "--filter", "label=cls.home=" + host_.home_id, "--format", "{{.Names}}"},
      seconds(60));
  if (!listed) return;  // the next look finds them
  for (const auto& name : split(*listed, '\n')) {
    if (!name.starts_with("cls-")) continue;
    const std::string attempt = upper(name.substr(4));
    if (lives(attempt)) continue;
    host_.log.info(format("removing container {}: its attempt is over", name), {});
    static_cast<void>(call(with, {"rm", "-f", name}, stop_limit));
  }
}

void Containers::remove_images(const std::set<std::string>& hashes) {
  if (!host_.files.status(host_.folder + "/engine.json", true)) return;
  const ContainerEngine& with = engine();
  if (!with.runs_images()) return;
  const std::string repository = format("localhost/cls-{}", lower(host_.home_id));
  const auto listed = call(
      with,
      {"images", "--filter", "reference=" + repository, "--format", "{{.Repository}}:{{.Tag}}"},
      seconds(60));
  if (!listed) return;  // the next look finds them
  std::set<std::string> wanted;
  for (const auto& hash : hashes) wanted.insert(tag_of(hash));
  for (const auto& tag : split(*listed, '\n')) {
    if (!tag.starts_with(repository + ":") || wanted.contains(tag)) continue;
    // Without force: one that a container is made of is not removed.
    if (call(with, {"rmi", tag}, stop_limit)) {
      host_.log.info(format("removed image {}: no deployed arc names it any more", tag), {});
    }
  }
}

}  // namespace cls::work
