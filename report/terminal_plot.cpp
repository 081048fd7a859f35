// SPDX-License-Identifier: Apache-2.0
#include "report/terminal_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/human.hpp"
#include "report/table.hpp"

namespace tiercut::report {

namespace {

constexpr std::size_t dots_across = 2, dots_down = 4;

class BrailleCanvas {
 public:
  BrailleCanvas(std::size_t width, std::size_t height) : width_(width), cells_(width * height) {}

  void set(std::size_t x, std::size_t y) {
    // Unicode numbers the dots of a cell by column, but the two of the lowest row, which came later, last.
    constexpr unsigned bits[dots_down][dots_across] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    cells_[y / dots_down * width_ + x / dots_across] |= bits[y % dots_down][x % dots_across];
  }

  std::string line(std::size_t row) const {
    std::string text;
    for (std::size_t x = 0; x < width_; ++x) {
      const unsigned code = 0x2800 + cells_[row * width_ + x];
      text += static_cast<char>(0xe0 | (code >> 12));
      text += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
      text += static_cast<char>(0x80 | (code & 0x3f));
    }
    return text;
  }

 private:
  std::size_t width_;
  std::vector<unsigned> cells_;
};

double value_at(std::span<const double> values, double position) {
  const auto below = std::min(static_cast<std::size_t>(position), values.size() - 2);
  return std::lerp(values[below], values[below + 1], position - static_cast<double>(below));
}

void draw(BrailleCanvas& canvas, std::span<const double> values, double low, double high, std::size_t columns,
          std::size_t rows) {
  const auto row_of = [&](double value) {
    return static_cast<std::size_t>(std::lround((high - value) / (high - low) * static_cast<double>(rows - 1)));
  };
  std::size_t before = row_of(values.front());
  for (std::size_t x = 0; x < columns; ++x) {
    const double position =
        static_cast<double>(x) / static_cast<double>(columns - 1) * static_cast<double>(values.size() - 1);
    const std::size_t row = row_of(value_at(values, position));
    // Steep lines stay whole: the column is filled up to its neighbour.
    const std::size_t from = row > before ? before + 1 : row, to = row < before ? before - 1 : row;
    for (std::size_t y = std::min(from, row); y <= std::max(to, row); ++y) canvas.set(x, y);
    before = row;
  }
}

/// Labels below the axis, from both ends inward, where they do not touch.
std::string label_line(const std::vector<std::string>& labels, std::size_t width) {
  std::string line(width, ' ');
  const std::size_t last = labels.size() - 1;
  const auto write = [&](std::size_t index) {
    const std::string& label = labels[index];
    const std::size_t size = label.size();
    if (size > width) return;
    const std::size_t middle = index * (width - 1) / last;
    const std::size_t at = std::min(middle - std::min(middle, size / 2), width - size);
    const std::size_t from = at - std::min<std::size_t>(at, 2), to = std::min(at + size + 2, width);
    if (line.find_first_not_of(' ', from) < to) return;
    line.replace(at, size, label);
  };
  write(0);
  write(last);
  for (std::size_t parts = 2; parts <= last; parts *= 2)
    for (std::size_t i = 1; i < parts; i += 2) write(i * last / parts);
  return line;
}

}  // namespace

std::string plot_text(const PlotPanel& panel, std::size_t width, std::size_t height) {
  if (panel.values.size() < 2) return {};
  auto [least, most] = std::minmax_element(panel.values.begin(), panel.values.end());
  double low = *least, high = *most;
  if (low == high) {
    low -= 0.005;
    high += 0.005;
  }
  BrailleCanvas canvas(width, height);
  draw(canvas, panel.values, low, high, width * dots_across, height * dots_down);

  const std::string high_label = format_share(high), low_label = format_share(low);
  const std::size_t margin = std::max(high_label.size(), low_label.size());
  std::string text = "  " + panel.title + "\n";
  for (std::size_t row = 0; row < height; ++row) {
    const std::string label = row == 0 ? high_label : row + 1 == height ? low_label : "";
    text += fmt::format("  {:>{}} {}{}\n", label, margin, label.empty() ? "│" : "┤", canvas.line(row));
  }
  std::string labels = fmt::format("  {:>{}}  {}  {}", "", margin, label_line(panel.x_labels, width), panel.x_title);
  labels.erase(labels.find_last_not_of(' ') + 1);
  return text + labels + "\n";
}

}  // namespace tiercut::report
