// SPDX-License-Identifier: Apache-2.0
#include "work/attempt_folder.h"

#include <algorithm>
#include <vector>

#include "base/format.h"
#include "base/text.h"

namespace cls::work {

namespace {

constexpr std::size_t error_lines = 5;
constexpr std::uint64_t error_bytes = 2048;
/// More than this of a report is not looked at: the last lines count.
constexpr std::uint64_t report_bytes = std::uint64_t{1} << 20U;

std::string_view end_name(ProcessEnd end) {
  switch (end) {
    case ProcessEnd::Exited:
      return "exited";
    case ProcessEnd::Signalled:
      return "signalled";
    case ProcessEnd::TimedOut:
      return "timedOut";
    case ProcessEnd::Stopped:
      return "stopped";
  }
  return "?";
}

/// The last `most` bytes of a file from a line's beginning on; empty if it cannot be read.
std::string tail(FileSystem& files, const std::string& path, std::uint64_t most) {
  const auto status = files.status(path, true);
  if (!status) return "";
  const std::uint64_t skipped = status->size > most ? status->size - most : 0;
  auto bytes = files.read(path, skipped, most);
  if (!bytes) return "";
  if (skipped == 0) return std::move(*bytes);
  const auto line = bytes->find('\n');
  return line == std::string::npos ? std::move(*bytes) : bytes->substr(line + 1);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    const bool control = (first < 0x20 && first != '\n' && first != '\t') || first == 0x7f;
    if (length == 0 || control) {
      result += '?';
      length = 1;
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return result;
}

Result<AttemptFolder> AttemptFolder::make(FileSystem& files, const std::string& attempts_dir,
                                          const std::string& attempt) {
  AttemptFolder folder(files, attempts_dir + "/" + attempt);
  auto made = files.make_directories(folder.path_);
  if (!made) return pass(std::move(made));
  return folder;
}

Result<> AttemptFolder::make_directory(const std::string& path) {
  auto made = files_->make_directories(path);
  if (!made) return pass(std::move(made));
  return {};
}

Result<> AttemptFolder::write(std::string_view name, std::string_view bytes) {
  return files_->append(in(name), bytes);
}

Result<> AttemptFolder::record_group(int group) {
  return write("group", std::to_string(group));
}

void AttemptFolder::forget_group() {
  // A file left behind names a group that has ended; who reads it finds no living member.
  static_cast<void>(files_->unlink(in("group")));
}

Result<> AttemptFolder::write_result(const ProcessResult& result, std::size_t bad_report_lines) {
  json::Value value = json::Value::object();
  value.add("end", json::Value::string(std::string(end_name(result.end))));
  value.add("code", json::Value::number(result.code));
  value.add("wallMs", json::Value::number(result.wall.count()));
  value.add("userMs", json::Value::number(result.user.count()));
  value.add("systemMs", json::Value::number(result.system.count()));
  value.add("maxRssBytes", json::Value::number(static_cast<std::int64_t>(result.max_rss)));
  value.add("droppedBytes", json::Value::number(static_cast<std::int64_t>(result.dropped)));
  value.add("badReportLines", json::Value::number(static_cast<std::int64_t>(bad_report_lines)));
  return write("result.json", json::to_text(value) + "\n");
}

Result<> AttemptFolder::write_no_start(std::string_view reason) {
  json::Value value = json::Value::object();
  value.add("end", json::Value::string("notStarted"));
  value.add("reason", json::Value::string(printable(reason)));
  return write("result.json", json::to_text(value) + "\n");
}

Result<Instant> AttemptFolder::begin() {
  if (auto made = files_->append(stdout_path(), ""); !made) return pass(std::move(made));
  auto status = files_->status(stdout_path(), true);
  if (!status) return pass(std::move(status));
  return status->modified;
}

Report AttemptFolder::report() const {
  Report report;
  for (const auto& line : split(tail(*files_, report_path(), report_bytes), '\n')) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto value = json::parse_record(line);
    if (value && value->kind == json::Kind::Object) {
      report.last = std::move(*value);
    } else {
      ++report.bad_lines;
    }
  }
  return report;
}

std::string AttemptFolder::last_errors() const {
  std::string text = tail(*files_, stderr_path(), error_bytes);
  while (text.ends_with('\n')) text.pop_back();
  const auto lines = split(text, '\n');
  const std::size_t first = lines.size() > error_lines ? lines.size() - error_lines : 0;
  return printable(join({lines.begin() + static_cast<std::ptrdiff_t>(first), lines.end()}, "\n"));
}

Result<> AttemptFolder::remove_tree(const std::string& path) {
  const auto status = files_->status(path, false);
  if (!status && status.error().code == FailureCode::NotFound) return {};
  if (!status) return tl::unexpected<Failure>(status.error());
  if (status->kind != FileKind::Directory) return files_->unlink(path);
  auto entries = files_->entries(path);
  if (!entries) return pass(std::move(entries));
  for (const auto& entry : *entries) {
    if (auto removed = remove_tree(path + "/" + entry.name); !removed) return removed;
  }
  return files_->remove_directory(path);
}

}  // namespace cls::work
