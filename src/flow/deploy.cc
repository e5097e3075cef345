// SPDX-License-Identifier: Apache-2.0
#include "flow/deploy.h"

#include <set>

#include "base/format.h"
#include "flow/conditional.h"
#include "flow/materials.h"

namespace cls::flow {

namespace {

/// Writes a metadata record unless the same bytes are there.
Result<> put_record(store::ObjectStore& store, const Uri& uri, const std::string& bytes) {
  auto present = get_if_present(store, uri);
  if (!present) return pass(std::move(present));
  if (*present && (*present)->bytes == bytes) return {};
  auto written = store.put(uri, bytes);
  if (!written) return pass(std::move(written));
  return {};
}

tl::unexpected<Failure> owned_by_another(const model::DatasetId& dataset,
                                         const model::ProjectId& owner) {
  return fail(FailureCode::Conflict,
              format("dataset {} is owned by project {}: destroy that first, or choose another "
                     "dataset name or version",
                     dataset.to_string(), owner.to_string()));
}

Result<> put_owner(store::ObjectStore& store, const record::Places& places,
                   const model::ProjectId& project, const model::SinkDataset& dataset) {
  const Uri uri = places.dataset(dataset.id());
  json::Value described = json::Value::object();
  described.add("name", json::Value::string(dataset.name));
  described.add("version", json::Value::string(dataset.version));
  described.add("pathURI", json::Value::string(dataset.pathURI));
  json::Value body = json::Value::object();
  body.add("owner", json::encode(project));
  body.add("dataset", std::move(described));
  const std::string bytes = json::to_text(body);
  for (int attempt = 0; attempt < 10; ++attempt) {
    auto present = get_if_present(store, uri);
    if (!present) return pass(std::move(present));
    if (*present) {
      auto owned = json::read_record<record::OwnedDataset>((*present)->bytes);
      if (!owned) {
        return fail(FailureCode::Invalid, format("{}: {}", uri.to_string(), owned.error().message));
      }
      if (owned->owner != project) return owned_by_another(dataset.id(), owned->owner);
      if ((*present)->bytes == bytes) return {};
    }
    auto written = *present ? replace_or_read(store, uri, (*present)->info.etag, bytes)
                            : put_or_read(store, uri, bytes);
    if (!written) return pass(std::move(written));
    if (written->ours) return {};
  }
  return fail(FailureCode::Unavailable,
              format("{} is being changed all the time", uri.to_string()));
}

Result<> put_subscription(store::ObjectStore& store, const Clock& clock, const Uri& uri,
                          const Since& since, const std::string& by) {
  const std::string now = format_instant(clock.now());
  record::Subscription subscription;
  // `all` is the beginning of time; `now` stays null until the store has given the record its time.
  if (since.all) subscription.since = format_instant(Instant{});
  if (since.at) subscription.since = format_instant(*since.at);
  subscription.history.push_back({now, by, true, subscription.since, "deploy"});
  auto written = put_or_read(store, uri, json::write_record(subscription));
  if (!written) return pass(std::move(written));
  auto resolved = read_subscription(store, uri);
  if (!resolved) return pass(std::move(resolved));
  return {};
}

/// The URIs of the records that a project consists of.
std::set<std::string> materials_of(const record::Places& places, const ProjectRecords& records) {
  std::set<std::string> materials;
  for (const auto& dataset : records.datasets) {
    materials.insert(places.dataset(dataset.id()).to_string());
  }
  for (const auto& [name, text] : records.arcs) {
    materials.insert(places.arc(records.project, name).to_string());
  }
  for (const auto& [name, text] : records.boundaries) {
    materials.insert(places.boundary(records.project, name).to_string());
  }
  materials.insert(places.project(records.project).to_string());
  return materials;
}

/// The same from what is deployed; of datasets only those that the store says are the project's.
Result<std::set<std::string>> materials_of(store::ObjectStore& store, const Deployed& project) {
  const auto& places = project.places;
  const auto& id = project.plan.project;
  std::set<std::string> materials;
  std::vector<model::DatasetId> datasets;
  for (const auto& arc : project.plan.arcs) {
    materials.insert(places.arc(id, arc.name).to_string());
    for (const auto& [role, sink] : arc.sinks) datasets.push_back(sink.id());
  }
  for (const auto& boundary : project.plan.boundaries) {
    materials.insert(places.boundary(id, boundary.name).to_string());
    datasets.push_back(boundary.dataset.id());
  }
  for (const auto& dataset : datasets) {
    auto owned = stored_owner(store, places, dataset);
    if (!owned) return pass(std::move(owned));
    if (*owned && (*owned)->owner == id) materials.insert(places.dataset(dataset).to_string());
  }
  materials.insert(places.project(id).to_string());
  return materials;
}

/// All records but project.json, the datasets' first; those that have these bytes are not written.
Result<> put_parts(store::ObjectStore& store, const record::Places& places,
                   const ProjectRecords& records) {
  for (const auto& dataset : records.datasets) {
    if (auto done = put_owner(store, places, records.project, dataset); !done) return done;
  }
  for (const auto& [name, text] : records.arcs) {
    if (auto done = put_record(store, places.arc(records.project, name), text); !done) return done;
  }
  for (const auto& [name, text] : records.boundaries) {
    const Uri uri = places.boundary(records.project, name);
    if (auto done = put_record(store, uri, text); !done) return done;
  }
  return {};
}

Result<> put_subscriptions(store::ObjectStore& store, const Clock& clock,
                           const record::Places& places, const ProjectRecords& records,
                           const Since& since, const std::string& by) {
  for (const auto& [name, text] : records.arcs) {
    const Uri uri = places.arc_subscription(records.project, name);
    if (auto done = put_subscription(store, clock, uri, since, by); !done) return done;
  }
  for (const auto& [name, text] : records.boundaries) {
    const Uri uri = places.boundary_subscription(records.project, name);
    if (auto done = put_subscription(store, clock, uri, since, by); !done) return done;
  }
  return {};
}

/// Takes away what the project, which is stored, has no more; what becomes of a deploy among
/// others.
enum class Settled : std::uint8_t {
  Done,
  Again,    ///< another one began meanwhile; project.json is still this one's
  Another,  ///< project.json is another's, or gone
};
Result<Settled> settle(store::ObjectStore& store, const record::Places& places,
                       const ProjectRecords& records, const Materials& listed,
                       const std::set<std::string>& materials) {
  Materials superfluous = listed;
  for (const auto& uri : materials) superfluous.uris.erase(uri);
  auto removed =
      remove_materials(store, places, records.project, superfluous.uris, records.project_json);
  if (!removed) return pass(std::move(removed));
  if (!*removed) return Settled::Another;
  auto replaced = replace_materials(store, places, records.project, listed, materials);
  if (!replaced) return pass(std::move(replaced));
  // What another one took away that had not seen project.json yet is put back.
  if (auto put = put_parts(store, places, records); !put) return pass(std::move(put));
  auto same = project_is(store, places.project(records.project), records.project_json);
  if (!same) return pass(std::move(same));
  if (!*same) return Settled::Another;
  return *replaced ? Settled::Done : Settled::Again;
}

/// Another deploy's is the project; what this one has stored is on the list for whoever comes next.
/// Conflict where it was destroyed.
Result<> leave_to_others(store::ObjectStore& store, const record::Places& places,
                         const model::ProjectId& project, const std::set<std::string>& materials) {
  auto listed = touch_materials(store, places, project, materials);
  if (!listed) return listed;
  auto gone = project_is(store, places.project(project), std::nullopt);
  if (!gone) return pass(std::move(gone));
  if (!*gone) return {};
  return fail(
      FailureCode::Conflict,
      format("project {} was destroyed while it was being deployed: deploy it once more, or "
             "destroy it once more",
             project.to_string()));
}

}  // namespace

Result<std::optional<record::OwnedDataset>> stored_owner(store::ObjectStore& store,
                                                         const record::Places& places,
                                                         const model::DatasetId& dataset) {
  const Uri uri = places.dataset(dataset);
  auto object = get_if_present(store, uri);
  if (!object) return pass(std::move(object));
  if (!*object) return std::optional<record::OwnedDataset>();
  auto owned = json::read_record<record::OwnedDataset>((*object)->bytes);
  if (!owned) {
    return fail(FailureCode::Invalid, format("{}: {}", uri.to_string(), owned.error().message));
  }
  return std::optional(std::move(*owned));
}

Result<> store_project(store::ObjectStore& store, const Clock& clock, const ProjectRecords& records,
                       const Since& since, const std::string& by) {
  const record::Places places(records.placement);
  // Ownership first: where it fails, nothing was changed. All are looked at before the first is
  // taken, so that a refused project owns nothing; put_owner() decides.
  for (const auto& dataset : records.datasets) {
    auto owned = stored_owner(store, places, dataset.id());
    if (!owned) return pass(std::move(owned));
    if (*owned && (*owned)->owner != records.project) {
      return owned_by_another(dataset.id(), (*owned)->owner);
    }
  }
  const auto materials = materials_of(places, records);
  const Uri project_uri = places.project(records.project);
  for (int attempt = 0; attempt < 10; ++attempt) {
    // What is about to be stored, and what an earlier deploy stored, is listed before any of it is,
    // so that a deploy that is cut off leaves nothing that destroy cannot see.
    auto listed = add_materials(store, places, records.project, materials);
    if (!listed) return pass(std::move(listed));
    if (auto done = put_parts(store, places, records); !done) return done;
    if (attempt == 0) {
      auto done = put_subscriptions(store, clock, places, records, since, by);
      if (!done) return done;
      // A project that is listed is whole.
      done = put_record(store, project_uri, records.project_json);
      if (!done) return done;
    }
    auto settled = settle(store, places, records, *listed, materials);
    if (!settled) return pass(std::move(settled));
    if (*settled == Settled::Done) return {};
    if (*settled == Settled::Another) {
      return leave_to_others(store, places, records.project, materials);
    }
  }
  return fail(
      FailureCode::Unavailable,
      format("project {} is being deployed by others all the time", records.project.to_string()));
}

Result<bool> remove_project(store::ObjectStore& store, const record::Places& places,
                            const model::ProjectId& project) {
  auto materials = stored_materials(store, places, project);
  if (!materials) return pass(std::move(materials));
  if (!*materials || (*materials)->uris.empty()) return false;
  // First what makes it listed, so that nobody finds half of it.
  if (auto removed = store.remove(places.project(project)); !removed) {
    return pass(std::move(removed));
  }
  auto removed = remove_materials(store, places, project, (*materials)->uris, std::nullopt);
  if (!removed) return removed;
  if (*removed) {
    auto list = store.delete_if(places.materials(project), (*materials)->etag);
    if (list || list.error().code == FailureCode::NotFound) return true;
    if (list.error().code != FailureCode::Conflict) return pass(std::move(list));
  }
  return fail(FailureCode::Conflict,
              format("project {} was deployed while it was being destroyed: destroy it once more",
                     project.to_string()));
}

Result<bool> remove_project(store::ObjectStore& store, const Deployed& project) {
  const auto& id = project.plan.project;
  const auto listed = stored_materials(store, project.places, id);
  if (!listed) return tl::unexpected<Failure>(listed.error());
  if (!*listed || (*listed)->uris.empty()) {
    // Listed again first: cut off, it can be destroyed once more.
    auto materials = materials_of(store, project);
    if (!materials) return pass(std::move(materials));
    auto added = add_materials(store, project.places, id, *materials);
    if (!added) return pass(std::move(added));
  }
  return remove_project(store, project.places, id);
}

Result<std::optional<SubscriptionView>> read_subscription(store::ObjectStore& store,
                                                          const Uri& uri) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    auto object = get_if_present(store, uri);
    if (!object) return pass(std::move(object));
    if (!*object) return std::optional<SubscriptionView>();
    auto record = json::read_record<record::Subscription>((*object)->bytes);
    if (!record) {
      return fail(FailureCode::Invalid, format("{}: {}", uri.to_string(), record.error().message));
    }
    if (record->since) {
      auto at = parse_instant(*record->since);
      if (!at) return pass(std::move(at));
      return std::optional(SubscriptionView{record->enabled, *at});
    }
    record->since = format_instant((*object)->info.modified);
    // Only the deploy's own entry is there before it is filled in.
    if (!record->history.empty()) record->history.back().since = record->since;
    auto written = replace_or_read(store, uri, (*object)->info.etag, json::write_record(*record));
    if (!written) return pass(std::move(written));
  }
  return fail(FailureCode::Unavailable,
              format("{} is being changed all the time", uri.to_string()));
}

