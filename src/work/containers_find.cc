// SPDX-License-Identifier: Apache-2.0
// Containers: which engine works here.
#include <array>
#include <cstddef>
#include <filesystem>
#include <tuple>

#include "base/format.h"
#include "base/host.h"
#include "base/text.h"
#include "json/fields.h"
#include "work/containers.h"
#include "work/engine_words.h"

namespace cls::work {

namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr const char* canary_tag = "localhost/cls-canary:1";

/// Where the machine allows neither more open files nor systemd's cgroups (findings of a machine in
/// a sandbox): named by CONTAINERS_CONF, never put into the user's configuration.
constexpr std::string_view own_conf_text =
    "[engine]\n"
    "runtime = \"runc\"\n"
    "cgroup_manager = \"cgroupfs\"\n"
    "events_logger = \"file\"\n"
    "[containers]\n"
    "default_ulimits = [\"nofile=4096:4096\", \"nproc=4096:4096\"]\n";

/// A program that ends with 0: an ELF header, one program header, exit(0).
#if defined(__x86_64__)
constexpr unsigned char machine = 0x3e;
constexpr std::array<unsigned char, 9> exit_code{0xb8, 0x3c, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05};
#elif defined(__aarch64__)
constexpr unsigned char machine = 0xb7;
constexpr std::array<unsigned char, 12> exit_code{0x00, 0x00, 0x80, 0xd2, 0xa8, 0x0b,
                                                  0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4};
#else
#error "write exit(0) for this machine"
#endif

std::string canary_program() {
  constexpr std::size_t head = 64 + 56;
  constexpr unsigned char size = head + exit_code.size();
  std::string bytes(
      "\x7f"
      "ELF\x02\x01\x01",
      7);
  bytes.resize(16, '\0');
  const auto put = [&bytes](std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8U * unsigned(i)) & 0xffU);
  };
  constexpr std::uint64_t base = 0x400000;
  put(2, 2), put(machine, 2), put(1, 4), put(base + head, 8), put(64, 8), put(0, 8), put(0, 4);
  put(64, 2), put(56, 2), put(1, 2), put(0, 2), put(0, 2), put(0, 2);
  put(1, 4), put(5, 4), put(0, 8), put(base, 8), put(base, 8), put(size, 8), put(size, 8);
  put(0x1000, 8);
  for (const unsigned char byte : exit_code) bytes += static_cast<char>(byte);
  return bytes;
}

/// What engine.json says.
struct KnownEngine {
  std::string engine;
  std::string version;
  bool ownConf = false;

  static constexpr auto fields =
      std::tuple{json::required("engine", &KnownEngine::engine, "podman or docker"),
                 json::required("version", &KnownEngine::version, "as it says itself"),
                 json::required("ownConf", &KnownEngine::ownConf, "with our containers.conf")};
};

}  // namespace

std::string last_words(const std::string& text) {
  std::string last = "it said nothing";
  for (const auto& line : split(text, '\n')) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = printable(line);
  }
  return last;
}

std::map<std::string, std::string> Containers::client_environment(
    const ContainerEngine& engine) const {
  constexpr std::array taken{"PATH",
                             "HOME",
                             "USER",
                             "LANG",
                             "TMPDIR",
                             "DOCKER_HOST",
                             "DOCKER_CONFIG",
                             "DOCKER_CONTEXT",
                             "CONTAINER_HOST",
                             "CONTAINERS_CONF",
                             "XDG_RUNTIME_DIR",
                             "XDG_CONFIG_HOME",
                             "XDG_DATA_HOME"};
  std::map<std::string, std::string> environment{
      {"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin"}};
  for (const char* name : taken) {
    if (auto value = host_.getenv(name)) environment[name] = std::move(*value);
  }
  if (engine.own_conf) environment["CONTAINERS_CONF"] = host_.folder + "/containers.conf";
  return environment;
}

Containers::Output Containers::call(const ContainerEngine& engine,
                                    std::vector<std::string> arguments, seconds limit) {
  static_cast<void>(host_.files.make_directories(host_.folder));
  std::string file;
  {
    static std::mutex counting;
    const std::lock_guard lock(counting);
    file = format("{}/call-{}-{}", host_.folder, this_process().pid, ++calls_);
  }
  ProcessSpec spec;
  spec.command = std::move(arguments);
  spec.command.insert(spec.command.begin(), std::string(program_of(engine.kind)));
  spec.environment = client_environment(engine);
  spec.working_directory = host_.folder;
  spec.stdout_path = file + ".out";
  spec.stderr_path = file + ".err";
  spec.timeout = limit;
  const auto result = host_.processes.run(spec, {}, [](int) {});
  Output output;
  output.well = result && result->end == ProcessEnd::Exited && result->code == 0;
  if (auto text = host_.files.read(spec.stdout_path)) output.out = std::move(*text);
  if (auto text = host_.files.read(spec.stderr_path)) output.err = std::move(*text);
  if (!result) output.err = result.error().message;
  for (const auto& path : {spec.stdout_path, spec.stderr_path}) {
    static_cast<void>(host_.files.unlink(path));
  }
  return output;
}

