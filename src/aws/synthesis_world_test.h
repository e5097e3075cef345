// SPDX-License-Identifier: Apache-2.0
// Project files of tests of the synthesis, and ways to look at what they become.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/synthesis.h"
#include "model/validate.h"

namespace cls::aws {

struct Made {
  Assembly assembly;
  std::vector<std::string> problems;

  const Stack& stack(std::string_view part) const {
    for (const auto& one : assembly.stacks) {
      if (one.name.find(part) != std::string::npos) return one;
    }
    throw std::out_of_range("no stack " + std::string(part));
  }
  /// All resources of a type, by logical id, in one stack.
  std::map<std::string, Value> of_type(std::string_view stack_part, std::string_view type) const {
    std::map<std::string, Value> found;
    for (const auto& [id, resource] : stack(stack_part).content.resources()) {
      if (resource.type == type) found.emplace(id, resource.properties);
    }
    return found;
  }
};

inline Made make(const std::vector<std::string>& texts, SynthesisOptions options = {}) {
  std::vector<model::Source> sources;
  sources.reserve(texts.size());
  for (const auto& one : texts) {
    sources.push_back({"p" + std::to_string(sources.size() + 1) + ".json", one});
  }
  if (options.code_hashes.empty()) options.code_hashes = {{"ARM_64", "a"}, {"X86_64", "x"}};
  const model::Options checks{.substrate = model::Substrate::Aws, .strict = false, .version = ""};
  Diagnostics problems;
  const auto documents = model::load(sources, checks, problems);
  model::validate(documents, checks, {}, problems);
  Made made;
  if (!problems.has_errors()) made.assembly = synthesise(documents, options, problems);
  for (const auto& problem : problems.all()) made.problems.push_back(problem.to_string());
  return made;
}

/// A project in the account 111122223333 and region eu-west-1, stage dev unless another placement
/// is given.
inline std::string project(const std::string& lists, const std::string& name = "orders",
                           const std::string& placement =
                               R"("stage":"dev","account":"111122223333","region":"eu-west-1")") {
  return R"({"project":{"name":")" + name + R"(","version":"1"},"placement":{"provider":"aws",)" +
         placement + "}" + (lists.empty() ? "" : "," + lists) + "}";
}

/// Has the events of its bucket turned on, unless `more` says something else of that.
inline std::string boundary(const std::string& name, std::string more = "",
                            const std::string& path = "s3://buk/in/") {
  if (more.find("infrequent") == std::string::npos) {
    more += R"(,"infrequent":{"enableEventBridge":true})";
  }
  return R"({"type":"aws:core:s3PutListenerBoundary","name":")" + name +
         R"(","lotUnit":"Twelfths","dataset":{"name":")" + name + R"(","version":"1","pathURI":")" +
         path + "\"}" + more + "}";
}

inline std::string bucket(const std::string& name, const std::string& more = "") {
  return R"({"type":"aws:core:s3Bucket","name":")" + name + R"(","bucketName":")" + name + "\"" +
         more + "}";
}

inline std::string copy(const std::string& name, const std::string& source, const std::string& sink,
                        const std::string& more = "") {
  return R"({"type":"aws:core:s3CopyArc","name":")" + name + R"(","sources":{"main":{"name":")" +
         source + R"(","version":"1"}},"sinks":{"main":{"name":")" + sink +
         R"(","version":"1","pathURI":"s3://buk/)" + sink + "/\"}}" + more + "}";
}

inline std::string list_of(const std::string& name, const std::vector<std::string>& items) {
  std::string text = "\"" + name + "\":[";
  for (const auto& item : items) text += (text.back() == '[' ? "" : ",") + item;
  return text + "]";
}

inline std::string text_of(const Value& value) {
  return json::to_text(sorted(value));
}

}  // namespace cls::aws
