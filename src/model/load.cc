// SPDX-License-Identifier: Apache-2.0
#include "model/load.h"

#include <array>
#include <charconv>
#include <optional>

#include "base/format.h"
#include "base/text.h"

namespace cls::model {

namespace {

using Version = std::array<unsigned, 3>;

/// `1.2` or `1.2.3`; nullopt for anything else.
std::optional<Version> parse_version(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.empty() || parts.size() > 3) return std::nullopt;
  Version version{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const char* end = parts[i].data() + parts[i].size();
    const auto [stop, error] = std::from_chars(parts[i].data(), end, version[i]);
    if (error != std::errc() || stop != end) return std::nullopt;
  }
  return version;
}

/// True if the document may be read by this version. Comes before everything else, because an older
/// cls cannot know the fields of a newer one.
bool version_suffices(const json::Value& root, const Options& options, json::Reader& in) {
  const json::Value* wanted = root.find("requires");
  if (wanted == nullptr || wanted->kind != json::Kind::String) return true;
  const std::string_view text = wanted->text;
  const auto least = text.starts_with(">=") ? parse_version(text.substr(2)) : std::nullopt;
  bool suffices = true;
  in.inside("requires", [&] {
    if (!least) {
      in.problem(*wanted, format("'{}' is no requirement of a version", text),
                 "write it as \">=0.3\"");
      return;
    }
    const auto own = parse_version(options.version);
    if (own && *own < *least) {
      suffices = false;
      in.problem(*wanted, format("this project requires cls {}, this is {}", text, options.version),
                 "install a newer cls; nothing else of this project was checked");
    }
  });
  return suffices;
}

void load_one(const std::shared_ptr<const json::Document>& document, const json::Value& root,
              json::Reader& in, const Options& options, std::vector<LoadedDocument>& loaded) {
  if (root.kind == json::Kind::Object && !version_suffices(root, options, in)) return;
  LoadedDocument result{.model = {}, .document = document, .pointer = in.pointer()};
  decode_deployable(root, result.model, in);
  if (root.kind == json::Kind::Object) loaded.push_back(std::move(result));
}

/// A generated text can be nested too deeply; where, its pointer says.
std::optional<json::Document> parse(Source& source, Diagnostics& problems) {
  Diagnostics found;
  auto parsed = json::parse_document(std::move(source.file), std::move(source.text), found);
  for (auto problem : found.all()) {
    if (source.is_generated) problem.line = problem.column = 0;
    problems.add(std::move(problem));
  }
  if (parsed) parsed->is_generated = source.is_generated;
  return parsed;
}

}  // namespace

std::pair<std::size_t, std::size_t> LoadedDocument::position(std::string_view below) const {
  return document->position(document->offset_of(pointer + std::string(below)));
}

const json::Value* LoadedDocument::at(std::string_view below) const {
  return document->at(pointer + std::string(below));
}

std::vector<LoadedDocument> load(std::vector<Source> sources, const Options& options,
                                 Diagnostics& problems) {
  std::vector<LoadedDocument> loaded;
  for (auto& source : sources) {
    auto parsed = parse(source, problems);
    if (!parsed) continue;
    const auto document = std::make_shared<const json::Document>(std::move(*parsed));
    const json::Value& root = document->root;
    json::Reader in(*document, problems, json::Unknown::Error);
    if (root.kind != json::Kind::Array) {
      load_one(document, root, in, options, loaded);
      continue;
    }
    if (root.items.empty()) in.problem(root, "the array holds no project");
    for (std::size_t i = 0; i < root.items.size(); ++i) {
      in.inside(std::to_string(i), [&] { load_one(document, root.items[i], in, options, loaded); });
    }
  }
  return loaded;
}

}  // namespace cls::model
