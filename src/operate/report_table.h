// SPDX-License-Identifier: Apache-2.0
// The table of a report, for people; in as many columns as the terminal has.
#pragma once

#include <string>
#include <vector>

#include "operate/report.h"

namespace cls::operate {

/// A cell as csv and tsv show it: nothing is the empty text.
std::string plain(const Cell& cell);

/// Which columns a text other than JSON shows, by index.
std::vector<std::size_t> shown_columns(const Report& report);

/// The table. Where it is wider than the look allows, the first of these that makes it fit: a
/// placement that all rows share is said above it; the middle of long texts is left out; the
/// columns are told in several tables below each other, each with the key columns.
std::string table(const Report& report, const Look& look);

}  // namespace cls::operate
