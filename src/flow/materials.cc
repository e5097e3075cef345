// SPDX-License-Identifier: Apache-2.0
#include "flow/materials.h"

#include "base/format.h"
#include "flow/conditional.h"
#include "json/fields.h"
#include "record/subscription.h"

namespace cls::flow {

namespace {

std::string text_of(const std::set<std::string>& uris) {
  return json::to_text(json::encode(std::vector<std::string>(uris.begin(), uris.end())));
}

/// Whether a record is the project's to remove. A dataset that it lists may be another's by now:
/// who deploys at the same moment is refused after it has listed what it was about to store, and
/// who is cut off while it is destroyed lists what it has given up already.
Result<bool> may_go(const Uri& uri, std::string_view bytes, const model::ProjectId& project) {
  if (!uri.key.starts_with("datasets/")) return true;
  auto owned = json::read_record<record::OwnedDataset>(bytes);
  if (!owned) {
    return fail(FailureCode::Invalid, format("{}: {}", uri.to_string(), owned.error().message));
  }
  return owned->owner == project;
}

/// False where project.json is not what it was. The same record under another ETag says that it is
/// about to go: who stores it after that makes it another one, which delete_if() leaves alone; who
/// did before stores project.json later, and puts it back then, or did as well, and that is seen.
Result<bool> remove_record(store::ObjectStore& store, const Uri& uri,
                           const model::ProjectId& project, const Uri& project_uri,
                           const std::optional<std::string_view>& project_json) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    auto object = get_if_present(store, uri);
    if (!object) return pass(std::move(object));
    if (!*object) return true;
    auto ours = may_go(uri, (*object)->bytes, project);
    if (!ours) return ours;
    if (!*ours) return true;
    auto marked = replace_or_read(store, uri, (*object)->info.etag, (*object)->bytes + "\n");
    if (!marked) return pass(std::move(marked));
    auto same = project_is(store, project_uri, project_json);
    if (!same || !*same) return same;
    if (!marked->ours) continue;
    auto removed = store.delete_if(uri, marked->etag);
    if (removed || removed.error().code == FailureCode::NotFound) return true;
    if (removed.error().code != FailureCode::Conflict) return pass(std::move(removed));
  }
  return fail(FailureCode::Unavailable, uri.to_string() + " is being changed all the time");
}

Result<Materials> change_materials(store::ObjectStore& store, const record::Places& places,
                                   const model::ProjectId& project,
                                   const std::set<std::string>& uris, bool touch) {
  const Uri uri = places.materials(project);
  for (int attempt = 0; attempt < 10; ++attempt) {
    auto present = stored_materials(store, places, project);
    if (!present) return pass(std::move(present));
    Materials all = *present ? std::move(**present) : Materials{};
    const std::size_t before = all.uris.size();
    all.uris.insert(uris.begin(), uris.end());
    if (*present && all.uris.size() == before && !touch) return all;
    all.touched = touch && !all.touched;
    const std::string text = text_of(all.uris) + (all.touched ? "\n" : "");
    auto written =
        *present ? replace_or_read(store, uri, all.etag, text) : put_or_read(store, uri, text);
    if (!written) return pass(std::move(written));
    if (!written->ours) continue;
    all.etag = std::move(written->etag);
    return all;
  }
  return fail(FailureCode::Unavailable, uri.to_string() + " is being changed all the time");
}

}  // namespace

Result<std::optional<Materials>> stored_materials(store::ObjectStore& store,
                                                  const record::Places& places,
                                                  const model::ProjectId& project) {
  const Uri uri = places.materials(project);
  auto object = get_if_present(store, uri);
  if (!object) return pass(std::move(object));
  if (!*object) return std::optional<Materials>();
  auto list = json::read_record<std::vector<std::string>>((*object)->bytes);
  if (!list) return fail(FailureCode::Invalid, uri.to_string() + ": " + list.error().message);
  return std::optional(Materials{.uris = {list->begin(), list->end()},
                                 .etag = (*object)->info.etag,
                                 .touched = (*object)->bytes.ends_with('\n')});
}

Result<Materials> add_materials(store::ObjectStore& store, const record::Places& places,
                                const model::ProjectId& project,
                                const std::set<std::string>& uris) {
  return change_materials(store, places, project, uris, false);
}

Result<> touch_materials(store::ObjectStore& store, const record::Places& places,
                         const model::ProjectId& project, const std::set<std::string>& uris) {
  auto changed = change_materials(store, places, project, uris, true);
  if (!changed) return pass(std::move(changed));
  return {};
}

Result<bool> replace_materials(store::ObjectStore& store, const record::Places& places,
                               const model::ProjectId& project, const Materials& listed,
                               const std::set<std::string>& uris) {
  if (listed.uris == uris) {
    auto present = stored_materials(store, places, project);
    if (!present) return pass(std::move(present));
    return *present && (*present)->etag == listed.etag;
  }
  auto written = replace_or_read(store, places.materials(project), listed.etag, text_of(uris));
  if (!written) return pass(std::move(written));
  return written->ours;
}

Result<bool> project_is(store::ObjectStore& store, const Uri& project_json,
                        const std::optional<std::string_view>& bytes) {
  auto present = get_if_present(store, project_json);
  if (!present) return pass(std::move(present));
  return bytes ? *present && (*present)->bytes == *bytes : !*present;
}

Result<bool> remove_materials(store::ObjectStore& store, const record::Places& places,
                              const model::ProjectId& project, const std::set<std::string>& uris,
                              const std::optional<std::string_view>& project_json) {
  const Uri metadata = places.projects_prefix();
  const Uri project_uri = places.project(project);
  for (const auto& text : uris) {
    const auto uri = Uri::parse(text);
    if (!uri || uri->scheme != metadata.scheme || uri->bucket != metadata.bucket) continue;
    if (*uri == project_uri) continue;
    auto removed = remove_record(store, *uri, project, project_uri, project_json);
    if (!removed || !*removed) return removed;
  }
  return true;
}

}  // namespace cls::flow
