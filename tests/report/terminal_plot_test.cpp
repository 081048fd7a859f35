// SPDX-License-Identifier: Apache-2.0
#include "report/terminal_plot.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "report/table.hpp"

namespace tiercut::report {
namespace {

TEST(TerminalPlot, DrawsARisingLineFromCornerToCorner) {
  const std::vector<double> values = {0, 1};
  // Two characters wide and one high are 4 x 4 dots. By Unicode's numbering the diagonal's are, from the lower left:
  // 0x40 and 0x20 of the first character, 0x02 and 0x08 of the second.
  EXPECT_EQ(plot_text({"up", values, {"a", "b"}, "T"}, 2, 1),
            "  up\n"
            "  100.00 % ┤\u2860\u280A\n"
            "            a   T\n");
}

TEST(TerminalPlot, KeepsSteepLinesWhole) {
  const std::vector<double> values = {0, 1};
  const std::string text = plot_text({"up", values, {"a", "b"}, "T"}, 1, 2);
  // 2 x 8 dots: the first column holds the lowest dot, the second all others up to the top.
  EXPECT_EQ(text,
            "  up\n"
            "  100.00 % ┤\u28B8\n"
            "    0.00 % ┤\u2878\n"
            "            a  T\n")
      << text;
}

TEST(TerminalPlot, LabelsTheRangeOfTheValues) {
  const std::vector<double> values = {0.9, 0.95, 0.925};
  const std::string text = plot_text({"accuracy", values, {"0.1", "0.2", "0.3"}, "threshold"}, 30, 4);
  EXPECT_NE(text.find("95.00 % ┤"), std::string::npos) << text;
  EXPECT_NE(text.find("90.00 % ┤"), std::string::npos) << text;
  std::istringstream lines(text);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(display_width(line), 60u);
  EXPECT_EQ(count, 6u);
  EXPECT_NE(text.find("0.2"), std::string::npos);
}

TEST(TerminalPlot, DrawsConstantsAndNothingForASinglePoint) {
  const std::vector<double> constant = {0.5, 0.5, 0.5}, one = {0.5};
  EXPECT_NE(plot_text({"flat", constant, {"a", "b", "c"}, "T"}, 10, 3), "");
  EXPECT_EQ(plot_text({"one", one, {"a"}, "T"}, 10, 3), "");
}

}  // namespace
}  // namespace tiercut::report
