// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "core/schema.hpp"

namespace tiercut {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double infinity = std::numeric_limits<double>::infinity();

Format links_format() {
  const auto link = shape::record({{"latency", shape::non_negative(Dimension::time), true, "One way."},
                                   {"bandwidth", shape::positive(Dimension::bandwidth, {"unlimited"}), false, ""},
                                   {"loss", shape::quantity(Dimension::ratio, 0, 1), false, ""},
                                   {"queue", shape::word({"fifo", "fair"}), false, ""}});
  const auto arrivals = shape::tagged("kind", {{"seed", shape::integer(0, 1e6), false, ""}},
                                      {{"periodic", {{"period", shape::positive(Dimension::time), true, ""}}},
                                       {"poisson", {{"rate", shape::positive(Dimension::frequency), true, ""}}}});
  const auto value = shape::either({shape::word({"auto"}), shape::number(0, 1), shape::list(shape::text(), 1)});
  return make_format("test/links/1", "links file",
                     {{"links", shape::map(link, 1), false, ""},
                      {"arrivals", arrivals, false, ""},
                      {"is_open", shape::boolean(), false, ""},
                      {"count", shape::integer(1, 10), false, ""},
                      {"gain", shape::number(-1, infinity), false, ""},
                      {"value", value, false, ""},
                      {"notes", shape::any(), false, ""}});
}

// Each defect as `code line:column path`.
std::vector<std::string> defects(const std::string& body, const std::string& head = "schema: test/links/1\n") {
  const auto document = parse_document(head + body, "t.yaml");
  if (!document) return {to_text(document.error())};
  Diagnostics diagnostics;
  const bool is_good = check(*document, links_format(), diagnostics);
  EXPECT_EQ(is_good, diagnostics.empty());
  std::vector<std::string> found;
  for (const Diagnostic& d : diagnostics) {
    EXPECT_EQ(d.where.file, "t.yaml");
    found.push_back(d.code + ' ' + std::to_string(d.where.line) + ':' + std::to_string(d.where.column) +
                    (d.where.path.empty() ? "" : ' ' + d.where.path));
  }
  return found;
}

std::string hints_for(const std::string& body) {
  Diagnostics diagnostics;
  check(*parse_document("schema: test/links/1\n" + body, "t.yaml"), links_format(), diagnostics);
  std::string hints;
  for (const Diagnostic& diagnostic : diagnostics) hints += diagnostic.hint + '\n';
  return hints;
}

TEST(SchemaCheck, AcceptsAGoodFile) {
  EXPECT_THAT(defects("links:\n  up: {latency: 15 ms, bandwidth: unlimited, loss: 1 %, queue: fifo}\n"
                      "  down/1: {latency: 0}\narrivals: {kind: poisson, rate: 20 /s}\nis_open: true\ncount: 10\n"
                      "gain: -1\nvalue: 0.5\nnotes: [{a: b}]\n"),
              IsEmpty());
}

TEST(SchemaCheck, UnknownKeyStandsAtTheKeyAndSuggests) {
  EXPECT_THAT(defects("links: {up: {latecy: 1 ms, latency: 1 ms}}\n"), ElementsAre("unknown-key 2:14 links.up.latecy"));
  EXPECT_THAT(hints_for("links: {up: {latecy: 1 ms, latency: 1 ms}}\n"), HasSubstr("did you mean `latency`?"));
  EXPECT_THAT(hints_for("zzz: 1\n"), HasSubstr("schema, links, arrivals"));
}

TEST(SchemaCheck, MissingSpaceAfterAColonIsRecognised) {
  EXPECT_THAT(hints_for("links: {up: {latency:15}}\n"), HasSubstr("put a space after the colon"));
  EXPECT_THAT(hints_for("links: up:1\n"), HasSubstr("put a space after the colon"));
}

TEST(SchemaCheck, MissingKeyNamesIt) {
  EXPECT_THAT(defects("links:\n  up: {queue: fifo}\n"), ElementsAre("missing-key 3:7 links.up"));
  EXPECT_THAT(hints_for("links:\n  up: {queue: fifo}\n"), HasSubstr("latency"));
}

TEST(SchemaCheck, ReportsAllErrorsInOrderOfTheFile) {
  EXPECT_THAT(defects("links:\n  up:\n    latency: 15\n    bandwidth: 3 ms\n    queue: lifo\n    colour: red\n"
                      "  down:\n    latency: -5 ms\n    loss: 2\n"),
              ElementsAre("missing-unit 4:14 links.up.latency", "wrong-unit 5:16 links.up.bandwidth",
                          "unknown-word 6:12 links.up.queue", "unknown-key 7:5 links.up.colour",
                          "out-of-range 9:14 links.down.latency", "out-of-range 10:11 links.down.loss"));
}

TEST(SchemaCheck, OutOfRangeNamesValueAndRange) {
  Diagnostics diagnostics;
  check(*parse_document("schema: test/links/1\nlinks: {up: {latency: -5 ms}}\n", "t"), links_format(), diagnostics);
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_THAT(diagnostics[0].message, HasSubstr("-5 ms"));
  EXPECT_THAT(diagnostics[0].hint, HasSubstr("at least 0 s"));
}

TEST(SchemaCheck, OpenRangesExcludeTheirEnd) {
  EXPECT_THAT(defects("links: {up: {latency: 0, bandwidth: 0}}\n"),
              ElementsAre("out-of-range 2:37 links.up.bandwidth"));
  EXPECT_THAT(defects("count: 0\n"), ElementsAre("out-of-range 2:8 count"));
  EXPECT_THAT(defects("count: 11\n"), ElementsAre("out-of-range 2:8 count"));
  EXPECT_THAT(defects("gain: 1e300\n"), IsEmpty());
}

TEST(SchemaCheck, WordsOfAQuantityAreOnlyThoseListed) {
  const Format format = make_format("f/1", "f", {{"bandwidth", shape::positive(Dimension::bandwidth), true, ""}});
  Diagnostics diagnostics;
  EXPECT_FALSE(check(*parse_document("schema: f/1\nbandwidth: unlimited\n", "t"), format, diagnostics));
  EXPECT_EQ(diagnostics.front().code, "out-of-range");
  EXPECT_THAT(hints_for("links: {up: {latency: 0, bandwidth: unlimted}}\n"), HasSubstr("did you mean unlimited?"));
}

TEST(SchemaCheck, NumbersAreNumbers) {
  for (const char* text : {"nan", ".nan", "inf", ".inf", "1e400", "0x10", "1_0", "five", "1,5", "+-1"}) {
    EXPECT_THAT(defects(std::string("gain: ") + text + "\n"), ElementsAre("not-a-number 2:7 gain")) << text;
  }
  for (const char* text : {"2.5", "1e1", "ten", "99999999999999999999"}) {
    EXPECT_THAT(defects(std::string("count: ") + text + "\n"), ElementsAre("not-a-number 2:8 count")) << text;
  }
  EXPECT_THAT(defects("gain: \"1\"\n"), ElementsAre("wrong-type 2:7 gain"));
  EXPECT_THAT(defects("count: +3\n"), IsEmpty());
}

TEST(SchemaCheck, TypesAreChecked) {
  EXPECT_THAT(defects("links: [1]\n"), ElementsAre("wrong-type 2:8 links"));
  EXPECT_THAT(defects("links:\n"), ElementsAre("wrong-type 2:1 links"));
  EXPECT_THAT(defects("links: {}\n"), ElementsAre("too-few-items 2:8 links"));
  EXPECT_THAT(defects("is_open: yes\n"), ElementsAre("wrong-type 2:10 is_open"));
  EXPECT_THAT(defects("is_open: \"true\"\n"), ElementsAre("wrong-type 2:10 is_open"));
}

TEST(SchemaCheck, MapKeysAreNames) {
  EXPECT_THAT(defects("links: {up: {latency: 0}, \"a b\": {latency: 0}}\n"),
              ElementsAre("invalid-name 2:27 links.\"a b\""));
  EXPECT_THAT(defects("links: {\"a_-/.[0]\": {latency: 0}}\n"), IsEmpty());
}

TEST(SchemaCheck, TaggedVariants) {
  EXPECT_THAT(defects("arrivals: {kind: periodic, period: 1 s, seed: 3}\n"), IsEmpty());
  EXPECT_THAT(defects("arrivals: {kind: periodic, rate: 1 /s}\n"),
              ElementsAre("missing-key 2:11 arrivals", "unknown-key 2:28 arrivals.rate"));
  EXPECT_THAT(defects("arrivals: {kind: poison, rate: 1 /s}\n"), ElementsAre("unknown-word 2:18 arrivals.kind"));
  EXPECT_THAT(defects("arrivals: {rate: 1 /s}\n"), ElementsAre("missing-key 2:11 arrivals"));
  EXPECT_THAT(defects("arrivals: {kind: [a]}\n"), ElementsAre("wrong-type 2:18 arrivals.kind"));
}

TEST(SchemaCheck, EitherTakesTheAlternativeThatFits) {
  EXPECT_THAT(defects("value: auto\n"), IsEmpty());
  EXPECT_THAT(defects("value: 1\n"), IsEmpty());
  EXPECT_THAT(defects("value: [a, b]\n"), IsEmpty());
  EXPECT_THAT(defects("value: []\n"), ElementsAre("too-few-items 2:8 value"));
  EXPECT_THAT(defects("value: {a: 1}\n"), ElementsAre("wrong-type 2:8 value"));
  EXPECT_THAT(defects("value: [\"\"]\n"), ElementsAre("wrong-type 2:9 value[0]"));
  EXPECT_THAT(defects("value: 7\n"), ElementsAre(HasSubstr(" 2:8 value")));
}

TEST(SchemaCheck, SchemaLineIsRequired) {
  EXPECT_THAT(defects("count: 3\n", ""), ElementsAre("missing-schema 1:1"));
  EXPECT_THAT(defects("count: 30\n", "schema: test/link/1\n"),
              ElementsAre("wrong-schema 1:9 schema", "out-of-range 2:8 count"));
  EXPECT_THAT(defects("layers: 30\n", "schema: tiercut/model/1\n"), ElementsAre("wrong-schema 1:9 schema"));
  EXPECT_THAT(defects("- a\n", ""), ElementsAre("wrong-type 1:1"));
}

TEST(SchemaCheck, FloodsAreCut) {
  std::string body;
  for (int i = 0; i < 5000; ++i) body += "unknown" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(defects(body).size(), 1000u);
}

TEST(SchemaCheck, KeepsEarlierDiagnosticsInFront) {
  Diagnostics diagnostics{{Severity::warning, "earlier", {"z", 99, 1, ""}, "", ""}};
  EXPECT_FALSE(check(*parse_document("schema: test/links/1\nzzz: 1\n", "t"), links_format(), diagnostics));
  EXPECT_EQ(diagnostics.front().code, "earlier");
  EXPECT_TRUE(check(*parse_document("schema: test/links/1\n", "t"), links_format(), diagnostics));
}

TEST(SchemaCheck, SetValuesAreNamedAsThePlace) {
  Document document = *parse_document("schema: test/links/1\nlinks: {up: {latency: 1 ms}}\n", "t.yaml");
  ASSERT_TRUE(set_value(document, "links.up.latency=20"));
  Diagnostics diagnostics;
  EXPECT_FALSE(check(document, links_format(), diagnostics));
  EXPECT_EQ(diagnostics.front().where.file, "--set links.up.latency=20");
  EXPECT_EQ(diagnostics.front().code, "missing-unit");
}

TEST(Getters, ReadCheckedValues) {
  const Document document = *parse_document("a: 1.5\nb: -7\nc: true\nd: 15 ms\ne: unlimited\nf: 012\"\n", "t");
  const Node& root = document.root;
  EXPECT_EQ(number_or(root, "a", 0), 1.5);
  EXPECT_EQ(integer_or(root, "b", 0), -7);
  EXPECT_TRUE(boolean_or(root, "c", false));
  EXPECT_EQ(quantity_or(root, "d", Dimension::time, 0), 0.015);
  EXPECT_EQ(as_quantity(at(root, "e"), Dimension::bandwidth), infinity);
  EXPECT_EQ(text_or(root, "f", ""), "012\"");
  EXPECT_EQ(number_or(root, "z", 2.5), 2.5);
  EXPECT_EQ(integer_or(root, "z", 3), 3);
  EXPECT_EQ(text_or(root, "z", "else"), "else");
  EXPECT_TRUE(boolean_or(root, "z", true));
  EXPECT_EQ(quantity_or(root, "z", Dimension::time, 4), 4);
}

TEST(Getters, ThrowOnUncheckedValues) {
  const Document document = *parse_document("a: x\nb: [1]\n", "t");
  EXPECT_THROW(at(document.root, "z"), std::logic_error);
  EXPECT_THROW(as_number(at(document.root, "a")), std::logic_error);
  EXPECT_THROW(as_integer(at(document.root, "a")), std::logic_error);
  EXPECT_THROW(as_boolean(at(document.root, "a")), std::logic_error);
  EXPECT_THROW(as_quantity(at(document.root, "a"), Dimension::time), std::logic_error);
  EXPECT_THROW(text_or(document.root, "b", ""), std::logic_error);
}

}  // namespace
}  // namespace tiercut
