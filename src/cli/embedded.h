// SPDX-License-Identifier: Apache-2.0
// Texts of the repository that are compiled in: cmake/ClsEmbed.cmake, src/cli/CMakeLists.txt.
#pragma once

#include <span>
#include <string_view>

namespace cls::cli {

struct EmbeddedFile {
  std::string_view path;  ///< below the folder that was embedded
  std::string_view text;
};

/// The pages of docs/concepts/, and docs/exit-codes.md: `cls help TOPIC`.
std::span<const EmbeddedFile> concept_pages();

/// examples/init/: a folder for each template of `cls init`.
std::span<const EmbeddedFile> project_templates();

}  // namespace cls::cli
