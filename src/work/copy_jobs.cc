// SPDX-License-Identifier: Apache-2.0
#include "work/copy_jobs.h"

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include <re2/re2.h>

#include "base/format.h"
#include "work/data_keys.h"

namespace cls::work {

namespace {

/// Capturing groups a template can name: $1 to $9, and $0 for the whole match.
constexpr int most_groups = 10;
using Groups = std::array<re2::StringPiece, most_groups>;

/// Fills `{lot}`, `{name}`, `{ext}` and, given groups, `$0`…`$9` and `$$`.
class Template {
 public:
  Template(std::string_view lot, std::string_view relative)
      : lot_(lot), file_(file_name_of(relative)) {}

  std::string fill(std::string_view text, const Groups* groups) const {
    std::string result;
    while (!text.empty()) {
      const auto taken = take(text, groups, result);
      text.remove_prefix(taken);
    }
    return result;
  }

 private:
  /// Appends what stands for the beginning of `text`; how much of it that was.
  std::size_t take(std::string_view text, const Groups* groups, std::string& result) const {
    const std::array<std::pair<std::string_view, std::string_view>, 3> names{
        {{"{lot}", lot_}, {"{name}", file_.stem}, {"{ext}", file_.extension}}};
    for (const auto& [name, value] : names) {
      if (!text.starts_with(name)) continue;
      result += value;
      return name.size();
    }
    if (groups != nullptr && text.size() > 1 && text[0] == '$') {
      if (text[1] == '$') {
        result += '$';
        return 2;
      }
      if (text[1] >= '0' && text[1] <= '9') {
        const auto& group = (*groups)[static_cast<std::size_t>(text[1] - '0')];
        result.append(group.data(), group.size());
        return 2;
      }
    }
    result += text.front();
    return 1;
  }

  std::string_view lot_;
  FileName file_;
};

/// The naming rules of one copy arc.
class CopyNames {
 public:
  static Result<CopyNames> of(const model::CopyPlan& plan, std::string lot) {
    CopyNames names(plan, std::move(lot));
    for (const auto& rule : plan.rename) {
      re2::RE2::Options options;
      options.set_log_errors(false);
      auto pattern = std::make_unique<re2::RE2>(rule.match, options);
      if (!pattern->ok()) {
        return fail(FailureCode::Invalid, format("rename: '{}' is no regular expression (RE2): {}",
                                                 rule.match, pattern->error()));
      }
      names.patterns_.push_back(std::move(pattern));
    }
    return names;
  }

  /// The path below the sink's for the path below the source's: the first match of each rule is
  /// replaced, one rule after the other.
  Result<std::string> rename(const std::string& relative) const {
    const Template names(lot_, relative);
    std::string result = relative;
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      Groups groups;
      const int count = std::min(patterns_[i]->NumberOfCapturingGroups() + 1, most_groups);
      if (!patterns_[i]->Match(result, 0, result.size(), re2::RE2::UNANCHORED, groups.data(),
                               count)) {
        continue;
      }
      const auto at = static_cast<std::size_t>(groups[0].data() - result.data());
      std::string renamed = result.substr(0, at);
      renamed += names.fill(plan_->rename[i].to, &groups);
      renamed += result.substr(at + groups[0].size());
      result = std::move(renamed);
    }
    std::string prefix;
    for (const auto& [key, text] : plan_->partition) {
      const std::string value = names.fill(text, nullptr);
      if (value.empty() || value.find('/') != std::string::npos) {
        return fail(FailureCode::Invalid,
                    format("partition '{}': '{}' gives '{}' for {}; a partition value is one path "
                           "segment",
                           key, text, value, relative));
      }
      prefix += format("{}={}/", key, value);
    }
    if (result.empty() || result.ends_with('/')) {
      return fail(FailureCode::Invalid, format("rename gives '{}' for {}; it has to be the path of "
                                               "an object",
                                               result, relative));
    }
    return prefix + result;
  }

 private:
  CopyNames(const model::CopyPlan& plan, std::string lot) : plan_(&plan), lot_(std::move(lot)) {}

  const model::CopyPlan* plan_;
  std::string lot_;
  std::vector<std::unique_ptr<re2::RE2>> patterns_;
};

/// Each key once: an object that two sources list is copied once, two objects that would become one
/// are a Conflict. The order stays.
Result<> drop_twins(std::vector<CopyJob>& jobs) {
  std::vector<std::size_t> order(jobs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) -> const Uri& { return jobs[i].target; });
  std::vector<bool> twin(jobs.size());
  std::size_t first = 0;  // of those with one target
  for (std::size_t i = 1; i < order.size(); ++i) {
    const CopyJob& job = jobs[order[i]];
    const CopyJob& earlier = jobs[order[first]];
    if (job.target != earlier.target) {
      first = i;
      continue;
    }
    if (job.member->uri != earlier.member->uri) {
      return fail(FailureCode::Conflict,
                  format("both {} and {} would become {}; tell them apart by rename or partition",
                         earlier.member->uri.to_string(), job.member->uri.to_string(),
                         job.target.to_string()));
    }
    twin[order[i]] = true;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (twin[i]) continue;
    if (kept != i) jobs[kept] = std::move(jobs[i]);
    ++kept;
  }
  jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(kept), jobs.end());
  return {};
}

}  // namespace

Result<std::string> relative_to(const Uri& uri, const Uri& path) {
  const Uri base = path.as_path();
  if (uri.scheme != base.scheme || uri.bucket != base.bucket || uri.key.size() <= base.key.size() ||
      !uri.key.starts_with(base.key)) {
    return fail(FailureCode::Invalid,
                format("{} does not lie below {}", uri.to_string(), base.to_string()));
  }
  return uri.key.substr(base.key.size());
}

Result<std::vector<CopyJob>> copy_jobs(const flow::WorkloadContext& context,
                                       const model::CopyPlan& plan,
                                       const model::SinkDataset& sink) {
  auto names = CopyNames::of(plan, context.lot.to_string());
  if (!names) return pass(std::move(names));
  const Uri to = sink.path();
  std::vector<CopyJob> jobs;
  for (std::size_t i = 0; i < context.sources.size(); ++i) {
    const auto& source = context.sources[i];
    if (!source.subscribed) continue;
    const Uri from = source.dataset.path();
    for (const auto& member : source.members) {
      auto relative = relative_to(member.uri, from);
      if (!relative) {
        return fail(relative.error().code,
                    format("a member of source '{}' (dataset {}) lies outside of the dataset's "
                           "path: {}",
                           source.role, source.dataset.id().to_string(), relative.error().message));
      }
      if (!plan.filter.keeps(member.uri.key, from.key)) continue;
      auto name = names->rename(*relative);
      if (!name) return pass(std::move(name));
      jobs.push_back({.source = i, .member = &member, .target = to.child(*name)});
    }
  }
  if (auto unique = drop_twins(jobs); !unique) return pass(std::move(unique));
  return jobs;
}

}  // namespace cls::work
