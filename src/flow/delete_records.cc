// SPDX-License-Identifier: Apache-2.0
// What `cls destroy` deletes of a project's records. docs/adr/0013-what-destroy-deletes.md.
#include <functional>
#include <set>
#include <vector>

#include "flow/deploy.h"

namespace cls::flow {

namespace {

/// Removes records until a removal fails.
class Removal {
 public:
  Removal(store::ObjectStore& store, std::size_t batch) : store_(store), batch_(batch) {}

  /// Durable when it is done, and all before it with it.
  void one(const Uri& uri) { remove(uri, store::Durable::Now); }

  void below(const Uri& prefix) {
    std::vector<Uri> uris;
    const auto remove_them = [&] {
      remove_all(uris);
      uris.clear();
    };
    list(prefix, [&](const Uri& uri) {
      uris.push_back(uri);
      if (uris.size() >= batch_) remove_them();
    });
    remove_them();
  }

  /// The last key first.
  void below_backwards(const Uri& prefix) {
    std::vector<Uri> uris;
    list(prefix, [&](const Uri& uri) { uris.push_back(uri); });
    for (; !uris.empty(); uris.pop_back()) one(uris.back());
  }

  Result<std::uint64_t> result() const {
    if (failure_) return tl::unexpected<Failure>(*failure_);
    return count_;
  }

 private:
  void list(const Uri& prefix, const std::function<void(const Uri&)>& take) {
    if (failure_) return;
    auto listed = store::for_each_object(store_, prefix, [&](const auto& info) { take(info.uri); });
    if (!listed && listed.error().code != FailureCode::NotFound) failure_ = listed.error();
  }

  void remove_all(const std::vector<Uri>& uris) {
    if (failure_ || uris.empty()) return;
    if (auto removed = store_.remove_all(uris, store::Durable::Later); !removed) {
      failure_ = removed.error();
    } else {
      count_ += uris.size();
    }
  }

  void remove(const Uri& uri, store::Durable durable) {
    if (failure_) return;
    if (auto removed = store_.remove(uri, durable); !removed) {
      failure_ = removed.error();
    } else {
      ++count_;
    }
  }

  store::ObjectStore& store_;
  std::size_t batch_;
  std::uint64_t count_ = 0;
  std::optional<Failure> failure_;
};

/// Those that another project has by now: what is published of them is not this one's to delete.
Result<std::set<model::DatasetId>> datasets_of_others(store::ObjectStore& store,
                                                      const Deployed& project) {
  std::vector<model::DatasetId> datasets;
  datasets.reserve(project.plan.boundaries.size() + project.plan.arcs.size());
  for (const auto& boundary : project.plan.boundaries) datasets.push_back(boundary.dataset.id());
  for (const auto& arc : project.plan.arcs) {
    for (const auto& [role, sink] : arc.sinks) datasets.push_back(sink.id());
  }
  std::set<model::DatasetId> anothers;
  for (const auto& dataset : datasets) {
    auto owned = stored_owner(store, project.places, dataset);
    if (!owned) return pass(std::move(owned));
    if (*owned && (*owned)->owner != project.plan.project) anothers.insert(dataset);
  }
  return anothers;
}

}  // namespace

Result<std::uint64_t> delete_records(store::ObjectStore& store, const Deployed& project) {
  const auto& places = project.places;
  const auto& id = project.plan.project;
  auto anothers = datasets_of_others(store, project);
  if (!anothers) return pass(std::move(anothers));
  Removal removal(store, project.limits.removed_at_once);
  const auto remove_manifests = [&](const model::DatasetId& dataset) {
    if (!anothers->contains(dataset)) removal.below(places.manifests_prefix(dataset));
  };
  // What says that something is there goes before that which it is made of, and a ledger from its
  // end: whatever is left at any moment is what some moment of the past had left.
  for (const auto& boundary : project.plan.boundaries) {
    remove_manifests(boundary.dataset.id());
  }
  for (const auto& arc : project.plan.arcs) {
    for (const auto& [role, sink] : arc.sinks) remove_manifests(sink.id());
    removal.below(places.arc_state_path(id, arc.name, std::nullopt));
    removal.below(places.claims_prefix(id, arc.name));
    removal.below(places.members_prefix(id, arc.name));
    removal.below(places.overwrites_prefix(id, arc.name));
    removal.below(places.private_prefix(id, arc.name));
    removal.one(places.arc_subscription(id, arc.name));
  }
  for (const auto& boundary : project.plan.boundaries) {
    removal.below_backwards(places.segments_prefix(id, boundary.name));
    removal.one(places.boundary_subscription(id, boundary.name));
  }
  return removal.result();
}

}  // namespace cls::flow
