// SPDX-License-Identifier: Apache-2.0
// Containers: runs images with the engine that works on this machine. docs/containers.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/log.h"
#include "base/process_runner.h"
#include "work/attempt_folder.h"

namespace cls::work {

/// What runs an arc that has an image.
enum class EngineKind : std::uint8_t {
  Process,     ///< a process in the image's directory: nothing else works here
  Bubblewrap,  ///< the same, with everything but its own folders read-only
  Docker,
  Podman,
};

struct ContainerEngine {
  EngineKind kind = EngineKind::Process;
  std::string version;    ///< as it says itself
  bool own_conf = false;  ///< podman only: works with our containers.conf alone
  std::string problem;    ///< why there is none that was asked for; empty: all is well

  bool runs_images() const { return kind == EngineKind::Docker || kind == EngineKind::Podman; }
};

/// A folder that the container sees, at its own path.
struct ContainerMount {
  std::string path;
  bool writable = false;
};

/// One run of an image.
struct ContainerRun {
  std::string attempt;
  std::string image;
  std::vector<ContainerMount> mounts;
  std::set<std::string> variables;  ///< of the spec's environment, those that go inside
  std::uint64_t memory_mb = 0;      ///< 0: no limit
  double cpus = 0;                  ///< 0: no limit
};

/// What a machine gives to it; all of it outlives it.
struct ContainerHost {
  FileSystem& files;
  ProcessRunner& processes;
  Log& log;
  std::function<std::optional<std::string>(const std::string&)> getenv;
  std::string folder;    ///< `containers/` of the home
  std::string attempts;  ///< `attempts/` of the home
  std::string home_id;
};

/// Thread-safe.
class Containers {
 public:
  explicit Containers(ContainerHost host) : host_(std::move(host)) {}

  /// The engine: looked for at the first call, by running an image of one tiny program; what was
  /// found is kept in the home, and tried again when the engine's version changes. $CLS_CONTAINERS
  /// chooses one: auto, podman, docker, bubblewrap, none.
  const ContainerEngine& engine();

  /// The tag of the image of a directory, built if it is not there; `hash` is that of its files.
  /// What the build prints is in the attempt's folder.
  Result<std::string> build(const std::string& directory, const std::string& hash,
                            const AttemptFolder& folder, const std::stop_token& stop);

  /// The tag of the image that is built for such a state of a declaration.
  std::string tag_of(const std::string& hash) const;
  /// What builds that image; NotFound where the directory says of none how.
  Result<std::vector<std::string>> build_command(const std::string& directory,
                                                 const std::string& tag);

  /// What runs `spec` in a container, where the engine runs images.
  ProcessSpec contained(const ProcessSpec& spec, const ContainerRun& run);
  /// What runs `spec` with only the mounts that say so writable.
  ProcessSpec fenced(const ProcessSpec& spec, const std::vector<ContainerMount>& mounts) const;

  /// Ends what is left of an attempt's container, if it had one.
  void remove(const std::string& attempt);
  /// The same for all of this home whose attempt does not live.
  void remove_left(const std::function<bool(const std::string& attempt)>& lives);
  /// Removes the images that were built in this home for other declarations than those with these
  /// hashes. What a container is made of stays.
  void remove_images(const std::set<std::string>& hashes);

 private:
  Result<std::string> call(const ContainerEngine& engine, std::vector<std::string> arguments,
                           std::chrono::seconds limit) const;
  std::map<std::string, std::string> client_environment(const ContainerEngine& engine) const;
  ContainerEngine find();
  std::optional<ContainerEngine> known(EngineKind kind, const std::string& version);
  std::optional<ContainerEngine> try_engine(EngineKind kind, std::string& why);
  bool try_bubblewrap(std::string& why);
  bool canary_runs(const ContainerEngine& engine, std::string& why);
  void keep(const ContainerEngine& engine);
  void write_conf() const;

  ContainerHost host_;
  std::mutex mutex_;
  std::optional<ContainerEngine> engine_;
  std::mutex building_;
  std::set<std::string> built_;
};

}  // namespace cls::work
