// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/clock_file.h"

namespace cls::user_scenario {

Instant virtual_start() {
  return std::chrono::sys_days(std::chrono::year{2026} / 1 / 1);
}

Result<> write_clock(FileSystem& files, const std::string& path, Instant now) {
  const std::string next = path + ".new";
  static_cast<void>(files.unlink(next));  // of one who was killed
  if (auto written = files.write_new(next, format_instant(now)); !written) return written;
  return files.rename(next, path);
}

Result<Instant> read_clock(FileSystem& files, const std::string& path) {
  const auto text = files.read(path, 0, std::nullopt);
  if (!text) return fail(text.error().code, text.error().message);
  return parse_instant(*text);
}

}  // namespace cls::user_scenario
