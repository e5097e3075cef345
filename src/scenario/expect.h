// SPDX-License-Identifier: Apache-2.0
// Checks the expectations of a scenario against records, files and output.
#pragma once

#include "scenario/records.h"
#include "scenario/stage.h"

namespace cls::scenario {

/// Each check is a failure that says what was expected and what is there. Not thread-safe;
/// references outlive it.
class Expectations {
 public:
  Expectations(Records& records, Stage& stage) : records_(records), stage_(stage) {}

  void remember_records(std::map<std::string, std::string> digests) {
    remembered_ = std::move(digests);
  }

  Result<> check(const ExpectManifest& expected);
  Result<> check(const ExpectNoManifest& expected);
  Result<> check(const ExpectState& expected);
  Result<> check(const ExpectLine& expected);
  Result<> check(const ExpectOutput& expected);
  Result<> check(const ExpectFile& expected);
  Result<> check(const ExpectRecordsUnchanged& expected);
  Result<> check(const ExpectProcesses& expected);

 private:
  Records& records_;
  Stage& stage_;
  std::optional<std::map<std::string, std::string>> remembered_;
};

}  // namespace cls::scenario
