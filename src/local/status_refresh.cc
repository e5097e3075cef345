// SPDX-License-Identifier: Apache-2.0
#include "local/status_refresh.h"

#include "local/status_index.h"
#include "operate/status.h"

namespace cls::local {

Result<> refresh_status(Home& home, const Clock& clock, const flow::Deployment& deployment,
                        flow::LedgerLogs& logs) {
  StatusIndex index(home);
  auto report = operate::status({.store = home.store(),
                                 .deployment = deployment,
                                 .logs = logs,
                                 .now = clock.now(),
                                 .home = home.directory(),
                                 .queued = {},
                                 .notes = &index,
                                 .renew = true},
                                {});
  if (!report) return pass(std::move(report));
  index.forget_others();
  if (index.trouble()) return fail(FailureCode::Unavailable, *index.trouble());
  return {};
}

}  // namespace cls::local
