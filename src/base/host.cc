// SPDX-License-Identifier: Apache-2.0
#include "base/host.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include "base/error.h"

namespace cls {

namespace {

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string link_text(const char* path) {
  std::array<char, 256> buffer{};
  const auto length = ::readlink(path, buffer.data(), buffer.size() - 1);
  return length < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(length));
}

}  // namespace

std::optional<std::uint64_t> start_time_of(std::uint64_t pid) {
  const std::string stat = first_line("/proc/" + std::to_string(pid) + "/stat");
  // The command may hold blanks and parentheses: fields are counted after the last ')'.
  const auto close = stat.rfind(')');
  if (close == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(close + 2));
  std::string field;
  // proc(5): the state is field 3, starttime field 22.
  for (int i = 3; i <= 22; ++i) {
    fields >> field;
    if (i == 3 && (field == "Z" || field == "X")) return std::nullopt;
  }
  std::uint64_t ticks = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), ticks);
  return error == std::errc() ? std::optional(ticks) : std::nullopt;
}

ProcessIdentity this_process() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  ProcessIdentity identity{.host = name.data(),
                           .boot = first_line("/proc/sys/kernel/random/boot_id"),
                           .pid_namespace = link_text("/proc/self/ns/pid"),
                           .pid = static_cast<std::uint64_t>(::getpid())};
  const auto ticks = start_time_of(identity.pid);
  if (identity.boot.empty() || !ticks)
    throw Error("/proc is not readable: it tells processes apart");
  identity.start_time = *ticks;
  return identity;
}

bool process_group_lives(int group) {
  return group > 1 && (::kill(-group, 0) == 0 || errno == EPERM);
}

bool process_group_has(int group, const std::string& variable) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = first_line(entry.path().string() + "/stat");
    const auto close = stat.rfind(')');
    if (close == std::string::npos) continue;
    std::istringstream fields(stat.substr(close + 2));
    std::string state;
    int parent = 0;
    int of_group = 0;
    // proc(5): state, ppid and pgrp are the fields 3 to 5.
    if (!(fields >> state >> parent >> of_group) || of_group != group) continue;
    std::ifstream environment(entry.path().string() + "/environ", std::ios::binary);
    for (std::string one; std::getline(environment, one, '\0');) {
      if (one == variable) return true;
    }
  }
  return false;
}

void kill_process_group(int group) {
  if (group > 1) ::kill(-group, SIGKILL);
}

EffectiveIds effective_ids() {
  return {.user = ::geteuid(), .group = ::getegid()};
}

}  // namespace cls
