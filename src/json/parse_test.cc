// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "json/value.h"

namespace cls::json {
namespace {

std::vector<std::string> problems_of(const std::string& text) {
  Diagnostics problems;
  parse_document("p.json", text, problems);
  std::vector<std::string> lines;
  for (const auto& problem : problems.all()) lines.push_back(problem.to_string());
  return lines;
}

struct Broken {
  std::string text;
  std::string line;
};

TEST(ParseDocument, TellsOfWhatIsBrokenWithItsPlace) {
  const std::vector<Broken> table{
      {"", "p.json:1:1: /: the text ends where a value is expected"},
      {"  \n {", "p.json:2:3: /: expected a key in double quotes"},
      {"{\"a\":1,}", "p.json:1:8: /: a comma before '}' (trailing commas are not JSON)"},
      {"[1,]", "p.json:1:4: /: a comma before ']' (trailing commas are not JSON)"},
      {"{'a':1}", "p.json:1:2: /: expected a key in double quotes"},
      {"{\"a\":'x'}", "p.json:1:6: /: texts are quoted with \", not with '"},
      {"{\"a\" 1}", "p.json:1:6: /: expected ':' after the key 'a'"},
      {R"({"a":1 "b":2})", "p.json:1:8: /: expected ',' or '}'"},
      {"[1 2]", "p.json:1:4: /: expected ',' or ']'"},
      {"[truth]", "p.json:1:2: /: unexpected 't' where a value is expected"},
      {"\x7f"
       "ELF",
       "p.json:1:1: /: unexpected byte 0x7f where a value is expected"},
      {"\xff\xfe{",
       "p.json:1:1: /: unexpected byte 0xff where a value is expected; this is UTF-16: "
       "write it as UTF-8"},
      {"[01]", "p.json:1:3: /: a number must not begin with 0"},
      {"[1.]", "p.json:1:4: /: expected a digit"},
      {"[1e+]", "p.json:1:5: /: expected a digit"},
      {"[-]", "p.json:1:3: /: expected a digit"},
      {"[\"a\nb\"]", "p.json:1:4: /: a text is not closed with \""},
      {"[\"a", "p.json:1:4: /: a text is not closed with \""},
      {"[\"a\tb\"]", "p.json:1:4: /: a control character in a text; write \\u00XX"},
      {R"(["\x"])", R"(p.json:1:4: /: unknown escape; JSON knows \" \\ \/ \b \f \n \r \t \uXXXX)"},
      {R"(["\u12g4"])", "p.json:1:7: /: expected four hex digits after \\u"},
      {R"(["\ud800"])", "p.json:1:9: /: a high surrogate without its low one"},
      {R"(["\ud800\u0041"])", "p.json:1:15: /: a high surrogate without its low one"},
      {R"(["\udc00"])", "p.json:1:9: /: a low surrogate without its high one"},
      {"{ /* open", "p.json:1:3: /: a /* comment is not closed with */"},
      {"{ / }", "p.json:1:3: /: unexpected '/' (comments are //, /* */ or #)"},
  };
  for (const auto& [text, line] : table) {
    EXPECT_EQ(problems_of(text), std::vector<std::string>{line}) << text;
  }
}

TEST(ParseDocument, TellsOfEveryDuplicateKeyAndTakesTheLast) {
  Diagnostics problems;
  const auto document = parse_document(
      "p.json", "{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2},\n \"a\": 3, \"x/y\": 1, \"x/y\": 2}",
      problems);
  ASSERT_TRUE(document);
  std::vector<std::string> lines;
  for (const auto& problem : problems.all()) lines.push_back(problem.to_string());
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "p.json:2:16: /b/c: duplicate key 'c' (keep one of them)",
                       "p.json:3:2: /a: duplicate key 'a' (keep one of them)",
                       "p.json:3:20: /x~1y: duplicate key 'x/y' (keep one of them)"}));
  EXPECT_EQ(document->at("/a")->text, "3");
  EXPECT_EQ(document->root.members.size(), 3U);
}

TEST(ParseDocument, FindsADuplicateInALargeObject) {
  std::string text = "{";
  for (int i = 0; i < 200; ++i) text += "\"k" + std::to_string(i) + "\": 0,\n";
  text += R"("k7": 1, "k150": 1})";
  EXPECT_EQ(problems_of(text),
            (std::vector<std::string>{"p.json:201:1: /k7: duplicate key 'k7' (keep one of them)",
                                      "p.json:201:10: /k150: duplicate key 'k150' (keep one of "
                                      "them)"}));
}

TEST(ParseDocument, AcceptsAllThreeComments) {
  Diagnostics problems;
  const auto document = parse_document("p.json",
                                       "\xEF\xBB\xBF# first\n{ // second\n"
                                       "\"a\" /* third */ : \"/* // # */\", # last\n \"b\": 2 }\n"
                                       "// the end",
                                       problems);
  ASSERT_TRUE(document);
  EXPECT_TRUE(problems.all().empty());
  EXPECT_EQ(to_text(document->root), R"({"a":"/* // # */","b":2})");
}

TEST(ParseDocument, TextAfterTheRootIsAWarning) {
  Diagnostics problems;
  const auto document = parse_document("p.json", "{} \n x", problems);
  ASSERT_TRUE(document);
  EXPECT_FALSE(problems.has_errors());
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(problems.all().front().to_string(),
            "p.json:2:2: /: warning: text after the end of the document (it is ignored)");
}

