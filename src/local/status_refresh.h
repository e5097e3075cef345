// SPDX-License-Identifier: Apache-2.0
// What the index remembers for the next status is brought up to date.
#pragma once

#include "base/clock.h"
#include "flow/deployment.h"
#include "flow/ledger_log.h"
#include "local/home.h"

namespace cls::local {

/// Looks at all records as a status does that trusts nothing but claims of the same size and time,
/// and remembers it; forgets what is not deployed any more. Throws Error where the index cannot be
/// opened. Returns what could not be read or kept.
Result<> refresh_status(Home& home, const Clock& clock, const flow::Deployment& deployment,
                        flow::LedgerLogs& logs);

}  // namespace cls::local
