// SPDX-License-Identifier: Apache-2.0
// The list of the records that a project consists of (docs/formats/metadata.md), and how records
// go that are no more part of it, though others deploy or destroy the same project at that moment.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "record/places.h"
#include "store/object_store.h"

namespace cls::flow {

/// A list as it was read or written.
struct Materials {
  std::set<std::string> uris;
  std::string etag;
  bool touched = false;  ///< by touch_materials(), an odd number of times
};

/// nullopt where there is none; Invalid where it cannot be read.
Result<std::optional<Materials>> stored_materials(store::ObjectStore& store,
                                                  const record::Places& places,
                                                  const model::ProjectId& project);

/// Adds to the list, whoever else does; what is on record then.
Result<Materials> add_materials(store::ObjectStore& store, const record::Places& places,
                                const model::ProjectId& project, const std::set<std::string>& uris);

/// The same, and in any case under another ETag: whoever is about to replace the list by his own
/// looks again at what is to be removed.
Result<> touch_materials(store::ObjectStore& store, const record::Places& places,
                         const model::ProjectId& project, const std::set<std::string>& uris);

/// True if the list is `uris` then; false where it is no more the one that `listed` says.
Result<bool> replace_materials(store::ObjectStore& store, const record::Places& places,
                               const model::ProjectId& project, const Materials& listed,
                               const std::set<std::string>& uris);

/// Whether project.json has these bytes; nullopt is its absence.
Result<bool> project_is(store::ObjectStore& store, const Uri& project_json,
                        const std::optional<std::string_view>& bytes);

/// Removes these records as long as project_is(…); false where it was not. What does not lie in
/// the metadata store, and a dataset that is another project's, stays. Who stores any of them from
/// now on, and project.json after them, has them: of a record that was written again after it was
/// seen here nothing is removed, and project.json is looked at after the record was.
Result<bool> remove_materials(store::ObjectStore& store, const record::Places& places,
                              const model::ProjectId& project, const std::set<std::string>& uris,
                              const std::optional<std::string_view>& project_json);

}  // namespace cls::flow
