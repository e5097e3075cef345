// SPDX-License-Identifier: Apache-2.0
// What two runs of a scenario have on record, compared but for what a store or a run decides.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scenario/records.h"

namespace cls::scenario {

/// Key → lines, sorted. Attempts and times are masked, and what stands for an object's version is
/// left out (mtime or hash on a disk, the ETag on S3), and messages, which name the store.
using RecordTexts = std::map<std::string, std::vector<std::string>>;

Result<RecordTexts> record_texts(Records& records);

/// What the one has and the other has not, a text each; those on files first.
std::vector<std::string> compare(const RecordTexts& files, const RecordTexts& s3);

}  // namespace cls::scenario
