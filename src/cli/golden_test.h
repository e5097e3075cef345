// SPDX-License-Identifier: Apache-2.0
// For tests: texts that are compared as a whole with files below tests/golden/.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace cls::cli::testing {

/// Expects `text` to be the file's; CLS_ACCEPT=1 writes it anew, and skips.
inline void expect_golden(const std::filesystem::path& path, const std::string& text) {
  if (std::getenv("CLS_ACCEPT") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    GTEST_SKIP() << "written: " << path;
  }
  std::ostringstream wanted;
  wanted << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_EQ(text, wanted.str()) << path << "; CLS_ACCEPT=1 writes it anew";
}

}  // namespace cls::cli::testing
