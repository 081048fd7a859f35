// SPDX-License-Identifier: Apache-2.0
#include "core/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace tiercut {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// What is wrong with a fixture, each as `code line:column path`.
std::vector<std::string> defects(const std::string& fixture) {
  const auto document = read_document(std::string(TIERCUT_SOURCE_DIR) + "/tests/core/fixtures/" + fixture);
  std::vector<std::string> found;
  if (document) return found;
  for (const Diagnostic& d : document.error()) {
    found.push_back(d.code + ' ' + std::to_string(d.where.line) + ':' + std::to_string(d.where.column) +
                    (d.where.path.empty() ? "" : ' ' + d.where.path));
  }
  return found;
}

Document parse(std::string text) {
  auto document = parse_document(std::move(text), "test.yaml");
  if (!document) throw std::runtime_error(to_text(document.error()));
  return std::move(*document);
}

// The lines and columns below are counted by hand in the fixtures.
TEST(Document, RefusesDuplicateKey) {
  EXPECT_THAT(defects("duplicate-key.yaml"), ElementsAre("duplicate-key 4:3 links.up"));
}

TEST(Document, DuplicateKeyNamesTheFirst) {
  const auto document = parse_document("a: 1\nb: 2\na: 3\n", "x");
  ASSERT_FALSE(document);
  EXPECT_THAT(document.error().front().hint, HasSubstr("line 1"));
}

TEST(Document, RefusesAnchorAndAlias) {
  EXPECT_THAT(defects("anchor-and-alias.yaml"), ElementsAre("yaml-anchor 1:7 base", "yaml-anchor 2:8 other"));
}

TEST(Document, RefusesTags) {
  EXPECT_THAT(defects("tags.yaml"), ElementsAre("yaml-tag 1:8 count", "yaml-tag 2:7 name"));
}

TEST(Document, RefusesLeadingZerosOfNumbersOnly) {
  EXPECT_THAT(defects("leading-zeros.yaml"), ElementsAre("number-leading-zero 1:4 a", "number-leading-zero 2:4 b",
                                                         "number-leading-zero 3:4 c", "number-leading-zero 4:5 d[0]"));
}

TEST(Document, RefusesSecondDocument) { EXPECT_THAT(defects("two-documents.yaml"), ElementsAre("yaml-syntax 2:1")); }
TEST(Document, RefusesEmptyFile) { EXPECT_THAT(defects("empty.yaml"), ElementsAre("file-empty 0:0")); }
TEST(Document, RefusesOnlyComments) { EXPECT_THAT(defects("only-comments.yaml"), ElementsAre("file-empty 0:0")); }
TEST(Document, RefusesOpenBracket) { EXPECT_THAT(defects("open-bracket.yaml"), ElementsAre("yaml-syntax 2:2")); }
TEST(Document, RefusesOpenQuote) { EXPECT_THAT(defects("open-quote.yaml"), ElementsAre("yaml-syntax 2:4 b")); }
TEST(Document, RefusesTabIndentation) {
  for (const char* text : {"a:\n\tb: 1\n", "a: 1\n\tb: 2\n", "a:\n  - 1\n\t- 2: 3\n"}) {
    const auto document = parse_document(text, "x");
    ASSERT_FALSE(document) << text;
    EXPECT_EQ(document.error().front().code, "yaml-syntax");
    EXPECT_GE(document.error().front().where.line, 2);
    EXPECT_THAT(document.error().front().hint, HasSubstr("use spaces")) << text;
  }
}
TEST(Document, RefusesLatin1) { EXPECT_THAT(defects("latin-1.yaml"), ElementsAre("not-utf8 1:10")); }
TEST(Document, RefusesUtf16) { EXPECT_THAT(defects("utf-16.yaml"), ElementsAre("not-utf8 1:2")); }
TEST(Document, RefusesListAsKey) { EXPECT_THAT(defects("list-as-key.yaml"), ElementsAre("yaml-syntax 2:1")); }
TEST(Document, Accepts64Levels) { EXPECT_THAT(defects("nested-64.yaml"), ElementsAre()); }
TEST(Document, Refuses65Levels) {
  ASSERT_EQ(defects("nested-65.yaml").size(), 1u);
  EXPECT_THAT(defects("nested-65.yaml").front(), HasSubstr("too-deep 1:65 "));
}
TEST(Document, RefusesThousandsOfOpenBrackets) {
  EXPECT_THAT(defects("brackets-5000.yaml"), ElementsAre(HasSubstr("too-deep 1:")));
}

TEST(Document, ReportsAllDefectsInOrder) {
  EXPECT_THAT(defects("many-defects.yaml"), ElementsAre("duplicate-key 2:1 a", "number-leading-zero 3:4 b",
                                                        "yaml-anchor 4:4 c", "yaml-anchor 5:4 d", "yaml-tag 6:4 e"));
}

