// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "base/error.h"
#include "cli/app.h"
#include "scenario/program.h"

namespace {

class StandardConsole final : public cls::cli::Console {
 public:
  void out(std::string_view text) override { write(stdout, text); }
  void err(std::string_view text) override { write(stderr, text); }

 private:
  static void write(std::FILE* stream, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stream);
    std::fflush(stream);
  }
};

}  // namespace

int main(int count, char** arguments) {
  StandardConsole console;
  try {
    return cls::scenario::run_program({arguments + 1, arguments + count}, console, cls::cli::run);
  } catch (const cls::Error& error) {
    console.err(std::string("scenario: ") + error.what() + "\n");
    return static_cast<int>(error.exit_code());
  }
}
