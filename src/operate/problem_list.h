// SPDX-License-Identifier: Apache-2.0
// ProblemList: the first problems of a status, and how many more there are.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "operate/status.h"

namespace cls::operate {

/// Keeps the first `problem_limit`; the rest is counted. Not thread-safe.
class ProblemList {
 public:
  void add(StatusProblem problem) {
    if (problems_.size() < problem_limit) {
      problems_.push_back(std::move(problem));
    } else {
      ++more_;
    }
  }
  /// A record that cannot be read: counted as well, listed or not.
  void add_damaged(StatusProblem problem) {
    ++damaged_;
    add(std::move(problem));
  }
  std::uint64_t damaged() const { return damaged_; }
  void append(const ProblemList& other) {
    for (const auto& problem : other.problems_) add(problem);
    more_ += other.more_;
    damaged_ += other.damaged_;
  }
  /// The problems; where some were left out, one more at the end says how many.
  std::vector<StatusProblem> list() &&;

 private:
  std::vector<StatusProblem> problems_;
  std::uint64_t more_ = 0;
  std::uint64_t damaged_ = 0;
};

}  // namespace cls::operate
