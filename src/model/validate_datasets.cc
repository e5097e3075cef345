// SPDX-License-Identifier: Apache-2.0
// Who owns which dataset, who reads it, rings of those who wake each other, and units of lots.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/format.h"
#include "base/text.h"
#include "model/validate_context.h"

namespace cls::model {

namespace {

using Key = std::pair<Placement, DatasetId>;

/// A dataset and where a component names it.
struct Named {
  std::string role;  ///< empty where there are no roles
  DatasetId id;
  Place place;
};

/// A component that owns or reads datasets.
struct Node {
  std::string title;  ///< boundary 'orders'
  ProjectId project;
  Placement placement;
  ComponentKind kind = ComponentKind::Boundary;
  Place place;
  std::vector<Named> owns;
  std::vector<Named> reads;
  std::optional<lot::LotUnit> unit;  ///< of the lots it publishes, as it says itself
  bool same_unit_as_sources = false;
};

bool is_complete(const DatasetId& id) {
  return !id.name.empty() && !id.version.empty();
}

template <class T>
void take_datasets(const T& component, const ComponentPlace& place, Node& node) {
  if constexpr (requires { component.dataset.pathURI; }) {
    node.owns.push_back({"", component.dataset.id(), place.below("dataset")});
  } else if constexpr (requires { component.dataset; }) {
    const DatasetId& id = component.dataset;
    node.reads.push_back({"", id, place.below("dataset")});
  }
  if constexpr (requires { component.sinks; }) {
    for (const auto& [role, sink] : component.sinks) {
      node.owns.push_back({role, sink.id(), place.below("sinks").below(role)});
    }
  }
  if constexpr (requires { component.sources; }) {
    node.same_unit_as_sources = true;
    for (const auto& [role, source] : component.sources) {
      node.reads.push_back({role, source.id(), place.below("sources").below(role)});
    }
  }
  if constexpr (requires { component.source; }) {
    node.reads.push_back({"", component.source.id(), place.below("source")});
  }
  if constexpr (requires { component.lotUnit->text; }) {
    if (component.lotUnit) node.unit = component.lotUnit->unit;
  } else if constexpr (requires { component.lotUnit.text; }) {
    if (!component.lotUnit.text.empty()) node.unit = component.lotUnit.unit;
  }
  std::erase_if(node.owns, [](const Named& one) { return !is_complete(one.id); });
  std::erase_if(node.reads, [](const Named& one) { return !is_complete(one.id); });
}

/// What components claim that could not be read: a source of such a dataset is no second problem.
std::vector<DatasetId> claims_of_unread(const LoadedDocument& document) {
  std::vector<DatasetId> ids;
  const auto claim = [&](const json::Value& dataset) {
    const json::Value* name = dataset.find("name");
    const json::Value* version = dataset.find("version");
    if (name != nullptr && version != nullptr) ids.push_back({name->text, version->text});
  };
  const auto read = [&]<class Variant>(ComponentKind kind, const std::vector<Variant>& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (!std::holds_alternative<Undecoded>(list[i])) continue;
      const json::Value* value = document.at(format("/{}/{}", list_of(kind), i));
      if (value == nullptr) continue;
      if (const json::Value* dataset = value->find("dataset")) claim(*dataset);
      const json::Value* sinks = value->find("sinks");
      if (sinks == nullptr) continue;
      for (const auto& [role, sink, offset] : sinks->members) claim(sink);
    }
  };
  read(ComponentKind::Boundary, document.model.boundaries);
  read(ComponentKind::Barrier, document.model.barriers);
  read(ComponentKind::Arc, document.model.arcs);
  return ids;
}

class Datasets {
 public:
  Datasets(const Documents& documents, const Deployed& deployed, Findings& findings)
      : deployed_(&deployed), findings_(&findings) {
    for (const auto& document : documents) collect(document);
  }

