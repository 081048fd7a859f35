// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"

/// Private to scenarios: tables of numbers in files beside a scenario.
namespace tiercut::scenarios {

struct NumberTable {
  struct Row {
    int line = 0;
    std::vector<std::optional<double>> values;  ///< by column; nothing where the field is empty
  };
  std::vector<Row> rows;
  std::string digest;  ///< SHA-256 of the file
};

inline constexpr std::size_t largest_table_bytes = std::size_t{256} << 20;

/// Reads comma-separated numbers, finite and not negative, under a first line that names the columns. Lines that are
/// empty or begin with # are passed over. Fails with file-not-found, ..., bad-table (every bad line, the first ten).
Result<NumberTable> read_number_table(const std::string& path, const std::vector<std::string>& columns);

}  // namespace tiercut::scenarios
