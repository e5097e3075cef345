// SPDX-License-Identifier: Apache-2.0
#include "work/sink_manifest.h"

#include <array>
#include <utility>

#include "base/format.h"
#include "base/text.h"
#include "work/copy_jobs.h"

namespace cls::work {

namespace {

using record::Manifest;
using record::ManifestState;
using record::UriType;

constexpr const char* code = "Manifest";
/// Keys a message shows of what the process wrote instead.
constexpr std::size_t keys_shown = 3;

/// `part-00000.json` of a writer's directory; not `_SUCCESS`, nor a `.part-00000.json.crc`.
bool is_manifest_name(std::string_view key) {
  const std::string_view name = key.substr(key.rfind('/') + 1);
  return name.ends_with(".json") && !name.starts_with('.') && !name.starts_with('_');
}

/// Finds and reads the manifest of one sink.
class ManifestSearch {
 public:
  ManifestSearch(store::ObjectStore& store, const flow::WorkloadContext& context, std::string role,
                 const model::SinkDataset& sink)
      : store_(store), context_(context), role_(std::move(role)), sink_(sink), path_(sink.path()) {}

  Step<std::optional<SinkManifest>> find() {
    for (const auto state :
         {ManifestState::complete, ManifestState::empty, ManifestState::partial}) {
      auto uris = present(state);
      if (!uris) return pass_failed(std::move(uris));
      if (uris->empty()) continue;
      SinkManifest found{.state = state, .comment = {}, .members = {}, .raw = {}};
      for (const auto& uri : *uris) {
        auto added = add(uri, found);
        if (!added) return pass_failed(std::move(added));
      }
      return std::optional(std::move(found));
    }
    return std::optional<SinkManifest>();
  }

 private:
  /// The objects that are the manifest of this state.
  Step<std::vector<Uri>> present(ManifestState state) {
    Uri at = context_.places.private_manifest(context_.project.project, context_.arc.name,
                                              context_.attempt, sink_.id(), context_.lot, state);
    const std::string key = at.key;
    // The template has an optional attempt in it for partial manifests.
    const bool anywhere = state == ManifestState::partial;
    if (anywhere) at.key.resize(at.key.rfind('/') + 1);
    std::vector<Uri> found;
    auto listed = store::for_each_object(store_, at, [&](const store::ObjectInfo& info) {
      const bool child = info.uri.key.starts_with(key + "/") || anywhere;
      if (info.uri.key == key || (child && is_manifest_name(info.uri.key))) {
        found.push_back(info.uri);
      }
    });
    if (!listed && listed.error().code != FailureCode::NotFound) {
      return end_attempt(code, format("sink '{}': {}", role_, listed.error().message));
    }
    // Parts that lie beside a partial manifest are named by it.
    std::erase_if(found, [&](const Uri& uri) {
      return anywhere && uri.key.find("/parts/") != std::string::npos;
    });
    return found;
  }

  Step<> add(const Uri& uri, SinkManifest& found) {
    auto manifest = read(uri, found);
    if (!manifest) return pass_failed(std::move(manifest));
    if (manifest->state != found.state) {
      return refuse(uri, format("its state is {}, but it lies where the {} manifest belongs",
                                json::name_of(manifest->state), json::name_of(found.state)));
    }
    if (!found.comment) found.comment = manifest->comment;
    if (manifest->state == ManifestState::empty && !manifest->uris.empty()) {
      return refuse(uri,
                    format("its state is empty, but it lists {} members", manifest->uris.size()));
    }
    if (manifest->uriType != UriType::manifest) return add_members(uri, *manifest, found);
    for (const auto& text : manifest->uris) {
      auto part_uri = Uri::parse(text);
      if (!part_uri) return refuse(uri, part_uri.error().message);
      auto part = read(*part_uri, found);
      if (!part) return pass_failed(std::move(part));
      if (part->uriType == UriType::manifest) {
        return refuse(*part_uri, "a part of a manifest cannot have parts of its own");
      }
      if (auto added = add_members(*part_uri, *part, found); !added) return added;
    }
    return {};
  }

