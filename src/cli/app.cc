// SPDX-License-Identifier: Apache-2.0
#include "cli/app.h"

#include <exception>
#include <new>

#include "base/error.h"
#include "base/format.h"
#include "cli/commands.h"

namespace cls::cli {

namespace {

int dispatch(const Options& options, World& world) {
  switch (options.command) {
    case Command::Verify:
      return verify(options, world);
    case Command::Bootstrap:
      return bootstrap(options, world);
    case Command::Deploy:
      return deploy(options, world);
    case Command::Destroy:
      return destroy(options, world);
    case Command::Up:
      return up(options, world);
    case Command::Run:
      return run(options, world);
    case Command::Retry:
      return retry(options, world);
    case Command::Enable:
    case Command::Disable:
      return enable(options, world);
    case Command::Status:
      return status(options, world);
    case Command::Arcs:
    case Command::ArcsStatus:
    case Command::Datasets:
    case Command::DatasetsStatus:
    case Command::Projects:
    case Command::Placements:
      return report(options, world);
    case Command::Audit:
      return audit(options, world);
    case Command::None:
      break;
  }
  return static_cast<int>(ExitCode::Usage);
}

}  // namespace

int run(const std::vector<std::string>& arguments, World& world) {
  const auto parsed = parse_options(arguments, version);
  if (const auto* answer = std::get_if<Answer>(&parsed)) {
    world.console.out(answer->out);
    world.console.err(answer->err);
    return answer->exit_code;
  }
  try {
    return dispatch(std::get<Options>(parsed), world);
  } catch (const Error& error) {
    world.console.err(format("cls: {}\n", error.what()));
    return static_cast<int>(error.exit_code());
  } catch (const std::bad_alloc&) {
    world.console.err("cls: out of memory\n");
    return static_cast<int>(ExitCode::Temporary);
  } catch (const std::exception& error) {
    world.console.err(format("cls: a fault of cls itself, please report it: {}\n", error.what()));
    return static_cast<int>(ExitCode::Failed);
  }
}

}  // namespace cls::cli
