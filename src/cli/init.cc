// SPDX-License-Identifier: Apache-2.0
// cls init: a small working project to start from.
#include <filesystem>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/embedded.h"
#include "cli/workspace.h"

namespace cls::cli {

namespace {

struct NewFile {
  std::string path;  ///< absolute
  std::string_view text;
};

std::vector<NewFile> files_of(const std::string& name, const std::string& directory) {
  std::vector<NewFile> files;
  const std::string front = name + "/";
  for (const auto& file : project_templates()) {
    if (!file.path.starts_with(front)) continue;
    files.push_back(
        {(std::filesystem::path(directory) / file.path.substr(front.size())).string(), file.text});
  }
  return files;
}

/// An Error, with nothing written, where one of them is there already.
void refuse_overwriting(const std::vector<NewFile>& files, World& world) {
  std::vector<std::string> there;
  for (const auto& file : files) {
    const auto status = world.files.status(file.path, false);
    if (status) there.push_back(file.path);
    if (!status && status.error().code != FailureCode::NotFound) throw Error(status.error());
  }
  if (there.empty()) return;
  throw Error(format("it would be overwritten: {}; nothing was written. Name another directory",
                     join(there, ", ")),
              ExitCode::Refused);
}

Result<> write(const NewFile& file, World& world) {
  auto made = world.files.make_directories(std::filesystem::path(file.path).parent_path().string());
  if (!made) return pass(std::move(made));
  return world.files.write_new(file.path, file.text);
}

/// All of them or, with an Error, none: half of a project would be in the way of the next try.
void write_all(const std::vector<NewFile>& files, World& world) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto written = write(files[i], world);
    if (written) continue;
    // What cannot be removed now is named by the next try.
    for (std::size_t k = 0; k < i; ++k) static_cast<void>(world.files.unlink(files[k].path));
    throw Error(written.error());
  }
}

/// As a shell takes it.
std::string shell_word(const std::string& text) {
  if (text.find_first_of(" '\"\\$`&;|<>()*?[]#~!") == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string(R"('\'')") : std::string(1, c);
  return out + "'";
}

}  // namespace

int init(const Options& options, World& world) {
  const std::string named = options.arguments.empty() ? "." : options.arguments.front();
  const auto files = files_of(options.template_name, absolute(named, world));
  refuse_overwriting(files, world);
  write_all(files, world);
  world.console.out(format("wrote {} to {}; next:\n\n", counted(files.size(), "file"), named));
  if (named != ".") world.console.out(format("    cd {}\n", shell_word(named)));
  world.console.out(
      "    cls verify -p project.json\n"
      "    cls run -p project.json --home home\n"
      "    cls status --home home\n\n"
      "README.md says more.\n");
  return 0;
}

}  // namespace cls::cli