TEST(ParseDocument, LimitsTheDepth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(problems_of(nested(201)).empty());
  EXPECT_EQ(problems_of(nested(202)),
            std::vector<std::string>{"p.json:1:202: /: nested deeper than 200 levels"});
}

TEST(ParseDocument, DecodesTextsAndKeepsNumbersAsWritten) {
  Diagnostics problems;
  const auto document = parse_document(
      "p.json",
      R"(["\"\\\/\b\f\n\r\t", "\u00e9\u20ac\ud83d\ude00", "ü", -0.10e+05, 12345678901234567890])",
      problems);
  ASSERT_TRUE(document);
  const auto& items = document->root.items;
  EXPECT_EQ(items[0].text, "\"\\/\b\f\n\r\t");
  EXPECT_EQ(items[1].text, "é€😀");
  EXPECT_EQ(items[2].text, "ü");
  EXPECT_EQ(items[3].text, "-0.10e+05");
  EXPECT_EQ(items[4].text, "12345678901234567890");
}

TEST(Document, FindsPlacesByPointer) {
  Diagnostics problems;
  const auto document =
      parse_document("p.json", "{\"a\": [10,\n  {\"b/c\": {\"~\": true}}]}", problems);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->at("/a/0")->text, "10");
  EXPECT_EQ(document->at("/a/2"), nullptr);
  EXPECT_EQ(document->at("/a/x"), nullptr);
  EXPECT_EQ(document->at("/a/1/b~1c/~0")->kind, Kind::Bool);
  const auto place = [&](std::string_view pointer) {
    return document->position(document->offset_of(pointer));
  };
  EXPECT_EQ(place(""), (std::pair<std::size_t, std::size_t>{1, 1}));
  EXPECT_EQ(place("/a/0"), (std::pair<std::size_t, std::size_t>{1, 8}));
  EXPECT_EQ(place("/a/1/b~1c"), (std::pair<std::size_t, std::size_t>{2, 11}));
  EXPECT_EQ(place("/a/1/none/x"), (std::pair<std::size_t, std::size_t>{2, 3}));
}

TEST(ParseRecord, IsStrictJsonWhoseLastDuplicateCounts) {
  EXPECT_EQ(to_text(*parse_record(R"( {"a":1,"b":[],"a":2} )")), R"({"a":2,"b":[]})");
  const std::vector<Broken> table{
      {"{} x", "text after the JSON value, at byte 3"},
      {"// c\n{}", "no JSON: byte 0: unexpected '/' where a value is expected"},
      {"# c\n{}", "no JSON: byte 0: unexpected '#' where a value is expected"},
      {"", "no JSON: byte 0: the text ends where a value is expected"},
  };
  for (const auto& [text, message] : table) {
    const auto result = parse_record(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, FailureCode::Invalid);
    EXPECT_EQ(result.error().message, message);
  }
}

TEST(Write, CompactAndPretty) {
  const auto value = parse_record(R"({"a":[1,{"b":null}],"c":{},"d":[],"e":"x\u0001\"\\\n"})");
  ASSERT_TRUE(value);
  EXPECT_EQ(to_text(*value), R"({"a":[1,{"b":null}],"c":{},"d":[],"e":"x\u0001\"\\\n"})");
  EXPECT_EQ(to_pretty(*value),
            "{\n  \"a\" : [ 1, {\n    \"b\" : null\n  } ],\n  \"c\" : { },\n  \"d\" : [ ],\n"
            "  \"e\" : \"x\\u0001\\\"\\\\\\n\"\n}");
}

/// Any value at most `depth` levels deep; texts of any bytes, keys of an object all different.
rc::Gen<Value> any_value(int depth) {
  const auto text = rc::gen::map(rc::gen::arbitrary<std::string>(), &Value::string);
  const auto number = rc::gen::map(rc::gen::arbitrary<std::int64_t>(), &Value::number);
  const auto boolean = rc::gen::map(rc::gen::arbitrary<bool>(), &Value::boolean_value);
  if (depth == 0) return rc::gen::oneOf(text, number, boolean, rc::gen::just(Value{}));
  const auto inner = [depth] { return any_value(depth - 1); };
  const auto array =
      rc::gen::map(rc::gen::container<std::vector<Value>>(inner()),
                   [](std::vector<Value> items) { return Value::array(std::move(items)); });
  const auto object = rc::gen::map(
      rc::gen::container<std::map<std::string, Value>>(rc::gen::arbitrary<std::string>(), inner()),
      [](const std::map<std::string, Value>& members) {
        Value value = Value::object();
        for (const auto& [key, member] : members) value.add(key, member);
        return value;
      });
  return rc::gen::oneOf(text, number, boolean, rc::gen::just(Value{}), array, object);
}

RC_GTEST_PROP(Write, ParseOfWriteIsTheValue, ()) {
  const Value value = *any_value(2);
  for (const std::string& text : {to_text(value), to_pretty(value)}) {
    const auto back = parse_record(text);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == value);
    Diagnostics problems;
    const auto document = parse_document("p", text, problems);
    RC_ASSERT(document.has_value());
    RC_ASSERT(problems.all().empty());
    RC_ASSERT(document->root == value);
  }
}

RC_GTEST_PROP(ParseDocument, NoTextDoesHarm, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("{}[],:\"\\u0d8tfn/*#-+.e1 \n")));
  Diagnostics problems;
  const auto document = parse_document("p", text, problems);
  RC_ASSERT(document.has_value() || problems.has_errors());
  const auto record = parse_record(text);
  if (record) RC_ASSERT(*parse_record(to_text(*record)) == *record);
}

}  // namespace
}  // namespace cls::json
