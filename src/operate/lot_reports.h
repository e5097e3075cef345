// SPDX-License-Identifier: Apache-2.0
// Lot reports: the state of every lot of arcs and datasets, and how many are in which state.
// Shapes: docs/formats/reports.md. They read, and never write; with notes, what is proved to be as
// it was is not read (docs/adr/0019-status-from-the-index.md).
#pragma once

#include "base/result.h"
#include "operate/report.h"
#include "operate/report_filter.h"
#include "operate/status.h"

namespace cls::operate {

/// `arcs status --list`: a row per lot. From its claim; lots without one from their .arc objects.
/// Invalid where the filter's latest moment lies before its earliest.
Result<Report> arc_lots(const StatusSources& sources, const ReportFilter& filter);

/// `arcs status`: a row per arc (and per lot unit, should its lots be of several); an arc without
/// lots has a row of nulls and zeros.
Result<Report> arc_summary(const StatusSources& sources, const ReportFilter& filter);

/// `datasets status --list`: a row per lot, from its manifests: complete if there is one that is,
/// else empty, else partial, else removed.
Result<Report> dataset_lots(const StatusSources& sources, const ReportFilter& filter);

/// `datasets status`: as arc_summary, for datasets.
Result<Report> dataset_summary(const StatusSources& sources, const ReportFilter& filter);

}  // namespace cls::operate
