// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "model/path_pattern.h"
#include "model/types.h"

namespace cls::model {
namespace {

struct Vector {
  std::string_view name;  ///< row of the table in docs/formats/project.md
  std::string_view pattern;
  std::string_view path;
  bool matches;
};

TEST(PathMatches, Vectors) {
  const std::vector<Vector> table{
      {"P1", "test", "test", true},
      {"P2", "/test", "test", false},
      {"P3", "t?st", "test", true},
      {"P3", "tes?", "tes", false},
      {"P4", "*", "test", true},
      {"P5", "test*", "test/t", false},
      {"P6", "test/*", "test/", true},
      {"P7", "test/*", "test", false},
      {"P8", "*.*", "test.", true},
      {"P9", "*.txt", "path/my.txt", false},
      {"P10", "/**", "/testing/testing", true},
      {"P11", "/bla/**/bla", "/bla/testing/testing/bla/bla", true},
      {"P12", "/bla/**/**/bla", "/bla/bla/bla/bla/bla/bla", true},
      {"P13", "/**/*bla", "/bla/bla/bla/bbb", false},
      {"P14", "/foo/bar/**", "/foo/bar", true},
      {"P15", "/x/x/**/bla", "/x/x/x/", false},
      {"P16", "/{bla}.*", "/testing.html", true},
      {"P17", "/organizations/*/fields", "/organizations/1/farms/2/fields", false},
      {"P18", "*bla*/**/bla/*", "XXXblaXXXX/testing/testing/bla/testing/testing", false},
      {"P19", "**", "a/b/c.txt", true},
      {"P20", "**/_*", "_SUCCESS", true},
      {"P20", "**/_*", "a/_SUCCESS", true},
      {"P21", "_*", "a/_SUCCESS", false},
      {"P22", "**/*.txt", "a/b.txt", true},
      {"P23", "/**/*.txt", "a/b.txt", false},
      {"P24", "a/**", "a", true},
      {"P25", "a//b", "a/b", true},
      {"P26", "a/b/", "a/b", false},
      {"P27", "a/**/b", "a/b", true},
      {"P28", "{x:[0-9]+}.csv", "12.csv", true},
      {"P28", "{x:[0-9]+}.csv", "ab.csv", false},
      {"P29", "A.TXT", "a.txt", false},
      {"P30", "a.c", "abc", false},
      {"P31", "year=*/month=*/**", "year=2023/month=01/f.parquet", true},
      {"empty", "", "", true},
      {"empty", "a", "", false},
      {"empty", "", "a", false},
      {"one character is one, however many bytes", "?.txt", "ü.txt", true},
      {"braces inside", "{d:[0-9]{4}}/x", "2023/x", true},
      {"braces inside", "{d:[0-9]{4}}/x", "20233/x", false},
      {"the whole segment", "{d:[0-9]+}", "a1", false},
  };
  for (const auto& [name, pattern, path, matches] : table) {
    EXPECT_EQ(path_matches(pattern, path), matches) << name << ' ' << pattern << ' ' << path;
  }
  EXPECT_TRUE(path_matches("A.TXT", "a.txt", '/', true));
  EXPECT_TRUE(path_matches("{x:[A-C]+}.CSV", "abc.csv", '/', true));
  EXPECT_TRUE(path_matches("a.*.c", "a.b.c", '.'));
}

PathFilter filter(std::vector<std::string> includes, std::vector<std::string> excludes) {
  PathFilter result;
  result.includes = std::move(includes);
  result.excludes = std::move(excludes);
  return result;
}

struct Kept {
  std::string_view name;
  PathFilter filter;
  std::string_view path_key;
  std::string_view key;
  bool kept;
};

TEST(PathFilter, Vectors) {
  PathFilter any_case = filter({"*.CSV"}, {});
  any_case.ignoreCase = true;
  const PathFilter markers = filter({"**/*.csv"}, {"**/_*"});
  const std::vector<Kept> table{
      {"P32", filter({}, {"/**/_*"}), "foo/", "foo/bar/_SUCCESS", false},
      {"P33", filter({}, {"_*"}), "foo/", "foo/_SUCCESS", false},
      {"P33", filter({}, {"_*"}), "foo/", "foo/bar.parquet", true},
      {"P34", markers, "in/", "in/a/_x.csv", false},
      {"P34", markers, "in/", "in/a/x.csv", true},
      {"P35", any_case, "in/", "in/x.csv", true},
      {"all", {}, "in/", "in/x", true},
      {"empty patterns", filter({""}, {""}), "in/", "in/x", true},
      {"the whole bucket", filter({"*.txt"}, {}), "", "a.txt", true},
      {"the whole bucket", filter({"/*.txt"}, {}), "", "a.txt", true},
      {"whole path", filter({"/in/*.txt"}, {}), "in/", "in/a.txt", true},
      {"whole path", filter({"/*.txt"}, {}), "in/", "in/a.txt", false},
  };
  for (const auto& [name, given, path_key, key, kept] : table) {
    EXPECT_EQ(given.keeps(key, path_key), kept) << name << ' ' << key;
  }
}

// The reference lost the first character of a relative pattern's path and never matched a pattern
// of the whole path, because the key has no leading `/`.
TEST(PathFilter, A4RelativeAndAbsolutePatternsMatchKeys) {
  const PathFilter relative = filter({}, {"_*"});
  EXPECT_FALSE(relative.keeps("ingress/_SUCCESS", "ingress/"));
  EXPECT_TRUE(relative.keeps("ingress/x_SUCCESS", "ingress/"));
  EXPECT_TRUE(relative.keeps("ingress/a/_SUCCESS", "ingress/"));
  const PathFilter absolute = filter({"/ingress/**"}, {});
  EXPECT_TRUE(absolute.keeps("ingress/a/b", "ingress/"));
  EXPECT_FALSE(relative.keeps("i", "ingress/"));  // shorter than the path: not of this dataset
}

// A path without its last `/` is given it, and what only begins like the path is not below it.
TEST(PathFilter, A16APathIsMatchedBySegments) {
  SinkDataset dataset;
  dataset.pathURI = "s3://b/in";
  EXPECT_EQ(dataset.path().to_string(), "s3://b/in/");
  EXPECT_FALSE(PathFilter{}.keeps("input/y", dataset.path().key));
  EXPECT_TRUE(PathFilter{}.keeps("in/y", dataset.path().key));
  EXPECT_TRUE(filter({"*.txt"}, {}).keeps("in/a.txt", dataset.path().key));
}

bool naive_segment(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return naive_segment(pattern.substr(1), text) ||
           (!text.empty() && naive_segment(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         naive_segment(pattern.substr(1), text.substr(1));
}

using Segments = std::vector<std::string>;

Segments naive_segments(const std::string& text) {
  Segments result = split(text, '/');
  std::erase(result, "");
  return result;
}

bool naive_match(const Segments& pattern, std::size_t p, const Segments& path, std::size_t s) {
  if (p == pattern.size()) return s == path.size();
  if (pattern[p] == "**") {
    return naive_match(pattern, p + 1, path, s) ||
           (s < path.size() && naive_match(pattern, p, path, s + 1));
  }
  return s < path.size() && naive_segment(pattern[p], path[s]) &&
         naive_match(pattern, p + 1, path, s + 1);
}

/// The grammar, tried in every way: what `**` stands for, and the two rules of a last `/`.
bool naive_path_matches(const std::string& pattern, const std::string& path) {
  if (pattern.empty() || path.empty()) return pattern.empty() && path.empty();
  if ((pattern[0] == '/') != (path[0] == '/')) return false;
  Segments wanted = naive_segments(pattern);
  const Segments given = naive_segments(path);
  const bool any_depth = std::ranges::find(wanted, "**") != wanted.end();
  if (any_depth) return naive_match(wanted, 0, given, 0);
  if (naive_match(wanted, 0, given, 0) && pattern.ends_with('/') == path.ends_with('/')) {
    return true;
  }
  if (wanted.empty() || wanted.back() != "*" || !path.ends_with('/')) return false;
  wanted.pop_back();  // `a/*` matches `a/`
  return naive_match(wanted, 0, given, 0);
}

std::string written(const std::vector<std::string>& segments, bool first, bool last) {
  return (first ? "/" : "") + join(segments, "/") + (last ? "/" : "");
}

RC_GTEST_PROP(PathMatches, AgreesWithANaiveMatcher, ()) {
  // Short and of few letters, so that about a third match.
  const auto segment = rc::gen::weightedOneOf<std::string>(
      {{3, rc::gen::element<std::string>("**", "*", "?", "a", "", "a*", "*b", "**")},
       {1, rc::gen::resize(
               4, rc::gen::container<std::string>(rc::gen::element('a', 'b', '*', '?')))}});
  const auto name = rc::gen::weightedOneOf<std::string>(
      {{3, rc::gen::element<std::string>("a", "b", "ab", "")},
       {1, rc::gen::resize(4, rc::gen::container<std::string>(rc::gen::element('a', 'b')))}});
  const auto list = [](const rc::Gen<std::string>& one) {
    return *rc::gen::resize(5, rc::gen::container<std::vector<std::string>>(one));
  };
  for (int i = 0; i < 50; ++i) {
    const auto pattern =
        written(list(segment), *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>());
    const auto path = written(list(name), pattern.starts_with('/'), *rc::gen::arbitrary<bool>());
    RC_LOG() << pattern << " on " << path << '\n';
    RC_ASSERT(path_matches(pattern, path) == naive_path_matches(pattern, path));
  }
}

/// Every pattern of up to four segments on every path of up to four: what chance misses.
TEST(PathMatches, AgreesWithANaiveMatcherOnAllShortPatterns) {
  const auto all = [](const Segments& alphabet, std::size_t most) {
    std::vector<std::string> texts;
    std::vector<Segments> lists{{}};
    for (std::size_t i = 0; i < lists.size(); ++i) {
      for (const bool last : {false, true}) texts.push_back(written(lists[i], false, last));
      if (lists[i].size() == most) continue;
      for (const auto& segment : alphabet) {
        Segments longer = lists[i];
        longer.push_back(segment);
        lists.push_back(std::move(longer));
      }
    }
    return texts;
  };
  const auto paths = all({"a", "b"}, 4);
  std::size_t matched = 0;
  for (const auto& pattern : all({"**", "*", "a"}, 4)) {
    for (const auto& path : paths) {
      const bool wanted = naive_path_matches(pattern, path);
      matched += wanted ? 1 : 0;
      ASSERT_EQ(path_matches(pattern, path), wanted) << pattern << " on " << path;
    }
  }
  EXPECT_GT(matched, 1000U);
}

TEST(PatternProblem, SaysWhatIsWrong) {
  EXPECT_EQ(pattern_problem("**/{a}/{b:[0-9]{2}}?.csv", '/'), std::nullopt);
  EXPECT_EQ(pattern_problem("a/{b/c}", '/'), "'a/{b/c}': the '{' is not closed within its segment");
  const auto broken = pattern_problem("{x:[0-9}.csv", '/');
  ASSERT_TRUE(broken);
  EXPECT_TRUE(broken->starts_with("'{x:[0-9}.csv': ")) << *broken;
}

}  // namespace
}  // namespace cls::model
