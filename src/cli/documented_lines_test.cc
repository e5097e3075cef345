// SPDX-License-Identifier: Apache-2.0
// Every command line in a ```sh block of the documentation is one that cls takes.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/options.h"

namespace cls::cli::testing {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> pages() {
  std::vector<fs::path> found;
  const fs::path root = CLS_ROOT;
  for (const char* folder : {"docs", "examples"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() == ".md") found.push_back(entry.path());
    }
  }
  found.push_back(root / "README.md");
  return found;
}

/// The words of a line that begins with `cls `, up to a comment, a pipe or the like.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (const auto& word : split(line.substr(4, line.find_first_of("#>|&;") - 4), ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

TEST(DocumentedLines, AreOnesThatClsTakes) {
  int count = 0;
  for (const auto& page : pages()) {
    std::ifstream in(page);
    std::string line;
    bool is_shell = false;
    while (std::getline(in, line)) {
      if (line.starts_with("```")) is_shell = line == "```sh";
      if (!is_shell || !line.starts_with("cls ")) continue;
      ++count;
      const auto parsed = parse_options(words_of(line), "");
      const auto* answer = std::get_if<Answer>(&parsed);
      EXPECT_TRUE(answer == nullptr || answer->exit_code == 0)
          << page << ": " << line << '\n'
          << (answer != nullptr ? answer->err : "");
    }
  }
  EXPECT_GT(count, 40);
}

}  // namespace

}  // namespace cls::cli::testing
