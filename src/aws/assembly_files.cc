// SPDX-License-Identifier: Apache-2.0
#include "aws/assembly_files.h"

#include <array>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/format.h"

namespace cls::aws {

namespace {

constexpr std::string_view listing = "assembly.json";

void add_placement(Value& to, const model::Placement& placement) {
  to.add("account", text(*placement.account));
  to.add("region", text(*placement.region));
  to.add("stage", placement.stage ? text(*placement.stage) : Value{});
}

Value needs_json(const std::vector<Need>& needs) {
  Value result = Value::array();
  for (const auto& need : needs) {
    const bool limited = !need.prefixes.empty();
    result.items.push_back(
        object({{"why", text(need.why)},
                {"actions", texts(need.actions)},
                {"resources", texts(need.resources)},
                {"prefixes", limited ? std::optional(texts(need.prefixes)) : std::nullopt},
                {"namespace",
                 need.name_space.empty() ? std::nullopt : std::optional(text(need.name_space))}}));
  }
  return result;
}

/// Where a stack's template lies below the folder of its assembly.
std::string template_path(const Stack& stack) {
  return format("{}-{}/{}.template.json", *stack.placement.account, *stack.placement.region,
                stack.name);
}

Value stack_json(const Stack& stack) {
  Value result = object({{"name", text(stack.name)}});
  add_placement(result, stack.placement);
  result.add("template", text(template_path(stack)));
  result.add("dependsOn", texts(stack.depends_on));
  const auto imports = stack.content.imports();
  result.add("imports", texts({imports.begin(), imports.end()}));
  Value handlers = Value::array();
  for (const auto& handler : stack.handlers) {
    handlers.items.push_back(object({{"function", text(handler.function)},
                                     {"handler", text(handler.name)},
                                     {"needs", needs_json(handler.needs)}}));
  }
  result.add("handlers", std::move(handlers));
  return result;
}

Value asset_json(const Asset& asset) {
  static constexpr std::array<std::string_view, 3> kinds{"code", "object", "image"};
  const bool is_object = asset.kind == AssetKind::Object;
  Value result = object({{"kind", text(kinds.at(static_cast<std::size_t>(asset.kind)))},
                         {"place", text(asset.place)}});
  add_placement(result, asset.placement);
  result.add(is_object ? "content" : "source", text(asset.source));
  if (!is_object) result.add("architecture", text(asset.architecture));
  return result;
}

std::string path_in(const std::string& directory, std::string_view name) {
  return format("{}/{}", directory, name);
}

/// Writes files under other names first, and gives them theirs when all of them are durable: a
/// reader finds a file of before or a whole new one.
class Replacement {
 public:
  explicit Replacement(FileSystem& files) : files_(files) {}

  Result<> add(const std::string& path, std::string_view bytes) {
    const std::string folder = path.substr(0, path.rfind('/'));
    if (auto there = files_.make_directories(folder); !there) return pass(std::move(there));
    static_cast<void>(files_.unlink(path + next));  // of one who was killed
    if (auto written = files_.write_new(path + next, bytes); !written) return written;
    paths_.push_back(path);
    folders_.insert(folder);
    return {};
  }

  Result<> commit() {
    std::vector<std::string> written;
    written.reserve(paths_.size());
    for (const auto& path : paths_) written.push_back(path + next);
    if (auto synced = files_.sync(written); !synced) return synced;
    for (const auto& path : paths_) {
      if (auto named = files_.rename(path + next, path); !named) return named;
    }
    return files_.sync({folders_.begin(), folders_.end()});
  }

 private:
  static constexpr const char* next = ".part";

  FileSystem& files_;
  std::vector<std::string> paths_;
  std::set<std::string> folders_;
};

/// The templates that the assembly.json of `directory` names; none where there is no such file.
Result<std::set<std::string>> named_before(FileSystem& files, const std::string& directory) {
  std::set<std::string> names;
  const auto before = files.read(path_in(directory, listing), 0, std::nullopt);
  if (!before && before.error().code == FailureCode::NotFound) return names;
  if (!before) return tl::unexpected(before.error());
  const auto parsed = json::parse_record(*before);
  const Value* stacks = parsed ? parsed->find("stacks") : nullptr;
  if (stacks == nullptr || parsed->find("version") == nullptr) {
    return fail(FailureCode::Conflict,
                format("{} is none that cls has written; name another folder",
                       path_in(directory, listing)));
  }
  for (const auto& stack : stacks->items) {
    const Value* path = stack.find("template");
    const bool is_ours = path != nullptr && path->text.ends_with(".template.json") &&
                         path->text.find("..") == std::string::npos && !path->text.starts_with('/');
    if (is_ours) names.insert(path->text);
  }
  return names;
}

/// `assembly.json` around what it says of the stacks.
Value listing_json(const Assembly& assembly, Value stacks) {
  Value assets = Value::array();
  for (const auto& asset : assembly.assets) assets.items.push_back(asset_json(asset));
  Value buckets = Value::array();
  for (const auto& one : assembly.buckets) {
    Value bucket = object({{"bucket", text(one.bucket)}});
    add_placement(bucket, one.placement);
    buckets.items.push_back(std::move(bucket));
  }
  return object({{"version", number(1)},
                 {"stacks", std::move(stacks)},
                 {"assets", std::move(assets)},
                 {"eventBuckets", std::move(buckets)}});
}

}  // namespace

Result<> write_assembly(FileSystem& files, const std::string& directory, Assembly assembly) {
  auto before = named_before(files, directory);
  if (!before) return pass(std::move(before));
  std::set<std::string> made;
  Replacement replacement(files);
  Value listed = Value::array();
  for (auto& stack : assembly.stacks) {
    listed.items.push_back(stack_json(stack));
    const std::string path = template_path(stack);
    const std::string text = std::exchange(stack, {}).content.to_text();
    if (auto added = replacement.add(path_in(directory, path), text); !added) return added;
    made.insert(path);
  }
  const std::string text = json::to_pretty(listing_json(assembly, std::move(listed))) + "\n";
  if (auto added = replacement.add(path_in(directory, listing), text); !added) return added;
  if (auto done = replacement.commit(); !done) return done;
  for (const auto& former : *before) {
    if (made.contains(former)) continue;
    auto gone = files.unlink(path_in(directory, former));
    if (!gone && gone.error().code != FailureCode::NotFound) return gone;
  }
  return {};
}

}  // namespace cls::aws