Result<bool> set_enabled(store::ObjectStore& store, const Clock& clock, const Uri& uri,
                         bool enabled, const std::string& by) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    // So that a `since` that is not filled in yet is that of the deploy, not of this change.
    auto view = read_subscription(store, uri);
    if (!view) return pass(std::move(view));
    if (!*view) return fail(FailureCode::NotFound, format("there is no {}", uri.to_string()));
    if ((*view)->enabled == enabled) return false;
    auto object = store.get(uri);
    if (!object) return pass(std::move(object));
    auto record = json::read_record<record::Subscription>(object->bytes);
    if (!record) {
      return fail(FailureCode::Invalid, format("{}: {}", uri.to_string(), record.error().message));
    }
    record->enabled = enabled;
    record->history.push_back(
        {format_instant(clock.now()), by, enabled, std::nullopt, enabled ? "enable" : "disable"});
    auto written = replace_or_read(store, uri, object->info.etag, json::write_record(*record));
    if (!written) return pass(std::move(written));
    if (written->ours) return true;
  }
  return fail(FailureCode::Unavailable,
              format("{} is being changed all the time", uri.to_string()));
}

Result<std::vector<std::pair<Uri, std::string>>> stored_projects(store::ObjectStore& store,
                                                                 const record::Places& places) {
  std::vector<std::pair<Uri, std::string>> projects;
  std::vector<Uri> uris;
  auto listed = store::for_each_object(store, places.projects_prefix(), [&](const auto& info) {
    if (info.uri.key.ends_with("/project.json")) uris.push_back(info.uri);
  });
  if (!listed && listed.error().code != FailureCode::NotFound) return pass(std::move(listed));
  for (const auto& uri : uris) {
    auto object = get_if_present(store, uri);
    if (!object) return pass(std::move(object));
    if (*object) projects.emplace_back(uri, std::move((*object)->bytes));
  }
  return projects;
}

}  // namespace cls::flow
