// SPDX-License-Identifier: Apache-2.0
// What a command will read of a home, so that its progress can say how much is left.
#pragma once

#include "flow/checker.h"
#include "flow/deployment.h"
#include "local/home.h"
#include "operate/report_filter.h"

namespace cls::cli {

/// Tells the home what an audit reads: every claim that it covers once, and every segment once,
/// where it has subscribers once more. Does nothing where nobody is told of progress.
void expect_audit(local::Home& home, const flow::Deployment& deployment,
                  const flow::AuditOptions& audit);

/// The same for a report that is made of the records alone: every claim and every segment, once. A
/// report about a part of them shows no total.
void expect_report(local::Home& home, const flow::Deployment& deployment,
                   const operate::ReportFilter& filter);

}  // namespace cls::cli
