// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tiercut::report {

enum class Align { left, right };

struct Column {
  std::string header;
  Align align = Align::left;
};

/// A plain text table for people: two blanks between columns, numbers to the right, no trailing blanks, no colour.
/// Widths count what a terminal shows, not bytes.
class Table {
 public:
  explicit Table(std::vector<Column> columns);

  /// One cell a column; missing ones are blank.
  void add(std::vector<std::string> cells);
  bool is_empty() const { return rows_.empty(); }

  /// Header and rows, each line indented and ended by a newline.
  std::string to_text(std::size_t indent = 2) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Columns that UTF-8 text takes on a terminal: combining marks none, East Asian wide characters two.
std::size_t display_width(std::string_view text);

}  // namespace tiercut::report
