// SPDX-License-Identifier: Apache-2.0
#include "report/table.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace tiercut::report {
namespace {

TEST(Table, PutsNumbersRightAndTextLeft) {
  Table table({{"layers"}, {"weights", Align::right}});
  table.add({"fc1", "1,000"});
  table.add({"a longer name", "7"});
  EXPECT_EQ(table.to_text(),
            "  layers         weights\n"
            "  fc1              1,000\n"
            "  a longer name        7\n");
}

TEST(Table, LeavesNoTrailingBlanks) {
  Table table({{"a"}, {"wide column"}});
  table.add({"x"});
  EXPECT_EQ(table.to_text(0), "a  wide column\nx\n");
}

TEST(Table, RefusesMoreCellsThanColumns) {
  Table table({{"a"}});
  EXPECT_THROW(table.add({"x", "y"}), std::logic_error);
}

TEST(DisplayWidth, CountsWhatATerminalShows) {
  EXPECT_EQ(display_width("pi"), 2u);
  EXPECT_EQ(display_width("Gerät"), 5u);         // six bytes
  EXPECT_EQ(display_width("e\u0301"), 1u);       // a combining accent
  EXPECT_EQ(display_width("\u6f22\u5b57"), 4u);  // two wide characters
  EXPECT_EQ(display_width("\U0001F4F7"), 2u);    // a camera
  EXPECT_EQ(display_width("\xc3"), 1u);          // a character cut off
}

TEST(Table, AlignsNamesThatAreNotAscii) {
  Table table({{"device"}, {"x", Align::right}});
  table.add({"Gerät", "1"});
  table.add({"board", "2"});
  EXPECT_EQ(table.to_text(0), "device  x\nGerät   1\nboard   2\n");
}

}  // namespace
}  // namespace tiercut::report
