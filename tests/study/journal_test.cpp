// SPDX-License-Identifier: Apache-2.0
#include "study/journal.hpp"

#include <gmock/gmock.h>

#include "tests/study/study_case.hpp"

namespace tiercut::study {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using JournalTest = tiercut::testing::StudyCase;

std::vector<std::string> found_in(const std::string& path, const std::string& head) {
  std::vector<std::string> found;
  const auto journal = Journal::open(path, head, found);
  EXPECT_TRUE(journal) << to_text(journal.error());
  return found;
}

TEST_F(JournalTest, KeepsWhatWasAppended) {
  std::vector<std::string> found;
  auto journal = Journal::open(path("j"), "# head\na,b\n", found);
  ASSERT_TRUE(journal);
  EXPECT_THAT(found, IsEmpty());
  ASSERT_TRUE(journal->append({"1,x", "2,y"}));
  ASSERT_TRUE(journal->append({"0,z"}));
  EXPECT_THAT(found_in(path("j"), "# head\na,b\n"), ElementsAre("1,x", "2,y", "0,z"));
  journal->remove();
  EXPECT_FALSE(has("j"));
}

TEST_F(JournalTest, CutAnywhereItKeepsWholeLinesAndGoesOnBehindThem) {
  std::vector<std::string> found;
  ASSERT_TRUE(Journal::open(path("j"), "head\n", found)->append({"first line", "second line"}));
  const std::string whole = text_of("j");
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::ofstream(path("k"), std::ios::binary) << whole.substr(0, size);
    found.clear();
    auto journal = Journal::open(path("k"), "head\n", found);
    ASSERT_TRUE(journal) << size;
    const std::size_t lines = size == whole.size() ? 2 : size >= whole.find("line\n") + 5 ? 1 : 0;
    EXPECT_EQ(found.size(), lines) << size;
    ASSERT_TRUE(journal->append({"third"}));
    EXPECT_EQ(found_in(path("k"), "head\n").back(), "third") << size;
  }
}

TEST_F(JournalTest, ADamagedLineEndsIt) {
  std::vector<std::string> found;
  ASSERT_TRUE(Journal::open(path("j"), "head\n", found)->append({"one", "two", "three"}));
  std::string text = text_of("j");
  text[text.find("two")] = 'T';
  std::ofstream(path("j"), std::ios::binary) << text;
  EXPECT_THAT(found_in(path("j"), "head\n"), ElementsAre("one"));
}

TEST_F(JournalTest, RefusesThatOfAnotherStudy) {
  std::vector<std::string> found;
  ASSERT_TRUE(Journal::open(path("j"), "one study\n", found));
  const auto other = Journal::open(path("j"), "another\n", found);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().front().code, "partial-misfit");
  std::ofstream(path("k")) << "something else altogether\n";
  EXPECT_EQ(Journal::open(path("k"), "head\n", found).error().front().code, "partial-misfit");
  EXPECT_EQ(text_of("k"), "something else altogether\n");
  EXPECT_EQ(Journal::open(path("no/such/folder"), "head\n", found).error().front().code, "output-unwritable");
}

}  // namespace
}  // namespace tiercut::study
