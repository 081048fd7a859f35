// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/document.hpp"

namespace tiercut {
namespace {

using testing::HasSubstr;

Document sample() {
  return *parse_document("links:\n  up:\n    latency: 15 ms\npins:\n  - device: pi\n  - device: edge\nname: x\n",
                         "s.yaml");
}

std::string refusal(const std::string& assignment) {
  Document document = sample();
  const auto result = set_value(document, assignment);
  return result ? "accepted" : result.error().front().code;
}

TEST(SetValue, ReplacesAValue) {
  Document document = sample();
  ASSERT_TRUE(set_value(document, "links.up.latency=20ms"));
  const Node* latency = document.root.find("links")->find("up")->find("latency");
  EXPECT_EQ(latency->text, "20ms");
  EXPECT_EQ(latency->kind, NodeKind::scalar);
  EXPECT_EQ(latency->where.file, "--set links.up.latency=20ms");
  EXPECT_EQ(latency->where.line, 0);
  EXPECT_EQ(latency->where.path, "links.up.latency");
  EXPECT_EQ(latency->key_where.file, "s.yaml");
  EXPECT_EQ(document.root.find("links")->fields.size(), 1u);
}

TEST(SetValue, ReplacesInAList) {
  Document document = sample();
  ASSERT_TRUE(set_value(document, "pins[1].device=cloud"));
  EXPECT_EQ(document.root.find("pins")->items[0].find("device")->text, "pi");
  EXPECT_EQ(document.root.find("pins")->items[1].find("device")->text, "cloud");
}

TEST(SetValue, CreatesMissingKeys) {
  Document document = sample();
  ASSERT_TRUE(set_value(document, "requirement.latency.p99=40 ms"));
  const Node* requirement = document.root.find("requirement");
  ASSERT_NE(requirement, nullptr);
  EXPECT_EQ(requirement->where.path, "requirement");
  EXPECT_EQ(requirement->find("latency")->find("p99")->text, "40 ms");
  EXPECT_EQ(requirement->find("latency")->key_where.file, "--set requirement.latency.p99=40 ms");
}

TEST(SetValue, QuotedKeysMayHoldDotsAndEquals) {
  Document document = sample();
  ASSERT_TRUE(set_value(document, "inputs.\"cameras.1\"=edge"));
  EXPECT_EQ(document.root.find("inputs")->find("cameras.1")->text, "edge");
  ASSERT_TRUE(set_value(document, "inputs.\"a=b\".c=1"));
  EXPECT_EQ(document.root.find("inputs")->find("a=b")->find("c")->text, "1");
}

TEST(SetValue, ReadsTheValueAsYaml) {
  Document document = sample();
  ASSERT_TRUE(set_value(document, "counts=[1, {a: 2}]"));
  const Node* counts = document.root.find("counts");
  ASSERT_EQ(counts->kind, NodeKind::list);
  EXPECT_EQ(counts->items[1].find("a")->text, "2");
  EXPECT_EQ(counts->items[1].find("a")->where.path, "counts[1].a");
  ASSERT_TRUE(set_value(document, "name=\"007\""));
  EXPECT_TRUE(document.root.find("name")->is_quoted);
  ASSERT_TRUE(set_value(document, "name="));
  EXPECT_EQ(document.root.find("name")->kind, NodeKind::null);
}

TEST(SetValue, RefusesBadSyntax) {
  for (const char* assignment : {"", "links", "=1", "links..up=1", ".a=1", "a.=1", "pins[x]=1", "pins[0=1", "\"a=1",
                                 "pins[0]x=1", "a=[1", "a=007", "a=&x 1"}) {
    EXPECT_EQ(refusal(assignment), "set-syntax") << assignment;
  }
}

TEST(SetValue, RefusesPathsThroughOtherKinds) {
  EXPECT_EQ(refusal("name.first=1"), "set-path");
  EXPECT_EQ(refusal("pins.device=pi"), "set-path");
  EXPECT_EQ(refusal("links[0]=1"), "set-path");
  EXPECT_EQ(refusal("pins[2].device=pi"), "set-path");
}

TEST(SetValue, MissingIndexNamesTheRange) {
  Document document = sample();
  const auto result = set_value(document, "pins[2].device=pi");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().front().hint, HasSubstr("0 to 1"));
}

TEST(SetValue, FailureChangesNothing) {
  Document document = sample();
  ASSERT_FALSE(set_value(document, "fresh.pins[0]=1"));
  EXPECT_EQ(document.root.find("fresh"), nullptr);
}

TEST(SetValue, KeepsTheSourceForHashing) {
  Document document = sample();
  const std::string before = document.source;
  ASSERT_TRUE(set_value(document, "name=y"));
  EXPECT_EQ(document.source, before);
}

}  // namespace
}  // namespace tiercut
