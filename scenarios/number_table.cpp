// SPDX-License-Identifier: Apache-2.0
#include "scenarios/number_table.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string_view>

#include "core/files.hpp"

namespace tiercut::scenarios {
namespace {

constexpr std::size_t most_complaints = 10;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t comma = line.find(',');
    fields.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

class TableReader {
 public:
  TableReader(const std::string& path, const std::vector<std::string>& columns) : path_(path), columns_(columns) {}

  Result<NumberTable> read(std::string_view text) {
    int number = 0;
    bool has_head = false;
    while (!text.empty() && complaints_.size() < most_complaints) {
      const std::size_t end = text.find('\n');
      const std::string_view line = trimmed(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      ++number;
      if (line.empty() || line.front() == '#') continue;
      if (!has_head) {
        has_head = true;
        check_head(line, number);
      } else {
        read_row(line, number);
      }
    }
    if (!has_head) complain(number, "the table has no line that names its columns");
    if (!complaints_.empty()) return tl::unexpected(std::move(complaints_));
    return std::move(table_);
  }

 private:
  void complain(int line, std::string message) {
    complaints_.push_back(
        {Severity::error, "bad-table", Location{path_, line, 1, {}}, std::move(message),
         fmt::format("the first line reads `{}`, every other one has as many numbers", fmt::join(columns_, ","))});
  }

  void check_head(std::string_view line, int number) {
    const auto names = fields_of(line);
    if (!std::equal(names.begin(), names.end(), columns_.begin(), columns_.end()))
      complain(number, fmt::format("the columns are `{}`", line));
  }

  void read_row(std::string_view line, int number) {
    NumberTable::Row row{number, {}};
    for (const std::string_view field : fields_of(line)) {
      double value = 0;
      const auto read = std::from_chars(field.data(), field.data() + field.size(), value);
      const bool is_number = read.ec == std::errc() && read.ptr == field.data() + field.size();
      if (field.empty()) {
        row.values.emplace_back();
      } else if (is_number && std::isfinite(value) && value >= 0) {
        row.values.emplace_back(value);
      } else {
        return complain(number, fmt::format("`{}` is no number from 0 on", field));
      }
    }
    if (row.values.size() != columns_.size())
      return complain(number, fmt::format("here are {} fields", row.values.size()));
    table_.rows.push_back(std::move(row));
  }

  const std::string& path_;
  const std::vector<std::string>& columns_;
  NumberTable table_;
  Diagnostics complaints_;
};

}  // namespace

Result<NumberTable> read_number_table(const std::string& path, const std::vector<std::string>& columns) {
  const auto bytes = read_file(path, largest_table_bytes);
  if (!bytes) return tl::unexpected(bytes.error());
  auto table = TableReader(path, columns).read(*bytes);
  if (table) table->digest = sha256(*bytes);
  return table;
}

}  // namespace tiercut::scenarios
