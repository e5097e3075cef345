// SPDX-License-Identifier: Apache-2.0
#include "cli/synthesis.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "aws/assembly_files.h"
#include "base/error.h"
#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"
#include "cli/settings.h"
#include "cli/workspace.h"
#include "local/tree_digest.h"
#include "model/validate_context.h"

namespace cls::cli {

namespace {

constexpr std::array<std::string_view, 2> architectures{"ARM_64", "X86_64"};

/// What CloudWatch Logs permits.
constexpr auto retentions =
    std::to_array<unsigned>({1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                             365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653});

unsigned checked_retention(unsigned days) {
  if (std::ranges::find(retentions, days) != retentions.end()) return days;
  const auto* const next = std::ranges::upper_bound(retentions, days);
  throw Error(format("aws.logs.retentionDays is {}; CloudWatch Logs has {} and {}", days,
                     *(next - 1), *next),
              ExitCode::Usage);
}

std::string assets_directory(World& world) {
  const auto named = world.getenv("CLS_ASSETS_PATH");
  if (named && !named->empty()) return absolute(*named, world);
  const auto program = world.files.real_path("/proc/self/exe");
  if (!program) return "";
  const auto prefix = std::filesystem::path(*program).parent_path().parent_path();
  return (prefix / "share" / "clusterless" / "assets").string();
}

void find_code(aws::SynthesisOptions& result, World& world) {
  const std::string directory = assets_directory(world);
  for (const auto architecture : architectures) {
    const std::string file = format("{}/bootstrap-{}.zip", directory, lower(architecture));
    Digest digest = Digest::sha256();
    const auto read =
        world.files.read_pieces(file, [&](std::string_view piece) { digest.update(piece); });
    if (!read) {
      throw Error(
          format("no code for functions: {}; install cls whole, or name the folder that "
                 "has it by CLS_ASSETS_PATH",
                 read.error().message));
    }
    result.code_files[std::string(architecture)] = file;
    result.code_hashes[std::string(architecture)] = digest.hex();
  }
}

/// The directory of a container's image as an arc names it; empty where it names none.
template <class T>
std::string image_path_of(const T& component) {
  if constexpr (requires { component.workload.imagePath.has_value(); }) {
    return component.workload.imagePath.value_or("");
  } else if constexpr (requires { component.workload.imagePath; }) {
    return component.workload.imagePath;
  }
  return "";
}

void find_images(aws::SynthesisOptions& result, World& world,
                 const std::vector<model::LoadedDocument>& documents) {
  for (const auto& document : documents) {
    const std::string& file = document.document->file;
    const auto beside = std::filesystem::path(absolute(file, world)).parent_path();
    model::each_component(document, [&](const auto& component, const auto& /*place*/) {
      const std::string path = image_path_of(component);
      if (path.empty() || component.exclude) return;
      const std::string directory = (beside / path).lexically_normal().string();
      auto digest = local::digest_of_tree(world.files, directory, {}, world.progress);
      if (!digest) throw Error(format("imagePath '{}': {}", path, digest.error().message));
      result.images[{file, path}] = {.directory = directory, .sha256 = std::move(*digest)};
    });
  }
}

}  // namespace

aws::SynthesisOptions synthesis_options(const Options& options, World& world,
                                        const std::vector<model::LoadedDocument>& documents,
                                        bool needs_code) {
  const AwsSettings settings = aws_settings(options, world);
  aws::SynthesisOptions result{
      .log_retention_days = checked_retention(settings.logs.retentionDays),
      .execution_logging = settings.logs.executions,
      .private_subnets = settings.network.privateSubnets,
      .alarms = settings.alarms.enabled,
      .alarm_topic = settings.alarms.topic,
      .has_tags = !options.parts.exclude_all_tags,
      .removes_all_on_destroy = common_settings(options, world).resource.removeAllOnDestroy,
      .reclaim_minutes = settings.sweep.minutes,
      .code_files = {},
      .code_hashes = {},
      .images = {}};
  if (needs_code) find_code(result, world);
  find_images(result, world, documents);
  return result;
}

void write_out(const Options& options, World& world, aws::Assembly assembly) {
  const std::size_t count = assembly.stacks.size();
  const auto written =
      aws::write_assembly(world.files, absolute(options.out, world), std::move(assembly));
  if (!written) throw Error(written.error());
  world.console.out(format("wrote {} to {}\n", counted(count, "template"), options.out));
}

}  // namespace cls::cli
