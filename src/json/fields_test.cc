// SPDX-License-Identifier: Apache-2.0
#include "json/fields.h"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cls::json {

namespace {
enum class Colour : std::uint8_t { Red, Green };

struct Inner {
  std::string text;
  std::int64_t number = 7;
  Extras extras{};
  static constexpr auto fields = std::tuple{required("text", &Inner::text, "a text"),
                                            optional("number", &Inner::number, "a number")};
};

struct Outer {
  std::string name;
  unsigned minutes = 5;
  double share = 0.5;
  bool on = false;
  Colour colour = Colour::Red;
  std::optional<std::string> note;
  std::vector<Inner> list;
  std::map<std::string, std::string> labels;
  Ordered<Inner> roles;
  Inner inner{.text = "t", .number = 9};
  Value any = Value::object();
  Extras extras;

  static constexpr std::array<std::string_view, 1> ignored{"publish"};
  static constexpr std::array unknown_hints{
      std::pair<std::string_view, std::string_view>{"path", "leave it out"}};
  static constexpr auto fields =
      std::tuple{required("name", &Outer::name, "its name"),
                 ranged("minutes", &Outer::minutes, "how long", 1, 60),
                 optional("share", &Outer::share, "a share"),
                 optional("on", &Outer::on, "a switch"),
                 optional("colour", &Outer::colour, "a colour"),
                 optional("note", &Outer::note, "a note"),
                 optional("list", &Outer::list, "a list"),
                 extension("labels", &Outer::labels, "labels"),
                 optional("roles", &Outer::roles, "in order"),
                 optional("inner", &Outer::inner, "with defaults of its own"),
                 optional("any", &Outer::any, "any JSON")};
};
}  // namespace

template <>
inline constexpr auto names_of<Colour> =
    Names<Colour, 2>{{{Colour::Red, "red"}, {Colour::Green, "green"}}};

