// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace tiercut::report {

/// A line over evenly spaced points, drawn with braille dots (two across and four down a character).
struct PlotPanel {
  std::string title;
  std::span<const double> values;     ///< finite
  std::vector<std::string> x_labels;  ///< of each value; as many as have room are written
  std::string x_title;
};

/// The panel with its axis, `width` characters of dots wide and `height` high; values are fractions, written as
/// percent. Lines end in a newline. Empty for fewer than two values.
std::string plot_text(const PlotPanel& panel, std::size_t width, std::size_t height);

}  // namespace tiercut::report
