// SPDX-License-Identifier: Apache-2.0
// Containers: which engine works here.
#include <array>
#include <cstddef>
#include <filesystem>
#include <tuple>

#include "base/captured_output.h"
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

/// What a short command of the engine prints; a failure has the last of what it said.
Result<std::string> Containers::call(const ContainerEngine& engine,
                                     std::vector<std::string> arguments, seconds limit) const {
  arguments.insert(arguments.begin(), std::string(program_of(engine.kind)));
  return captured_output(arguments, {.time = limit}, client_environment(engine));
}

const ContainerEngine& Containers::engine() {
  const std::lock_guard lock(mutex_);
  if (!engine_) engine_ = find();
  return *engine_;
}

ContainerEngine Containers::find() {
  // Where it cannot be made, no canary is found to run.
  static_cast<void>(host_.files.make_directories(host_.folder));
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

/// Only where it is not there yet: others may be reading it.
void Containers::write_conf() const {
  const std::string file = host_.folder + "/containers.conf";
  const auto present = host_.files.read(file);
  if (present && *present == own_conf_text) return;
  // What cannot be written shows when the engine does not run with it.
  static_cast<void>(host_.files.unlink(file));
  static_cast<void>(host_.files.append(file, own_conf_text));
}

std::optional<ContainerEngine> Containers::try_engine(EngineKind kind, std::string& why) {
  ContainerEngine engine{.kind = kind, .version = {}, .own_conf = false, .problem = {}};
  const auto version = call(engine, {"--version"}, seconds(20));
  if (!version) {
    why = version.error().message;
    return std::nullopt;
  }
  engine.version = split(*version, '\n').front();
  if (auto before = known(kind, engine.version)) return before;
  bool runs = canary_runs(engine, why);
  if (!runs && kind == EngineKind::Podman) {
    engine.own_conf = true;
    write_conf();
    std::string second;
    runs = canary_runs(engine, second);
  }
  if (!runs) return std::nullopt;
  keep(engine);
  return engine;
}

bool Containers::canary_runs(const ContainerEngine& engine, std::string& why) {
  // Of this process: others may look for an engine at the same time.
  const std::string folder = format("{}/canary-{}", host_.folder, this_process().pid);
  std::error_code error;
  fs::remove_all(folder, error);
  static_cast<void>(host_.files.make_directories(folder));
  static_cast<void>(host_.files.append(folder + "/Dockerfile", "FROM scratch\nCOPY true /true\n"));
  static_cast<void>(host_.files.append(folder + "/true", canary_program()));
  fs::permissions(folder + "/true", fs::perms(0755), error);
  const auto built =
      call(engine, {"build", "-t", canary_tag, "-f", folder + "/Dockerfile", folder}, seconds(120));
  fs::remove_all(folder, error);
  if (!built) {
    why = "an image cannot be built: " + built.error().message;
    return false;
  }
  const auto ran =
      call(engine, {"run", "--rm", "--network=host", canary_tag, "/true"}, seconds(60));
  if (!ran) why = "an image cannot be run: " + ran.error().message;
  return ran.has_value();
}

bool Containers::try_bubblewrap(std::string& why) {
  ContainerEngine engine{
      .kind = EngineKind::Bubblewrap, .version = {}, .own_conf = false, .problem = {}};
  const auto ran = call(engine,
                        {"--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc",
                         "/proc", "--tmpfs", "/tmp", "--", "true"},
                        seconds(20));
  if (!ran) why = ran.error().message;
  return ran.has_value();
}

}  // namespace cls::work
