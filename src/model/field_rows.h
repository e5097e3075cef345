// SPDX-License-Identifier: Apache-2.0
// Field rows: a JSON Schema of ours as a table for people. docs/formats/project.md and `cls show`.
#pragma once

#include <string>
#include <vector>

#include "json/value.h"

namespace cls::model {

/// One field. Texts are Markdown: names and words of the language stand in backticks.
struct FieldRow {
  std::string name;     ///< dotted where it is a field of an object that only one type holds
  std::string type;     ///< what may be written
  std::string initial;  ///< `required`, a dash, or the default
  std::string doc;
};

/// The fields of a record's schema, in order; of a component without `type` and `exclude`.
std::vector<FieldRow> field_rows(const json::Value& schema);

/// An object that several types hold; described once, and named in the rows.
struct SharedObject {
  std::string name;
  json::Value schema;
};

const std::vector<SharedObject>& shared_objects();

}  // namespace cls::model
