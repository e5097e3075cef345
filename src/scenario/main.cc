// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "cli/app.h"
#include "cli/standard_console.h"
#include "scenario/program.h"

int main(int count, char** arguments) {
  cls::cli::StandardConsole console("scenario");
  try {
    return console.ended_with(
        cls::scenario::run_program({arguments + 1, arguments + count}, console, cls::cli::run));
  } catch (const cls::Error& error) {
    console.err(std::string("scenario: ") + error.what() + "\n");
    return static_cast<int>(error.exit_code());
  }
}