  void check() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) claim(i);
    for (const auto& node : nodes_) {
      for (const auto& named : node.reads) check_owned(node, named);
    }
    std::vector<Mark> marks(nodes_.size(), Mark::New);
    for (std::size_t i = 0; i < nodes_.size(); ++i) find_rings(i, marks);
    units_.resize(nodes_.size());
    for (const auto& node : nodes_) check_units(node);
  }

 private:
  enum class Mark : std::uint8_t { New, Open, Done };

  void collect(const LoadedDocument& document) {
    const ProjectId& project = document.model.project;
    const Placement placement = resolved(document.model.placement);
    in_run_.emplace(placement, project);
    for (auto& id : claims_of_unread(document)) unread_.emplace(placement, std::move(id));
    each_component(document, [&](const auto& component, const ComponentPlace& place) {
      Node node;
      node.title = format("{} '{}'", json::name_of(place.kind), component.name);
      node.project = project;
      node.placement = placement;
      node.kind = place.kind;
      const Place& where = place;
      node.place = where;
      take_datasets(component, place, node);
      if (!component.exclude) {
        if (!node.owns.empty() || !node.reads.empty()) nodes_.push_back(std::move(node));
        return;
      }
      for (const auto& named : node.owns) excluded_.emplace(Key{placement, named.id}, node);
    });
  }

  const std::optional<DeployedDataset>& deployed_owner(const Key& key) {
    const auto found = deployed_owners_.find(key);
    if (found != deployed_owners_.end()) return found->second;
    std::optional<DeployedDataset> owner;
    if (deployed_->find) owner = deployed_->find(key.first, key.second);
    return deployed_owners_.emplace(key, std::move(owner)).first->second;
  }

  /// Deployed, and not about to be replaced by a project of this run.
  bool is_owned_elsewhere(const Key& key) {
    const auto& owner = deployed_owner(key);
    return owner && !in_run_.contains({key.first, owner->owner});
  }

  void claim(std::size_t index) {
    const Node& node = nodes_[index];
    for (const auto& named : node.owns) {
      const Key key{node.placement, named.id};
      const auto [first, fresh] = owners_.emplace(key, std::pair{index, &named});
      const auto& [other, other_named] = first->second;
      const std::string id = named.id.to_string();
      if (!fresh && other == index) {
        findings_->error(named.place,
                         format("the dataset '{}' is written twice by {}", id, node.title),
                         format("the other sink is at {}", other_named->place.to_string()));
      } else if (!fresh) {
        findings_->error(named.place,
                         format("the dataset '{}' has two owners, {} and {}", id,
                                nodes_[other].title, node.title),
                         format("the other one is at {}; give one of them another name or version",
                                other_named->place.to_string()));
      } else if (is_owned_elsewhere(key)) {
        const std::string project = deployed_owner(key)->owner.to_string();
        findings_->refusal(
            named.place,
            format("the dataset '{}' is owned by the deployed project '{}'", id, project),
            format("give it another name or version, or destroy {} first", project));
      }
    }
  }

  void check_owned(const Node& node, const Named& named) {
    const Key key{node.placement, named.id};
    if (owners_.contains(key) || unread_.contains(key) || is_owned_elsewhere(key)) return;
    findings_->error(named.place, format("nobody owns the dataset '{}'", named.id.to_string()),
                     hint_for(node, key));
  }

  std::string hint_for(const Node& node, const Key& key) {
    if (const auto found = excluded_.find(key); found != excluded_.end()) {
      return format("{} at {} is excluded", found->second.title, found->second.place.to_string());
    }
    if (const auto& former = deployed_owner(key)) {
      return format("the deployed {} owned it, this one does not", former->owner.to_string());
    }
    return near_miss(node, key);
  }

  /// A dataset of nearly that name, or of that name in another version.
  std::string near_miss(const Node& node, const Key& key) {
    std::map<std::string, std::string> ids;
    const auto know = [&](const DatasetId& id) {
      const bool own = std::ranges::find(node.owns, id, &Named::id) != node.owns.end();
      if (!own) ids.emplace(id.name, id.to_string());
    };
    for (const auto& [owned, owner] : owners_) {
      if (owned.first == key.first) know(owned.second);
    }
    if (deployed_->all) {
      for (const auto& one : deployed_->all(key.first)) know(one.dataset.id());
    }
    std::vector<std::string> names;
    names.reserve(ids.size());
    for (const auto& [name, id] : ids) names.push_back(name);
    const auto near = closest(key.second.name, names);
    return near ? format("did you mean '{}'?", ids[*near])
                : "declare its boundary or sink, or deploy the project that owns it first";
  }

  /// The component of this run that owns what is read; npos where there is none.
  std::size_t owner_of(const Node& node, const Named& named) const {
    const auto found = owners_.find({node.placement, named.id});
    return found == owners_.end() ? std::string::npos : found->second.first;
  }

  void find_rings(std::size_t index, std::vector<Mark>& marks) {
    if (marks[index] != Mark::New || nodes_[index].kind == ComponentKind::Activity) return;
    marks[index] = Mark::Open;
    open_.push_back(index);
    for (const auto& named : nodes_[index].reads) {
      const std::size_t owner = owner_of(nodes_[index], named);
      if (owner == std::string::npos) continue;
      if (marks[owner] == Mark::Open) report_ring(owner);
      find_rings(owner, marks);
    }
    open_.pop_back();
    marks[index] = Mark::Done;
  }

  /// The ring is what is open from `start` on, each a reader of the next; told as the data goes,
  /// beginning with the one that is declared first.
  void report_ring(std::size_t start) {
    std::vector<std::size_t> ring(std::ranges::find(open_, start), open_.end());
    std::ranges::reverse(ring);
    std::ranges::rotate(ring, std::ranges::min_element(ring));
    std::string path;
    for (const std::size_t index : ring) path += nodes_[index].title + " -> ";
    const Node& first = nodes_[ring.front()];
    findings_->error(first.place,
                     format("a lot would wake itself for ever: {}{}", path, first.title),
                     "break the ring: take one of these sources away");
  }

  /// The unit of the lots a component publishes; nullopt where it is not known.
  std::optional<lot::LotUnit> unit_of(std::size_t index) {
    auto& known = units_[index];
    if (known.mark == Mark::New) {
      known.mark = Mark::Open;  // a ring is told of elsewhere
      known.unit = nodes_[index].unit;
      if (!known.unit && nodes_[index].same_unit_as_sources) {
        for (const auto& named : nodes_[index].reads) {
          if (!known.unit) known.unit = unit_of(nodes_[index], named);
        }
      }
      known.mark = Mark::Done;
    }
    return known.unit;
  }

  std::optional<lot::LotUnit> unit_of(const Node& node, const Named& named) {
    const std::size_t owner = owner_of(node, named);
    if (owner != std::string::npos) return unit_of(owner);
    const Key key{node.placement, named.id};
    return is_owned_elsewhere(key) ? deployed_owner(key)->unit : std::nullopt;
  }

  void check_units(const Node& node) {
    if (!node.same_unit_as_sources) return;
    const Named* first = nullptr;
    std::optional<lot::LotUnit> unit;
    for (const auto& named : node.reads) {
      const auto own = unit_of(node, named);
      if (!own) continue;
      if (first == nullptr) {
        first = &named;
        unit = own;
      } else if (*own != *unit) {
        findings_->error(named.place,
                         format("the sources of {} have lots of different units: '{}' {}, '{}' {}",
                                node.title, first->role, unit->name(), named.role, own->name()),
                         "bring the finer one to the coarser unit with a core:rollupBarrier");
      }
    }
  }

  struct KnownUnit {
    Mark mark = Mark::New;
    std::optional<lot::LotUnit> unit;
  };

  const Deployed* deployed_;
  Findings* findings_;
  std::vector<Node> nodes_;
  std::set<std::pair<Placement, ProjectId>> in_run_;
  std::set<Key> unread_;
  std::map<Key, Node> excluded_;
  std::map<Key, std::pair<std::size_t, const Named*>> owners_;
  std::map<Key, std::optional<DeployedDataset>> deployed_owners_;
  std::vector<std::size_t> open_;
  std::vector<KnownUnit> units_;
};

}  // namespace

void check_datasets(const Documents& documents, const Deployed& deployed, Findings& findings) {
  Datasets(documents, deployed, findings).check();
}

}  // namespace cls::model