  Step<Manifest> read(const Uri& uri, SinkManifest& found) {
    auto object = store_.get(uri);
    if (!object) {
      return end_for(object.error(), code, format("sink '{}': {}", role_, object.error().message));
    }
    auto manifest = record::read_manifest(object->bytes);
    if (!manifest) return refuse(uri, manifest.error().message);
    if (manifest->lotId != context_.lot.to_string()) {
      return refuse(uri, format("its lotId is '{}', but the lot is {}", manifest->lotId,
                                context_.lot.to_string()));
    }
    found.raw.push_back(std::move(*object));
    return std::move(*manifest);
  }

  Step<> add_members(const Uri& manifest, const Manifest& body, SinkManifest& found) {
    for (const auto& text : body.uris) {
      auto uri = Uri::parse(text);
      if (!uri) return refuse(manifest, uri.error().message);
      auto added = body.uriType == UriType::identifier
                       ? add_object(manifest, std::move(*uri), found)
                       : add_below(manifest, body.uriType, *uri, found);
      if (!added) return added;
    }
    return {};
  }

  Step<> add_object(const Uri& manifest, Uri uri, SinkManifest& found) {
    auto inside = relative_to(uri, path_);
    if (!inside) {
      return refuse(manifest, format("{}, the path of sink '{}'", inside.error().message, role_));
    }
    found.members.insert(std::move(uri));
    return {};
  }

  /// The objects that a path or prefix stands for.
  Step<> add_below(const Uri& manifest, UriType type, const Uri& uri, SinkManifest& found) {
    const Uri from = type == UriType::path ? uri.as_path() : uri;
    if (from.scheme != path_.scheme || from.bucket != path_.bucket ||
        !from.key.starts_with(path_.key)) {
      return refuse(manifest, format("{} does not lie below {}, the path of sink '{}'",
                                     uri.to_string(), path_.to_string(), role_));
    }
    const std::size_t before = found.members.size();
    auto listed = store::for_each_object(
        store_, from, [&](const store::ObjectInfo& info) { found.members.insert(info.uri); });
    if (!listed && listed.error().code != FailureCode::NotFound) {
      return end_attempt(code, format("sink '{}': {}", role_, listed.error().message));
    }
    if (found.members.size() > before) return {};
    return end_attempt(
        code, format("sink '{}': {} lists the {} {}, below which there is no object", role_,
                     manifest.to_string(), json::name_of(type), uri.to_string()));
  }

  /// For what another attempt would meet again.
  tl::unexpected<flow::Failed> refuse(const Uri& uri, const std::string& why) const {
    return end_for_good(code,
                        format("sink '{}': the manifest {}: {}", role_, uri.to_string(), why));
  }

  store::ObjectStore& store_;
  const flow::WorkloadContext& context_;
  std::string role_;
  const model::SinkDataset& sink_;
  Uri path_;
};

}  // namespace

Step<std::optional<SinkManifest>> find_sink_manifest(store::ObjectStore& store,
                                                     const flow::WorkloadContext& context,
                                                     const std::string& role,
                                                     const model::SinkDataset& sink) {
  return ManifestSearch(store, context, role, sink).find();
}

std::string expected_manifest(store::ObjectStore& store, const flow::WorkloadContext& context,
                              const model::SinkDataset& sink) {
  const auto& project = context.project.project;
  std::string text = format("expected at {} for the states complete or empty, by the template {}",
                            context.places
                                .private_manifest(project, context.arc.name, context.attempt,
                                                  sink.id(), context.lot, ManifestState::complete)
                                .to_string(),
                            context.places.private_manifest_template(project, context.arc.name,
                                                                     context.attempt, sink.id()));
  std::vector<std::string> there;
  const Uri path = context.places.private_path(project, context.arc.name, context.attempt);
  // Only for the message: what cannot be listed is not shown.
  static_cast<void>(store::for_each_object(store, path, [&](const store::ObjectInfo& info) {
    if (there.size() < keys_shown) there.push_back(info.uri.to_string());
  }));
  if (!there.empty()) text += "; what is there: " + join(there, ", ");
  return text;
}

}  // namespace cls::work