TEST(Document, RefusesMissingFileAndDirectory) {
  const auto missing = read_document("no/such/file.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().front().code, "file-not-found");
  const auto directory = read_document(TIERCUT_SOURCE_DIR);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().front().code, "file-is-directory");
}

TEST(Document, MissingFileSuggestsItsNeighbour) {
  const auto missing = read_document(std::string(TIERCUT_SOURCE_DIR) + "/tests/core/fixtures/duplicat-key.yaml");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().front().hint, HasSubstr("duplicate-key.yaml"));
}

TEST(Document, SizeLimitIsInclusive) {
  std::string text = "a: ";
  text.resize(largest_document_bytes, 'x');
  EXPECT_TRUE(parse_document(text, "x"));
  text += 'x';
  const auto refused = parse_document(text, "x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().front().code, "file-too-large");
}

TEST(Document, EndlessFileIsRefusedUnread) {
  const auto refused = read_document("/dev/zero");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().front().code, "file-too-large");
}

TEST(Document, KnowsPlacesAndPaths) {
  const Document document =
      parse("links:\n  up: {latency: 15 ms, \"b.c\": '7'}\nlayers:\n  - kernel: 3\n  - kernel: 5\n");
  const Node* latency = document.root.find("links")->find("up")->find("latency");
  ASSERT_NE(latency, nullptr);
  EXPECT_EQ(latency->text, "15 ms");
  EXPECT_FALSE(latency->is_quoted);
  EXPECT_EQ(latency->where.line, 2);
  EXPECT_EQ(latency->where.column, 17);
  EXPECT_EQ(latency->key_where.column, 8);
  EXPECT_EQ(latency->where.path, "links.up.latency");
  EXPECT_EQ(latency->where.file, "test.yaml");
  const Node* dotted = document.root.find("links")->find("up")->find("b.c");
  ASSERT_NE(dotted, nullptr);
  EXPECT_TRUE(dotted->is_quoted);
  EXPECT_EQ(dotted->where.path, "links.up.\"b.c\"");
  const Node& kernel = document.root.find("layers")->items[1].fields[0].second;
  EXPECT_EQ(kernel.where.path, "layers[1].kernel");
  EXPECT_EQ(kernel.where.line, 5);
}

TEST(Document, ValueThatIsMissingStandsAtItsKey) {
  const Document document = parse("a:\nb: ~\nc: 1\n");
  EXPECT_EQ(document.root.find("a")->kind, NodeKind::null);
  EXPECT_EQ(document.root.find("a")->where.line, 1);
  EXPECT_EQ(document.root.find("b")->where.line, 2);
  EXPECT_EQ(document.root.find("b")->where.column, 4);
}

TEST(Document, ColumnsCountCharactersNotBytes) {
  const Document document = parse("{\u00e4\u00f6\u00fc: 1, z: 2}\n");
  EXPECT_EQ(document.root.find("z")->where.column, 13);  // {äöü: 1, z: 2}
}

TEST(Document, CarriageReturnsAndByteOrderMarkDoNotMatter) {
  const Document plain = parse("a: 1\nb:\n  - x y\n  - \"q\"\n");
  const Document other = parse(
      "\xEF\xBB\xBF"
      "a: 1\r\nb:\r\n  - x y\r\n  - \"q\"\r\n");
  EXPECT_EQ(other.root.find("a")->text, plain.root.find("a")->text);
  EXPECT_EQ(other.root.find("b")->items[0].text, "x y");
  EXPECT_EQ(other.root.find("b")->items[1].where.line, 4);
  EXPECT_EQ(other.root.find("b")->items[1].where.column, plain.root.find("b")->items[1].where.column);
  EXPECT_EQ(defects("carriage-returns.yaml").size(), 0u);
}

TEST(Document, KeepsTheExactSource) {
  const std::string text =
      "\xEF\xBB\xBF"
      "a: 1 # remark\r\n";
  EXPECT_EQ(parse(text).source, text);
}

TEST(Document, KeysStayInOrderOfTheFile) {
  const Document document = parse("z: 1\na: 2\nm: 3\n");
  std::string order;
  for (const auto& [key, value] : document.root.fields) order += key;
  EXPECT_EQ(order, "zam");
}

TEST(Document, FindOnOtherThanMapsIsNull) {
  const Document document = parse("a: [1]\n");
  EXPECT_EQ(document.root.find("b"), nullptr);
  EXPECT_EQ(document.root.find("a")->find("b"), nullptr);
}

}  // namespace
}  // namespace tiercut
