// SPDX-License-Identifier: Apache-2.0
#include "aws/stack_order.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace cls::aws {

namespace {

/// Names of stacks and of exports are unique within an account and region.
using Key = std::tuple<std::string, std::string, std::string>;

Key key_in(const model::Placement& placement, const std::string& name) {
  return {*placement.account, *placement.region, name};
}

std::map<Key, std::string> exporters_of(const std::vector<Stack>& stacks) {
  std::map<Key, std::string> result;
  for (const auto& stack : stacks) {
    for (const auto& [id, output] : stack.content.outputs()) {
      if (!output.export_name.empty()) {
        result.emplace(key_in(stack.placement, output.export_name), stack.name);
      }
    }
  }
  return result;
}

void depend_on_exporters(std::vector<Stack>& stacks) {
  const auto exporters = exporters_of(stacks);
  for (auto& stack : stacks) {
    for (const auto& import : stack.content.imports()) {
      const auto exporter = exporters.find(key_in(stack.placement, import));
      if (exporter == exporters.end() || exporter->second == stack.name) continue;
      if (std::ranges::find(stack.depends_on, exporter->second) == stack.depends_on.end()) {
        stack.depends_on.push_back(exporter->second);
      }
    }
  }
}

}  // namespace

std::vector<std::string> put_in_order(std::vector<Stack>& stacks) {
  depend_on_exporters(stacks);
  std::set<Key> waiting;
  for (const auto& stack : stacks) waiting.insert(key_in(stack.placement, stack.name));
  const auto can_be_made = [&](const Stack& stack) {
    return std::ranges::none_of(stack.depends_on, [&](const auto& name) {
      return waiting.contains(key_in(stack.placement, name));
    });
  };
  auto next = stacks.begin();
  for (auto before = stacks.end(); next != before;) {
    before = next;
    for (auto stack = next; stack != stacks.end(); ++stack) {
      if (!can_be_made(*stack)) continue;
      waiting.erase(key_in(stack->placement, stack->name));
      std::rotate(next, stack, stack + 1);
      ++next;
    }
  }
  std::vector<std::string> stuck;
  for (; next != stacks.end(); ++next) stuck.push_back(next->name);
  return stuck;
}

}  // namespace cls::aws
