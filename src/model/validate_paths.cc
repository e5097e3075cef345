// SPDX-License-Identifier: Apache-2.0
// Paths that lie in each other: a sink below a boundary's path would feed itself, two sinks would
// overwrite each other. A place counts wherever it is declared, because buckets are nobody's alone.
#include <filesystem>
#include <optional>
#include <utility>

#include "base/format.h"
#include "base/uri.h"
#include "model/validate_context.h"

namespace cls::model {

namespace {

/// A path that a boundary watches or a sink is written to.
struct Claim {
  enum class Use : std::uint8_t { Watched, Written };
  Use use = Use::Watched;
  std::string owner;  ///< boundary 'orders', sink 'main' of arc 'copy'
  Placement placement;
  DatasetId id;
  std::string text;  ///< the path as written
  Uri path;
  std::optional<Place> place;  ///< none: deployed
};

/// The path of objects a text names; nullopt for what is told of elsewhere, and for tables.
std::optional<Uri> object_path(const std::string& text) {
  auto uri = Uri::parse(text);
  if (!uri || (uri->scheme != "s3" && uri->scheme != "file")) return std::nullopt;
  if (uri->scheme == "file") uri->key = std::filesystem::path(uri->key).lexically_normal();
  return uri->as_path();
}

/// How one path lies to another, as a message says it; empty where they have nothing in common.
std::string_view relation(const Uri& one, const Uri& other) {
  if (one.scheme != other.scheme || one.bucket != other.bucket) return "";
  if (one.key == other.key) return "is";
  if (key_in_path(one.key, other.key)) return "lies in";
  return key_in_path(other.key, one.key) ? "contains" : "";
}

class Paths {
 public:
  explicit Paths(Findings& findings) : findings_(&findings) {}

  void collect(const LoadedDocument& document) {
    const Placement placement = resolved(document.model.placement);
    in_run_.emplace(placement, document.model.project);
    placements_.insert(placement);
    each_component(document, [&](const auto& component, const ComponentPlace& place) {
      if (component.exclude) return;
      if constexpr (requires { component.sinks; }) {
        for (const auto& [role, sink] : component.sinks) {
          add(Claim::Use::Written, format("sink '{}' of arc '{}'", role, component.name), placement,
              sink, place.below("sinks").below(role).below("pathURI"));
        }
      } else if constexpr (requires { component.dataset.pathURI; }) {
        if (place.kind != ComponentKind::Boundary) return;  // a barrier writes no objects
        add(Claim::Use::Watched, format("boundary '{}'", component.name), placement,
            component.dataset, place.below("dataset").below("pathURI"));
      }
    });
  }

  void collect(const Deployed& deployed) {
    if (!deployed.all) return;
    for (const auto& placement : placements_) {
      for (const auto& one : deployed.all(placement)) {
        if (in_run_.contains({placement, one.owner})) continue;
        add(one.of_boundary ? Claim::Use::Watched : Claim::Use::Written,
            format("the dataset '{}' of the deployed project '{}'", one.dataset.id().to_string(),
                   one.owner.to_string()),
            placement, one.dataset, std::nullopt);
      }
    }
  }

  void check() {
    for (std::size_t i = 0; i < claims_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const std::string_view how = relation(claims_[i].path, claims_[j].path);
        if (!how.empty() && !told_as_owners(claims_[i], claims_[j]))
          compare(claims_[i], claims_[j]);
      }
    }
  }

 private:
  void add(Claim::Use use, std::string owner, const Placement& placement,
           const SinkDataset& dataset, std::optional<Place> place) {
    auto path = object_path(dataset.pathURI);
    if (!path) return;
    claims_.push_back({use, std::move(owner), placement, dataset.id(), dataset.pathURI,
                       std::move(*path), std::move(place)});
  }

  /// Two owners of one dataset are one problem, not two.
  static bool told_as_owners(const Claim& one, const Claim& other) {
    return one.placement == other.placement && one.id == other.id;
  }

  /// `later` is the one that was found later; the problem is told at the sink of a sink and a
  /// boundary, else at the later one of this run.
  void compare(const Claim& later, const Claim& earlier) {
    if (!later.place && !earlier.place) return;
    const bool earlier_tells = !later.place || (earlier.place && later.use == Claim::Use::Watched &&
                                                earlier.use == Claim::Use::Written);
    tell(earlier_tells ? earlier : later, earlier_tells ? later : earlier);
  }

  void tell(const Claim& here, const Claim& other) {
    const bool watched = here.use == Claim::Use::Watched;
    const bool other_watched = other.use == Claim::Use::Watched;
    std::string message =
        format("the path '{}' of {} {} the path '{}' of {}", here.text, here.owner,
               relation(here.path, other.path), other.text, other.owner);
    if (other.place) message += format(" at {}", other.place->to_string());
    if (watched && other_watched) {
      findings_->warning(*here.place, std::move(message), "both take in what arrives there");
    } else if (watched != other_watched) {
      findings_->error(*here.place, std::move(message),
                       "what is written would be taken in again; choose a path outside");
    } else {
      findings_->error(*here.place, std::move(message),
                       "they would overwrite each other; choose a path outside");
    }
  }

  Findings* findings_;
  std::set<std::pair<Placement, ProjectId>> in_run_;
  std::set<Placement> placements_;
  std::vector<Claim> claims_;
};

}  // namespace

void check_paths(const Documents& documents, const Deployed& deployed, Findings& findings) {
  Paths paths(findings);
  for (const auto& document : documents) paths.collect(document);
  paths.collect(deployed);
  paths.check();
}

}  // namespace cls::model
