// SPDX-License-Identifier: Apache-2.0
#include "base/process_usage.h"

#include <cstdio>
#include <dirent.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

#include "base/host.h"

namespace cls {

namespace {

/// The first bytes of a small file of /proc; empty if it cannot be read.
std::string read_proc(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             std::fclose);
  if (!file) return "";
  std::string text(8192, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  return text;
}

/// The number after `name` and blanks; 0 where there is none.
std::uint64_t number_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) return 0;
  std::uint64_t number = 0;
  for (const char c : text.substr(at + name.size())) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
    } else if (c != ' ' || number != 0) {
      break;
    }
  }
  return number;
}

double to_seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::uint64_t open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
  if (!directory) return 0;
  std::uint64_t count = 0;
  while (const auto* entry = ::readdir(directory.get())) {
    count += std::string_view(entry->d_name).front() != '.' ? 1U : 0U;
  }
  return count - 1;  // without the one of this look
}

double start_time() {
  const auto ticks = start_time_of(static_cast<std::uint64_t>(::getpid()));
  const auto booted = number_after(read_proc("/proc/stat"), "\nbtime ");
  const auto per_second = ::sysconf(_SC_CLK_TCK);
  if (!ticks || booted == 0 || per_second <= 0) return 0;
  return static_cast<double>(booted) +
         static_cast<double>(*ticks) / static_cast<double>(per_second);
}

}  // namespace

std::uint64_t resident_bytes_of(int pid) {
  const auto page = ::sysconf(_SC_PAGESIZE);
  const std::string statm = read_proc("/proc/" + std::to_string(pid) + "/statm");
  return page > 0 ? number_after(statm, " ") * static_cast<std::uint64_t>(page) : 0;
}

ProcessUsage process_usage() {
  ProcessUsage usage;
  usage.started = start_time();
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    usage.cpu_seconds = to_seconds(used.ru_utime) + to_seconds(used.ru_stime);
  }
  usage.resident_bytes = resident_bytes_of(::getpid());
  usage.open_descriptors = open_descriptors();
  rlimit most{};
  if (::getrlimit(RLIMIT_NOFILE, &most) == 0) usage.most_descriptors = most.rlim_cur;
  return usage;
}

}  // namespace cls
