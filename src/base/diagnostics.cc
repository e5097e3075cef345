// SPDX-License-Identifier: Apache-2.0
#include "base/diagnostics.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/format.h"

namespace cls {

std::string Diagnostic::to_string() const {
  std::string text = file;
  if (line > 0) text += format(":{}:{}", line, column);
  text += format(": {}: ", pointer.empty() ? "/" : pointer);
  if (severity == Severity::Warning) text += "warning: ";
  text += message;
  if (!hint.empty()) text += format(" ({})", hint);
  return text;
}

void Diagnostics::add(Diagnostic diagnostic) {
  all_.push_back(std::move(diagnostic));
}

bool Diagnostics::has_errors() const {
  return std::ranges::any_of(all_, [](const auto& d) { return d.severity == Severity::Error; });
}

bool Diagnostics::only_refusals() const {
  return has_errors() && std::ranges::all_of(all_, [](const auto& problem) {
           return problem.severity != Severity::Error || problem.is_refusal;
         });
}

void Diagnostics::sort() {
  std::ranges::stable_sort(all_, [](const auto& a, const auto& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
}

}  // namespace cls
