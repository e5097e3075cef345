// SPDX-License-Identifier: Apache-2.0
// The texts of an audit. Shape: docs/formats/reports.md.
#pragma once

#include <string>

#include "flow/audit_report.h"
#include "operate/report.h"

namespace cls::operate {

/// The report as text, with a newline at its end. The table is for people and holds the notes;
/// csv and tsv have a row per violation; JSON is that of the report's `fields`.
std::string render(const flow::AuditReport& report, Format format, const Look& look = {});

/// For people: what can be mended from records, and once it was tried what became of it; a line
/// each.
std::string render_plan(const flow::AuditReport& report);

}  // namespace cls::operate
