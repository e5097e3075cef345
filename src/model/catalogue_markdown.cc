// SPDX-License-Identifier: Apache-2.0
// The tables of docs/formats/project.md: every type with its fields, from the fields' own schema.
#include "base/format.h"
#include "model/catalogue.h"
#include "model/field_rows.h"

namespace cls::model {

namespace {

void append_table(std::string& out, const json::Value& schema) {
  out += "\n| field | type | default | |\n|---|---|---|---|\n";
  for (const auto& row : field_rows(schema)) {
    out += format("| `{}` | {} | {} | {} |\n", row.name, row.type, row.initial, row.doc);
  }
}

}  // namespace

std::string_view to_text(const RunsOn& runs) {
  if (runs.local && runs.aws) return "Runs on one machine; on AWS it becomes CloudFormation.";
  if (runs.local) return "Runs on one machine.";
  return runs.aws ? "Becomes CloudFormation on AWS; does not run on one machine."
                  : "Is read and checked; does not run yet.";
}

std::string catalogue_markdown() {
  std::string out;
  const Catalogue catalogue;
  for (const auto& [kind, name] : json::names_of<ComponentKind>) {
    out += format("## `{}`\n", list_of(kind));
    for (const auto& entry : catalogue.types()) {
      if (entry.kind != kind) continue;
      out += format("\n### `{}`\n\n{} {}\n", entry.type, entry.doc, to_text(entry.runs));
      append_table(out, entry.schema());
    }
    out += '\n';
  }
  out += "## Objects that several types hold\n";
  for (const auto& object : shared_objects()) {
    out += format("\n### {}\n", object.name);
    append_table(out, object.schema);
  }
  return out;
}

}  // namespace cls::model
