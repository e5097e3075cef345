// SPDX-License-Identifier: Apache-2.0
#include "work/copy_jobs.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>

#include <re2/re2.h>

#include "base/format.h"
#include "base/text_blocks.h"
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

}  // namespace

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

Result<std::string> relative_to(const Uri& uri, const Uri& path) {
  const Uri base = path.as_path();
  if (uri.scheme != base.scheme || uri.bucket != base.bucket || uri.key.size() <= base.key.size() ||
      !uri.key.starts_with(base.key)) {
    return fail(FailureCode::Invalid,
                format("{} does not lie below {}", uri.to_string(), base.to_string()));
  }
  return uri.key.substr(base.key.size());
}

CopyJobs::CopyJobs(const flow::WorkloadContext& context, std::shared_ptr<const CopyNames> names,
                   Uri to)
    : context_(&context), names_(std::move(names)), to_(std::move(to)) {
  for (const auto& source : context.sources) {
    from_.push_back(source.subscribed ? source.dataset.path() : Uri{});
  }
}

Uri CopyJobs::uri_of(Ref ref) const {
  return context_->sources[ref.source].members.uri(ref.member);
}

Result<Uri> CopyJobs::target_of(std::size_t source, const Uri& uri) const {
  const auto& of = context_->sources[source];
  auto relative = relative_to(uri, from_[source]);
  if (!relative) {
    return fail(relative.error().code,
                format("a member of source '{}' (dataset {}) lies outside of the dataset's "
                       "path: {}",
                       of.role, of.dataset.id().to_string(), relative.error().message));
  }
  auto name = names_->rename(*relative);
  if (!name) return pass(std::move(name));
  return to_.child(*name);
}

Result<> CopyJobs::add(std::size_t source, std::size_t member) {
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
  if (member >= most) return fail(FailureCode::Invalid, "the lot has more members than 2^32");
  auto target = target_of(source, context_->sources[source].members.uri(member));
  if (!target) return pass(std::move(target));
  refs_.push_back(
      {.source = static_cast<std::uint32_t>(source), .member = static_cast<std::uint32_t>(member)});
  return {};
}

CopyJob CopyJobs::operator[](std::size_t i) const {
  const auto [source, member] = refs_[i];
  CopyJob job{.source = source, .member = context_->sources[source].members[member], .target = {}};
  job.target = target_of(source, job.member.uri).value();  // add() has asked
  return job;
}

Result<> CopyJobs::drop_twins() {
  TextOrder order;
  for (const Ref ref : refs_) order.add(target_of(ref.source, uri_of(ref)).value().key);
  order.sort();
  std::vector<bool> twin(refs_.size());
  std::size_t first = 0;  // of those with one target
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (order.text(i) != order.text(first)) {
      first = i;
      continue;
    }
    const Uri uri = uri_of(refs_[order.number(i)]);
    const Uri earlier = uri_of(refs_[order.number(first)]);
    if (uri != earlier) {
      return fail(FailureCode::Conflict,
                  format("both {} and {} would become {}; tell them apart by rename or partition",
                         earlier.to_string(), uri.to_string(),
                         (*this)[order.number(i)].target.to_string()));
    }
    twin[order.number(i)] = true;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < refs_.size(); ++i) {
    if (!twin[i]) refs_[kept++] = refs_[i];
  }
  refs_.resize(kept);
  return {};
}

Result<CopyJobs> copy_jobs(const flow::WorkloadContext& context, const model::CopyPlan& plan,
                           const model::SinkDataset& sink) {
  auto names = CopyNames::of(plan, context.lot.to_string());
  if (!names) return pass(std::move(names));
  CopyJobs jobs(context, std::make_shared<const CopyNames>(std::move(*names)), sink.path());
  for (std::size_t i = 0; i < context.sources.size(); ++i) {
    const auto& source = context.sources[i];
    if (!source.subscribed) continue;
    const Uri from = source.dataset.path();
    for (std::size_t m = 0; m < source.members.size(); ++m) {
      const Uri uri = source.members.uri(m);
      if (!plan.filter.keeps(uri.key, from.key) && relative_to(uri, from)) continue;
      if (auto added = jobs.add(i, m); !added) return pass(std::move(added));
    }
  }
  if (auto unique = jobs.drop_twins(); !unique) return pass(std::move(unique));
  return jobs;
}

}  // namespace cls::work
