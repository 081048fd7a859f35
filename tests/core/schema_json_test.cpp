// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <regex>

#include "core/schema.hpp"

namespace tiercut {
namespace {

using nlohmann::json;

json schema_of(ShapePointer shape) {
  const Format format = make_format("f/1", "a test file", {{"it", std::move(shape), true, "What it is."}});
  return json::parse(json_schema(format));
}

json property_of(ShapePointer shape) { return schema_of(std::move(shape))["properties"]["it"]; }

TEST(JsonSchema, HasTheHeadOfDraft7) {
  const json schema = schema_of(shape::text());
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(schema["title"], "a test file");
  EXPECT_EQ(schema["type"], "object");
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["required"], (json{"schema", "it"}));
  EXPECT_EQ(schema["properties"]["schema"]["const"], "f/1");
  EXPECT_EQ(schema["properties"]["it"]["description"], "What it is.");
}

TEST(JsonSchema, Scalars) {
  EXPECT_EQ(property_of(shape::boolean())["type"], "boolean");
  EXPECT_EQ(property_of(shape::word({"a", "b"}))["enum"], (json{"a", "b"}));
  const json integer = property_of(shape::integer(1, 9));
  EXPECT_EQ(integer["type"], "integer");
  EXPECT_EQ(integer["minimum"], 1);
  EXPECT_EQ(integer["maximum"], 9);
  const json number = property_of(shape::number(0, std::numeric_limits<double>::infinity()));
  EXPECT_EQ(number["minimum"], 0);
  EXPECT_FALSE(number.contains("maximum"));
}

TEST(JsonSchema, QuantityPatternTakesWhatTheParserTakes) {
  for (Dimension dimension : {Dimension::time, Dimension::size, Dimension::bandwidth, Dimension::compute,
                              Dimension::power, Dimension::energy, Dimension::frequency}) {
    const json choices = property_of(shape::non_negative(dimension))["anyOf"];
    const std::regex pattern(choices[0]["pattern"].get<std::string>());
    for (const char* unit : {"s", "ms", "us", "\u00b5s", "min", "B", "GiB", "bit", "Mbit/s", "GB/s", "GFLOP/s", "W",
                             "kJ", "Hz", "/min", "", "%", "kg", "sec"}) {
      for (const char* number : {"15", "1.5", ".5", "1e3", "-2", "+2", "1e", "x", "1.2.3"}) {
        const std::string text = std::string(number) + ' ' + unit;
        EXPECT_EQ(std::regex_match(text, pattern), parse_quantity(text, dimension).has_value()) << text;
      }
    }
    EXPECT_EQ(choices[1]["const"], 0);
  }
}

TEST(JsonSchema, QuantityAdmitsZeroAndWordsOnlyWhereTheCheckerDoes) {
  EXPECT_EQ(property_of(shape::positive(Dimension::time))["anyOf"].size(), 1u);
  const json bandwidth = property_of(shape::positive(Dimension::bandwidth, {"unlimited"}))["anyOf"];
  EXPECT_EQ(bandwidth.back()["enum"], json{"unlimited"});
  const json ratio = property_of(shape::quantity(Dimension::ratio, 0, 1))["anyOf"];
  EXPECT_EQ(ratio[1]["type"], "number");
  EXPECT_EQ(ratio[1]["maximum"], 1);
}

TEST(JsonSchema, Collections) {
  const json list = property_of(shape::list(shape::boolean(), 2));
  EXPECT_EQ(list["type"], "array");
  EXPECT_EQ(list["minItems"], 2);
  EXPECT_EQ(list["items"]["type"], "boolean");
  const json map = property_of(shape::map(shape::boolean(), 1));
  EXPECT_EQ(map["additionalProperties"]["type"], "boolean");
  EXPECT_EQ(map["minProperties"], 1);
  const std::regex name(map["propertyNames"]["pattern"].get<std::string>());
  EXPECT_TRUE(std::regex_match("a_-/.[0]", name));
  EXPECT_FALSE(std::regex_match("a b", name));
  const json either = property_of(shape::either({shape::boolean(), shape::list(shape::text())}));
  EXPECT_EQ(either["anyOf"].size(), 2u);
}

TEST(JsonSchema, TaggedIsOneOfWithConstants) {
  const json tagged = property_of(shape::tagged("kind", {{"seed", shape::integer(0, 9), false, ""}},
                                                {{"a", {{"x", shape::boolean(), true, ""}}}, {"b", {}}}));
  ASSERT_EQ(tagged["oneOf"].size(), 2u);
  const json& a = tagged["oneOf"][0];
  EXPECT_EQ(a["properties"]["kind"]["const"], "a");
  EXPECT_EQ(a["required"], (json{"kind", "x"}));
  EXPECT_TRUE(a["properties"].contains("seed"));
  EXPECT_EQ(a["additionalProperties"], false);
  EXPECT_FALSE(tagged["oneOf"][1]["properties"].contains("x"));
}

}  // namespace
}  // namespace tiercut
