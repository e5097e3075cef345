// SPDX-License-Identifier: Apache-2.0
// What a command will read of a home, so that its progress can say how much is left.
#pragma once

#include <cstdint>

#include "flow/checker.h"
#include "flow/deployment.h"
#include "local/home.h"
#include "operate/report_filter.h"

namespace cls::cli {

/// Tells the home what an audit reads: every claim that it covers once, and every segment once,
/// where it has subscribers once more. Does nothing where nobody is told of progress.
void expect_audit(local::Home& home, const flow::Deployment& deployment,
                  const flow::AuditOptions& audit);

/// What a report reads that is made of the records alone.
enum class ReportReads : std::uint8_t { Claims, ClaimsAndSegments };

/// The same for such a report: each of them once. One about a part of them shows no total.
void expect_report(local::Home& home, const flow::Deployment& deployment,
                   const operate::ReportFilter& filter, ReportReads reads);

}  // namespace cls::cli
