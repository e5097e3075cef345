// SPDX-License-Identifier: Apache-2.0
// A directory of the test's own, and whole commands run in it as a user would type them.
#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "base/format.h"
#include "base/posix_process_runner.h"
#include "cli/app.h"

namespace cls::cli::testing {

namespace fs = std::filesystem;

class CapturedConsole final : public Console {
 public:
  void out(std::string_view text) override {
    const std::lock_guard lock(mutex_);
    printed += text;
  }
  void err(std::string_view text) override {
    const std::lock_guard lock(mutex_);
    complained += text;
  }
  std::size_t progress_width() const override { return progress_columns; }
  void show_progress(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    shown.emplace_back(line);
  }
  std::string printed;               // to standard output
  std::string complained;            // to standard error
  std::size_t progress_columns = 0;  // of a terminal; 0: there is none
  std::vector<std::string> shown;    // of progress, one after the other

 private:
  std::mutex mutex_;
};

/// Real time, in which waiting takes none: what is slept is skipped.
class HastyClock final : public Clock {
 public:
  Instant now() const override { return real_.now() + skipped_.load(); }
  std::chrono::nanoseconds monotonic() const override {
    skipped_ = skipped_.load() + a_look_takes;
    return real_.monotonic() + skipped_.load();
  }
  void sleep_for(std::chrono::nanoseconds span) override {
    skipped_ = skipped_.load() + span;
    std::this_thread::yield();
  }
  /// Waits for real time, which files are stamped with, to reach what this clock shows now.
  void catch_up() const { std::this_thread::sleep_for(skipped_.load()); }

  std::chrono::nanoseconds a_look_takes{0};  ///< for what shows progress only after a while

 private:
  SystemClock real_;
  mutable std::atomic<std::chrono::nanoseconds> skipped_{std::chrono::nanoseconds(0)};
};

/// What a command printed and ended with.
struct Ran {
  int code = 0;
  std::string out;
  std::string err;
  std::vector<std::string> progress;  ///< each line that was shown
};

class CliTest : public ::testing::Test {
 protected:
  void SetUp() override {
    static int count = 0;
    directory_ = fs::canonical(::testing::TempDir()).string() +
                 format("/cls-cli-{}-{}", ::getpid(), ++count);
    fs::create_directories(directory_);
  }
  void TearDown() override {
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator(directory_, ignored)) {
      if (entry.is_directory(ignored)) {
        fs::permissions(entry.path(), fs::perms::owner_all, fs::perm_options::add, ignored);
      }
    }
    fs::remove_all(directory_, ignored);
  }

  /// Runs `cls arguments…` with CLS_HOME naming `home` in the test's directory.
  Ran cls(const std::vector<std::string>& arguments, const std::string& input = "") {
    CapturedConsole console;
    console.progress_columns = progress_columns_;
    World world{.console = console,
                .clock = clock_,
                .files = files_ != nullptr ? *files_ : posix_,
                .ids = ids_,
                .processes = processes_,
                .working_directory = directory_,
                .getenv = [this](const std::string& name) -> std::optional<std::string> {
                  if (name == "CLS_HOME") return home();
                  if (name == "PATH") return "/usr/local/bin:/usr/bin:/bin";
                  const auto found = environment_.find(name);
                  return found == environment_.end() ? std::nullopt : std::optional(found->second);
                },
                .read_standard_input = [&input] { return input; },
                .on_stop = on_stop_,
                .end_now = {}};
    Ran ran;
    ran.code = cli::run(arguments, world);
    ran.out = console.printed;
    ran.err = console.complained;
    ran.progress = console.shown;
    return ran;
  }

  std::string home() const { return directory_ + "/home"; }
  std::string path(const std::string& relative) const { return directory_ + "/" + relative; }
  /// Below `home/stores/s3/`.
  std::string stored(const std::string& relative) const {
    return home() + "/stores/s3/" + relative;
  }

  /// Writes a file whose modification time is `age` ago and some minutes more, so that it counts at
  /// once. Those of one age are of one lot of five minutes, whenever the test runs.
  void write(const std::string& file, const std::string& text,
             std::chrono::seconds age = std::chrono::seconds(3600)) const {
    fs::create_directories(fs::path(file).parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
    fs::last_write_time(file, begun_ - age + std::chrono::milliseconds(++writes_));
  }
  static std::string read(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }
  /// Every file below the record stores with its bytes.
  std::map<std::string, std::string> records() const {
    std::map<std::string, std::string> found;
    for (const auto& bucket : fs::directory_iterator(home() + "/stores/s3")) {
      if (!bucket.path().filename().string().starts_with("clusterless-")) continue;
      for (const auto& file : fs::recursive_directory_iterator(bucket)) {
        if (file.is_regular_file()) found[file.path().string()] = read(file.path().string());
      }
    }
    return found;
  }
  /// The only file below a directory whose name ends so.
  static std::string only_file(const std::string& directory, const std::string& ending) {
    std::vector<std::string> found;
    for (const auto& file : fs::recursive_directory_iterator(directory)) {
      if (file.is_regular_file() && file.path().string().ends_with(ending)) {
        found.push_back(file.path().string());
      }
    }
    return found.size() == 1 ? found.front() : format("{} files", found.size());
  }

  /// A boundary `inbox` on s3://data/in/, five-minute lots by modification time, and a copy arc.
  static std::string copy_project(const std::string& name = "p") {
    return R"({"project": {"name": ")" + name + R"(", "version": "1"},
  "placement": {"provider": "local"},
  "boundaries": [{"type": "core:putListenerBoundary", "name": "inbox", "lotUnit": "Twelfths",
    "dataset": {"name": ")" +
           name + R"(-in", "version": "1", "pathURI": "s3://data-)" + name + R"(/in/"}}],
  "arcs": [{"type": "core:copyArc", "name": "copy",
    "sources": {"main": {"name": ")" +
           name + R"(-in", "version": "1"}},
    "sinks": {"main": {"name": ")" +
           name + R"(-out", "version": "1", "pathURI": "s3://data-)" + name + R"(/out/"}}}]})";
  }
  /// The same with a command in place of the copy.
  static std::string command_project(const std::string& command, const std::string& more = "") {
    return R"({"project": {"name": "p", "version": "1"}, "placement": {"provider": "local"},
  "boundaries": [{"type": "core:putListenerBoundary", "name": "inbox", "lotUnit": "Twelfths",
    "dataset": {"name": "p-in", "version": "1", "pathURI": "s3://data-p/in/"}}],
  "arcs": [{"type": "core:commandArc", "name": "work", "backoffSec": 0, "attempts": 2,
    "sources": {"main": {"name": "p-in", "version": "1"}},
    "sinks": {"main": {"name": "p-out", "version": "1", "pathURI": "s3://data-p/out/"}},
    "workload": {"command": ["sh", "-c", ")" +
           command + R"("], "manifest": "collect"}}])" + more + "}";
  }

  HastyClock clock_;
  PosixFileSystem posix_;
  FileSystem* files_ = nullptr;  ///< in place of the real one
  UlidSource ids_{clock_};
  PosixProcessRunner processes_;
  std::map<std::string, std::string> environment_;
  std::size_t progress_columns_ = 0;  ///< of the terminal that standard error is; 0: it is none
  std::function<void(std::function<void(int)>)> on_stop_;
  std::string directory_;

 private:
  fs::file_time_type begun_ = std::chrono::floor<std::chrono::duration<int, std::ratio<300>>>(
      fs::file_time_type::clock::now());
  mutable int writes_ = 0;
};

}  // namespace cls::cli::testing
