// SPDX-License-Identifier: Apache-2.0
// AttemptSubject: what an attempt's folder is about: its attempt.json. docs/formats/home.md.
#pragma once

#include <string>
#include <string_view>
#include <tuple>

#include "json/fields.h"
#include "model/types.h"

namespace cls::work {

struct AttemptSubject {
  model::ProjectId project;
  std::string arc;
  std::string lot;

  bool operator==(const AttemptSubject&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("project", &AttemptSubject::project, "whose arc it is"),
                 json::required("arc", &AttemptSubject::arc, "its name"),
                 json::required("lot", &AttemptSubject::lot, "the lot that was run")};
};

inline constexpr std::string_view subject_file = "attempt.json";

}  // namespace cls::work
