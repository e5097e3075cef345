// SPDX-License-Identifier: Apache-2.0
// For tests: short texts of project files, and what load() and validate() say of them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/load.h"
#include "model/validate.h"

namespace cls::model::testing {

struct Checked {
  std::vector<LoadedDocument> documents;
  std::vector<std::string> lines;  ///< all problems, as a user sees them

  const Deployable& model(std::size_t index = 0) const { return documents.at(index).model; }
};

/// Loads and validates together, as every command does.
inline Checked check(std::vector<Source> sources, const Options& options = {},
                     const Deployed& deployed = {}) {
  Checked result;
  Diagnostics problems;
  result.documents = load(std::move(sources), options, problems);
  validate(result.documents, options, deployed, problems);
  for (const auto& problem : problems.all()) result.lines.push_back(problem.to_string());
  return result;
}

inline Checked check(const std::string& text, const Options& options = {},
                     const Deployed& deployed = {}) {
  return check(std::vector<Source>{{"p.json", text}}, options, deployed);
}

inline const Options on_aws{.substrate = Substrate::Aws, .strict = false, .version = {}};

/// A project on one machine, each list on a line of its own: resources on line 2, boundaries on
/// line 3, arcs on line 4.
inline std::string project(const std::string& boundaries, const std::string& arcs = "",
                           const std::string& name = "orders", const std::string& resources = "") {
  return R"({"project":{"name":")" + name +
         R"(","version":"1"},"placement":{"provider":"local"},)"
         "\n\"resources\":[" +
         resources + "],\n\"boundaries\":[" + boundaries + "],\n\"arcs\":[" + arcs + "]}";
}

/// The dataset NAME/1 at `path`.
inline std::string sink(const std::string& name, const std::string& path) {
  return R"({"name":")" + name + R"(","version":"1","pathURI":")" + path + "\"}";
}

/// A boundary `name` that owns NAME/1; `more` is written behind its other members, as `,"x":1`.
inline std::string boundary(const std::string& name, const std::string& path,
                            const std::string& more = "", const std::string& unit = "Hours") {
  return R"({"type":"core:putListenerBoundary","name":")" + name + R"(","lotUnit":")" + unit +
         R"(","dataset":)" + sink(name, path) + more + "}";
}

/// A copy `name` from the sources (`"main":{…}`, or a dataset's name) to NAME/1.
inline std::string copy_arc(const std::string& name, const std::string& sources,
                            const std::string& path, const std::string& more = "") {
  const std::string roles =
      sources.starts_with('"') ? sources : R"("main":{"name":")" + sources + R"(","version":"1"})";
  return R"({"type":"core:copyArc","name":")" + name + R"(","sources":{)" + roles +
         R"(},"sinks":{"main":)" + sink(name, path) + "}" + more + "}";
}

}  // namespace cls::model::testing