namespace {

struct Read {
  Outer value;
  std::vector<std::string> problems;
};

Read read(const std::string& text) {
  Read result;
  Diagnostics problems;
  const auto document = parse_document("p.json", text, problems);
  if (document) {
    Reader in(*document, problems, Unknown::Error);
    decode(document->root, result.value, in);
  }
  for (const auto& problem : problems.all()) result.problems.push_back(problem.to_string());
  return result;
}

struct Bad {
  std::string member;  ///< written after "name"
  std::string problem;
};

TEST(Fields, TellsOfEachBadMemberWithItsPlace) {
  // `{"name":"n",` is 12 characters, so that the member's key begins in column 13.
  const std::vector<Bad> table{
      {R"("minuets":3)", "1:13: /minuets: unknown field 'minuets' (did you mean 'minutes'?)"},
      {R"("zzzzzzzz":3)",
       "1:13: /zzzzzzzz: unknown field 'zzzzzzzz' (known fields: name, minutes, share, on, colour, "
       "note, list, labels, roles, inner, any)"},
      {R"("path":3)", "1:13: /path: unknown field 'path' (leave it out)"},
      {R"("publish":3)", "1:13: /publish: warning: the field 'publish' has no effect"},
      {R"("minutes":0)", "1:23: /minutes: 0 is out of range (1 to 60)"},
      {R"("minutes":61)", "1:23: /minutes: 61 is out of range (1 to 60)"},
      {R"("minutes":1e99)", "1:23: /minutes: 1e99 is out of range (1 to 60)"},
      {R"("minutes":2.5)", "1:23: /minutes: expected a whole number, got 2.5"},
      {R"("minutes":"5")", "1:23: /minutes: expected a whole number, got '5'"},
      {R"("minutes":null)", "1:23: /minutes: expected a whole number, got null"},
      {R"("share":"x")", "1:21: /share: expected a number, got 'x'"},
      {R"("on":1)", "1:18: /on: expected true or false, got 1"},
      {R"("colour":"gren")",
       "1:22: /colour: 'gren' is not known here (did you mean 'green'? known: red, green)"},
      {R"("colour":"Red")",
       "1:22: /colour: 'Red' is not known here (did you mean 'red'? known: red, green)"},
      {R"("colour":3)", "1:22: /colour: 3 is not known here (one of: red, green)"},
      {R"("note":[])", "1:20: /note: expected a text, got an array"},
      {R"("list":null)",
       "1:20: /list: expected an array, got null (leave the field out, or write an empty one)"},
      {R"("list":[{"text":"a"},{}])", "1:34: /list/1: missing field 'text' (it is required)"},
      {R"("labels":{"a":{}})", "1:27: /labels/a: expected a text, got an object"},
      {R"("roles":{"a/b":{"text":[]}})", "1:36: /roles/a~1b/text: expected a text, got an array"},
      {R"("inner":3)", "1:21: /inner: expected an object, got 3"},
      {R"("inner":{"number":9223372036854775808})",
       "1:31: /inner/number: expected a whole number, got 9223372036854775808"},
  };
  for (const auto& [member, problem] : table) {
    const auto result = read(R"({"name":"n",)" + member + "}");
    ASSERT_FALSE(result.problems.empty()) << member;
    EXPECT_EQ(result.problems.front(), "p.json:" + problem) << member;
  }
}

TEST(Fields, FindsAllProblemsInOneRun) {
  const auto result = read("{\"minutes\": 99,\n\"colour\": \"blue\",\n\"list\": [{}, 3]}");
  EXPECT_EQ(result.problems,
            (std::vector<std::string>{
                "p.json:1:13: /minutes: 99 is out of range (1 to 60)",
                "p.json:2:11: /colour: 'blue' is not known here (one of: red, green)",
                "p.json:3:10: /list/0: missing field 'text' (it is required)",
                "p.json:3:14: /list/1: expected an object, got 3",
                "p.json:1:1: /: missing field 'name' (it is required)"}));
}

TEST(Fields, DefaultsAreThoseOfTheMembers) {
  const auto [value, problems] = read(R"({"name": 20230101, "inner": {"text": true}})");
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(value.name, "20230101");  // numbers and booleans count as texts
  EXPECT_EQ(value.inner.text, "true");
  EXPECT_EQ(value.inner.number, 9);  // of the member that holds it, not of its class
  EXPECT_EQ(value.minutes, 5U);
  EXPECT_FALSE(value.note.has_value());
}

TEST(Fields, NullIsAbsentForWhatMayBeAbsent) {
  const auto [value, problems] = read(R"({"name": "n", "note": null})");
  EXPECT_TRUE(problems.empty());
  EXPECT_FALSE(value.note.has_value());
  EXPECT_EQ(read(R"({"name": null})").problems,
            std::vector<std::string>{"p.json:1:10: /name: expected a text, got null"});
}

TEST(Fields, KeepsExtrasAndTheOrderOfRoles) {
  const std::string text =
      R"({"name":"n","minutes":5,"share":0.5,"on":true,"colour":"green","note":null,"list":[],)"
      R"("roles":{"z":{"text":"1","number":7,"x-a":[1]},"a":{"text":"2","number":-7}},)"
      R"("inner":{"text":"t","number":9},"any":{"k":[null,1.50]},"$schema":"s","x-more":{"b":1}})";
  const auto [value, problems] = read(text);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(write_record(value), text);
}

TEST(Fields, AnExtensionIsWrittenOnlyWhenItSaysSomething) {
  Outer outer;
  EXPECT_EQ(encode(outer).find("labels"), nullptr);
  outer.labels["team"] = "blue";
  ASSERT_NE(encode(outer).find("labels"), nullptr);
  EXPECT_EQ(to_text(*encode(outer).find("labels")), R"({"team":"blue"})");
}

TEST(ReadRecord, IgnoresWhatItDoesNotKnow) {
  const auto inner = read_record<Inner>(R"({"text":"a","later":{"text":1}})");
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->text, "a");
  const auto broken = read_record<Inner>(R"({"number":"x"})");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message, "/number: expected a whole number, got 'x'");
}

TEST(Schema, SaysWhatTheReaderDoes) {
  const Value schema = json::schema<Outer>();
  EXPECT_EQ(to_text(*schema.find("required")), R"(["name"])");
  EXPECT_EQ(to_text(*schema.find("additionalProperties")), "false");
  const Value* properties = schema.find("properties");
  ASSERT_NE(properties, nullptr);
  EXPECT_EQ(to_text(*properties->find("minutes")),
            R"({"type":"integer","description":"how long","minimum":1,"maximum":60,"default":5})");
  EXPECT_EQ(to_text(*properties->find("colour")),
            R"({"enum":["red","green"],"description":"a colour","default":"red"})");
}

RC_GTEST_PROP(Fields, ReadOfWriteIsTheRecord, ()) {
  Outer outer;
  outer.name = *rc::gen::arbitrary<std::string>();
  outer.minutes = *rc::gen::inRange(1U, 61U);
  outer.share = *rc::gen::map(rc::gen::arbitrary<int>(), [](int n) { return n / 7.0; });
  outer.on = *rc::gen::arbitrary<bool>();
  if (outer.on) outer.note = *rc::gen::arbitrary<std::string>();
  outer.labels = *rc::gen::arbitrary<std::map<std::string, std::string>>();
  for (const auto number : *rc::gen::arbitrary<std::vector<std::int64_t>>()) {
    outer.list.push_back({.text = outer.name, .number = number});
  }
  const std::string text = write_record(outer);
  const auto back = read_record<Outer>(text);
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->name == outer.name);
  RC_ASSERT(back->share == outer.share);
  RC_ASSERT(back->labels == outer.labels);
  RC_ASSERT(back->note == outer.note);
  RC_ASSERT(write_record(*back) == text);
}

}  // namespace
}  // namespace cls::json
