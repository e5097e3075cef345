// SPDX-License-Identifier: Apache-2.0
// References between resources: `name`, `type:name`, `ns:type:name`, `provider:ns:type:name`, or
// the full `ref:…` or `arn:…` of something outside. The order of declaration does not matter.
#include <algorithm>
#include <array>
#include <optional>

#include "base/format.h"
#include "base/text.h"
#include "model/validate_context.h"

namespace cls::model {

namespace {

/// Names are compared by their words: `copyA`, `copy-a` and `copy_a` are one.
std::string words_of(std::string_view text) {
  const char separator = text.find('-') != std::string_view::npos ? '-' : '_';
  std::string result;
  for (const char c : text) {
    if (c != separator) result += c;
  }
  return lower(result);
}

struct Candidate {
  std::string name;
  std::string provider;  ///< empty for core types
  std::string space;
  std::string type;
  std::string_view full_type;
  const LoadedDocument* document = nullptr;
};

std::vector<Candidate> resources_of(const Documents& documents) {
  std::vector<Candidate> result;
  for (const auto& document : documents) {
    each_component(document, [&](const Component& component, const ComponentPlace& place) {
      if (place.kind != ComponentKind::Resource || component.name.empty()) return;
      auto parts = split(place.type, ':');
      if (parts.size() == 2) parts.insert(parts.begin(), "");
      result.push_back({component.name, parts[0], parts[1], parts[2], place.type, &document});
    });
  }
  return result;
}

/// What is wrong with a full reference; nullopt where nothing is.
std::optional<std::string> full_reference_problem(const std::string& text) {
  const auto parts = split(text, ':');
  if (parts[0] == "arn") {
    if (parts.size() >= 6) return std::nullopt;
    return format("'{}' is no ARN; write arn:partition:service:region:account:resource", text);
  }
  static constexpr std::array<std::string_view, 3> qualifiers{"id", "name", "arn"};
  const bool empty = std::ranges::any_of(parts, &std::string::empty);
  const bool qualified =
      parts.size() > 2 && std::ranges::find(qualifiers, parts[2]) != qualifiers.end();
  if (!empty && qualified && (parts.size() == 8 || parts.size() == 9)) return std::nullopt;
  return format(
      "'{}' is no full reference; write "
      "ref:provider:id|name|arn:[stage:]scope:version:namespace:type:name",
      text);
}

/// Keeps the candidates that agree, unless there is only one left already.
template <class Agrees>
void narrow(std::vector<const Candidate*>& found, Agrees&& agrees) {
  if (found.size() > 1) std::erase_if(found, [&](const Candidate* one) { return !agrees(*one); });
}

class References {
 public:
  References(const Documents& documents, Findings& findings)
      : candidates_(resources_of(documents)), findings_(&findings) {}

  void check(const std::string& text, std::string_view wanted_type, const Place& place) {
    if (text.empty()) {
      if (place.has_text()) findings_->error(place, "the reference is empty");
      return;
    }
    if (text.starts_with("ref:") || text.starts_with("arn:")) {
      if (auto problem = full_reference_problem(text)) findings_->error(place, std::move(*problem));
      return;
    }
    auto parts = split(text, ':');
    if (parts.size() > 4) {
      findings_->error(place, format("'{}' is no reference", text),
                       "name, type:name, ns:type:name, provider:ns:type:name, ref:… or arn:…");
      return;
    }
    while (parts.size() < 4) parts.insert(parts.begin(), "");
    decide(text, resolve(parts, wanted_type, place), wanted_type, place);
  }

 private:
  std::vector<const Candidate*> resolve(const std::vector<std::string>& parts,
                                        std::string_view wanted_type, const Place& place) const {
    std::vector<const Candidate*> found;
    const Placement placement = resolved(place.document->model.placement);
    for (const auto& one : candidates_) {
      const bool near = resolved(one.document->model.placement) == placement;
      if (near && words_of(one.name) == words_of(parts[3])) found.push_back(&one);
    }
    const auto same = [](const std::string& wanted, const std::string& given) {
      return wanted.empty() || words_of(wanted) == words_of(given);
    };
    narrow(found, [&](const Candidate& one) { return same(parts[2], one.type); });
    narrow(found, [&](const Candidate& one) { return same(parts[1], one.space); });
    narrow(found, [&](const Candidate& one) { return same(parts[0], one.provider); });
    narrow(found, [&](const Candidate& one) { return one.full_type == wanted_type; });
    const auto own = [&](const Candidate* one) { return one->document == place.document; };
    if (std::ranges::any_of(found, own)) {
      narrow(found, [&](const Candidate& one) { return own(&one); });
    }
    return found;
  }

  void decide(const std::string& text, const std::vector<const Candidate*>& found,
              std::string_view wanted_type, const Place& place) {
    std::vector<std::string> names;
    for (const auto& one : candidates_) {
      if (one.full_type == wanted_type) names.push_back(one.name);
    }
    if (found.empty()) {
      const auto near = closest(text, names);
      findings_->error(place, format("no resource '{}' of type {}", text, wanted_type),
                       near            ? format("did you mean '{}'?", *near)
                       : names.empty() ? "declare it, or write its full ref:… or arn:…"
                                       : format("there are: {}", join(names, ", ")));
    } else if (found.size() > 1) {
      std::vector<std::string> types;
      types.reserve(found.size());
      for (const auto* one : found) types.push_back(format("{}:{}", one->full_type, one->name));
      findings_->error(place, format("'{}' is ambiguous", text),
                       format("write one of: {}", join(types, ", ")));
    } else if (found.front()->full_type != wanted_type &&
               !is_core_bucket(*found.front(), wanted_type)) {
      findings_->error(
          place, format("'{}' is of type {}, not {}", text, found.front()->full_type, wanted_type));
    }
  }

  /// core:bucket serves wherever an S3 bucket does.
  static bool is_core_bucket(const Candidate& one, std::string_view wanted_type) {
    return wanted_type == AwsS3Bucket::type && one.full_type == CoreBucket::type;
  }

  std::vector<Candidate> candidates_;
  Findings* findings_;
};

}  // namespace

void check_references(const Documents& documents, Findings& findings) {
  References references(documents, findings);
  for (const auto& document : documents) {
    each_component(document, [&]<class T>(const T& component, const ComponentPlace& place) {
      if constexpr (requires { component.databaseRef; }) {
        references.check(component.databaseRef, AwsGlueDatabase::type, place.below("databaseRef"));
      }
      if constexpr (requires { component.bucketRef; }) {
        if (component.bucketRef) {
          references.check(*component.bucketRef, AwsS3Bucket::type, place.below("bucketRef"));
        }
      }
      if constexpr (requires { component.workload.computeEnvironmentRef; }) {
        references.check(component.workload.computeEnvironmentRef, AwsComputeEnvironment::type,
                         place.below("workload").below("computeEnvironmentRef"));
      }
    });
  }
}

}  // namespace cls::model
