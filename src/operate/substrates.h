// SPDX-License-Identifier: Apache-2.0
// Substrates: where projects can run, and the regions of those that have some.
#pragma once

#include "operate/report.h"

namespace cls::operate {

/// `name`, `deploys` (whether cls can deploy there), `description`.
Report substrates_report();
/// `substrate`, `region`, `description`: the regions that cls knows by name; others may be used as
/// well.
Report regions_report();

}  // namespace cls::operate