const ContainerEngine& Containers::engine() {
  const std::lock_guard lock(mutex_);
  if (!engine_) engine_ = find();
  return *engine_;
}

ContainerEngine Containers::find() {
  const std::string wanted = host_.getenv("CLS_CONTAINERS").value_or("auto");
  std::vector<std::string> reasons;
  for (const auto kind : {EngineKind::Podman, EngineKind::Docker}) {
    if (wanted != "auto" && wanted != program_of(kind)) continue;
    std::string why;
    if (auto found = try_engine(kind, why)) {
      host_.log.info(format("images run under {}", found->version), {});
      return std::move(*found);
    }
    reasons.push_back(format("{}: {}", program_of(kind), why));
  }
  ContainerEngine engine;
  std::string why;
  if ((wanted == "auto" || wanted == "bubblewrap") && try_bubblewrap(why)) {
    engine.kind = EngineKind::Bubblewrap;
    engine.version = "bubblewrap";
  } else {
    engine.version = "no sandbox";
    if (!why.empty()) reasons.push_back("bubblewrap: " + why);
  }
  if (wanted == "none") return engine;
  if (wanted == "auto") {
    host_.log.warning(format("no container engine works here ({}): commands run as processes in "
                             "the directory of their image, under {}",
                             join(reasons, "; "), engine.version),
                      {});
  } else if (engine.kind == EngineKind::Process) {
    engine.problem = reasons.empty() ? format(
                                           "CLS_CONTAINERS={}: write auto, podman, docker, "
                                           "bubblewrap or none",
                                           wanted)
                                     : format("CLS_CONTAINERS={}: {}", wanted, join(reasons, "; "));
  }
  return engine;
}

std::optional<ContainerEngine> Containers::known(EngineKind kind, const std::string& version) {
  const auto bytes = host_.files.read(host_.folder + "/engine.json");
  if (!bytes) return std::nullopt;
  const auto read = json::read_record<KnownEngine>(*bytes);
  if (!read || read->engine != program_of(kind) || read->version != version) return std::nullopt;
  return ContainerEngine{
      .kind = kind, .version = version, .own_conf = read->ownConf, .problem = {}};
}

void Containers::keep(const ContainerEngine& engine) {
  const std::string file = host_.folder + "/engine.json";
  const std::string text = json::write_record(
      KnownEngine{std::string(program_of(engine.kind)), engine.version, engine.own_conf});
  // What cannot be kept is found again next time.
  static_cast<void>(host_.files.unlink(file));
  static_cast<void>(host_.files.append(file, text + "\n"));
}

std::optional<ContainerEngine> Containers::try_engine(EngineKind kind, std::string& why) {
  ContainerEngine engine{.kind = kind, .version = {}, .own_conf = false, .problem = {}};
  const auto version = call(engine, {"--version"}, seconds(20));
  if (!version.well) {
    why = last_words(version.err);
    return std::nullopt;
  }
  engine.version = split(version.out, '\n').front();
  if (auto before = known(kind, engine.version)) return before;
  bool runs = canary_runs(engine, why);
  if (!runs && kind == EngineKind::Podman) {
    engine.own_conf = true;
    static_cast<void>(host_.files.unlink(host_.folder + "/containers.conf"));
    static_cast<void>(host_.files.append(host_.folder + "/containers.conf", own_conf_text));
    std::string second;
    runs = canary_runs(engine, second);
  }
  if (!runs) return std::nullopt;
  keep(engine);
  return engine;
}

bool Containers::canary_runs(const ContainerEngine& engine, std::string& why) {
  const std::string folder = host_.folder + "/canary";
  std::error_code error;
  fs::remove_all(folder, error);
  static_cast<void>(host_.files.make_directories(folder));
  static_cast<void>(host_.files.append(folder + "/Dockerfile", "FROM scratch\nCOPY true /true\n"));
  static_cast<void>(host_.files.append(folder + "/true", canary_program()));
  fs::permissions(folder + "/true", fs::perms(0755), error);
  const auto built =
      call(engine, {"build", "-t", canary_tag, "-f", folder + "/Dockerfile", folder}, seconds(120));
  if (!built.well) {
    why = "an image cannot be built: " + last_words(built.err);
    return false;
  }
  const auto ran =
      call(engine, {"run", "--rm", "--network=host", canary_tag, "/true"}, seconds(60));
  if (!ran.well) why = "an image cannot be run: " + last_words(ran.err);
  return ran.well;
}

bool Containers::try_bubblewrap(std::string& why) {
  ContainerEngine engine{
      .kind = EngineKind::Bubblewrap, .version = {}, .own_conf = false, .problem = {}};
  const auto ran = call(engine,
                        {"--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc",
                         "/proc", "--tmpfs", "/tmp", "--", "true"},
                        seconds(20));
  if (!ran.well) why = last_words(ran.err);
  return ran.well;
}

}  // namespace cls::work
