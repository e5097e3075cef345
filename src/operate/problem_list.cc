// SPDX-License-Identifier: Apache-2.0
#include "operate/problem_list.h"

#include "base/format.h"

namespace cls::operate {

std::vector<StatusProblem> ProblemList::list() && {
  if (more_ > 0) {
    problems_.push_back({.subject = "status",
                         .lot = std::nullopt,
                         .message = format("and {} more", more_),
                         .hint = "cls arcs status --list names every lot"});
  }
  return std::move(problems_);
}

}  // namespace cls::operate
