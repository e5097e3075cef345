// SPDX-License-Identifier: Apache-2.0
#include "work/container_view.h"

#include <algorithm>

#include "work/workload_environment.h"

namespace cls::work {

bool wants_image(const model::CommandPlan& plan) {
  const bool has_image = !plan.image.empty() || !plan.image_path.empty();
  return has_image && plan.sandbox != model::Sandbox::process;
}

bool needs_engine(const model::CommandPlan& plan) {
  return plan.sandbox == model::Sandbox::container || plan.image_path.empty() ||
         plan.command.empty();
}

Step<std::vector<ContainerMount>> container_mounts(const flow::WorkloadContext& context,
                                                   const model::CommandPlan& plan,
                                                   const CommandHost& host,
                                                   const AttemptFolder& folder) {
  const bool collects = plan.manifest == model::ManifestMode::collect;
  std::vector<ContainerMount> mounts{{folder.path(), true}};
  if (!host.stores_dir.empty()) mounts.push_back({host.stores_dir, !collects});
  const auto add = [&](const std::string& path, bool writable) {
    const bool seen = std::ranges::any_of(mounts, [&](const ContainerMount& mount) {
      return (path + "/").starts_with(mount.path + "/");
    });
    if (!seen) mounts.push_back({path, writable});
  };
  for (const auto& [role, sink] : context.arc.sinks) {
    auto directory = sink_directory(host, folder, plan, role, sink);
    if (!directory) return pass_failed(std::move(directory));
    if (!directory->empty()) add(*directory, true);
  }
  for (const auto& source : context.sources) {
    if (source.dataset.pathURI.empty()) continue;  // its producer is not known
    auto path = host.local_path(source.dataset.path().child("object"));
    if (path) add(path->substr(0, path->rfind('/')), false);
  }
  return mounts;
}

std::set<std::string> container_variables(const std::map<std::string, std::string>& environment,
                                          const model::CommandPlan& plan) {
  std::set<std::string> names;
  for (const auto& [name, value] : environment) {
    const bool ours = name.starts_with("CLS_") || name.starts_with("AWS_");
    if (ours || plan.environment.contains(name)) names.insert(name);
  }
  return names;
}

}  // namespace cls::work
