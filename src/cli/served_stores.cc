// SPDX-License-Identifier: Apache-2.0
#include "cli/served_stores.h"

#include "base/error.h"
#include "base/format.h"

namespace cls::cli {

std::unique_ptr<store::S3Gateway> serve_stores(const Options& options, World& world,
                                               local::Home& home, Log& log) {
  if (!options.s3) return nullptr;
  if (!options.stores.empty()) {
    throw Error(
        "--s3 serves stores/ of the home alone, and buckets of --store lie elsewhere: give "
        "one of the two",
        ExitCode::Usage);
  }
  const std::string root = home.stores_directory() + "/s3";
  for (const auto& directory : {root, home.run()}) {
    if (auto made = world.files.make_directories(directory); !made) throw Error(made.error());
  }
  auto gateway = store::S3Gateway::start(
      world.processes,
      {.path = world.getenv("PATH").value_or("/usr/local/bin:/usr/bin:/bin"),
       .root = root,
       .log = home.run() + "/versitygw.log",
       .ended = [&log](const Failure& failure) {
         log.error(format("--s3: {}; programs cannot reach stores/ by S3 until the next start",
                          failure.message));
       }});
  if (!gateway && gateway.error().code == FailureCode::NotFound) {
    throw Error(
        "--s3 needs the program versitygw in PATH; with Go: go install "
        "github.com/versity/versitygw/cmd/versitygw@v1.8.0");
  }
  if (!gateway) throw Error("--s3: " + gateway.error().message);
  log.info(format("stores/ is served as S3 at {}", (*gateway)->origin().to_string()));
  return std::move(*gateway);
}

std::map<std::string, std::string> environment_of(
    const std::unique_ptr<store::S3Gateway>& gateway) {
  if (!gateway) return {};
  return gateway->environment();
}

}  // namespace cls::cli
