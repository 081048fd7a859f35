// SPDX-License-Identifier: Apache-2.0
// A line a sample: our own samples.csv, and those of other systems (docs/runs.md).
#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

#include "core/files.hpp"
#include "runtime/validation/recorded_run.hpp"

namespace tiercut::validation {
namespace {

constexpr std::size_t most_errors = 20;

/// Cells of a line; a quoted cell may hold commas, and quotes doubled.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && is_quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += '"';
      ++i;
    } else if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      cells.emplace_back();
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return cells;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// A column that holds a time: its name without the unit, and the unit in seconds. Others have unit 1.
struct Column {
  std::string name;
  double unit = 1;
};

Column column_of(const std::string& head) {
  static const std::pair<const char*, double> units[] = {{"_s", 1}, {"_ms", 1e-3}, {"_us", 1e-6}, {"_ns", 1e-9}};
  const std::string name = trimmed(head);
  for (const auto& [suffix, unit] : units) {
    if (name.ends_with(suffix)) return {name.substr(0, name.size() - std::string(suffix).size()), unit};
  }
  return {name, 1};
}

std::string term_name(int term) {
  std::string name(to_text(static_cast<deployment::Term>(term)));
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

class Reader {
 public:
  Reader(const std::string& file, RecordedRun& run) : file_(file), run_(run) {}

  Result<void> read(const std::string& text) {
    std::size_t begin = 0;
    int number = 0;
    while (begin < text.size()) {
      std::size_t end = text.find('\n', begin);
      if (end == std::string::npos) end = text.size();
      const std::string line = text.substr(begin, end - begin);
      begin = end + 1;
      ++number;
      if (line.empty() || line[0] == '#' || trimmed(line) == "\r") continue;
      line_ = number;
      if (columns_.empty()) {
        if (!take_head(line)) return tl::unexpected(std::move(errors_));
      } else {
        take_row(line);
      }
      if (errors_.size() > most_errors) break;
    }
    if (columns_.empty()) complain("missing-column", "the file has no line of column names", "see docs/runs.md");
    if (errors_.empty() && run_.samples.empty()) complain("not-a-run", "the file has no samples", "");
    if (!errors_.empty()) return tl::unexpected(std::move(errors_));
    return {};
  }

 private:
  void complain(const char* code, std::string message, std::string hint) {
    errors_.push_back({Severity::error, code, {file_, line_, 0, {}}, std::move(message), std::move(hint)});
  }

  bool take_head(const std::string& line) {
    for (const std::string& cell : cells_of(line)) columns_.push_back(column_of(cell));
    const auto has = [&](const char* name) {
      return std::any_of(columns_.begin(), columns_.end(), [&](const Column& column) { return column.name == name; });
    };
    for (const char* name : {"arrival", "latency"}) {
      if (!has(name)) {
        complain("missing-column", std::string("there is no column ") + name + "_s (nor in _ms, _us or _ns)",
                 "columns are named in the first line that is no comment; see docs/runs.md");
      }
    }
    int terms = 0;
    for (int term = 0; term < deployment::term_count; ++term) terms += has(term_name(term).c_str()) ? 1 : 0;
    has_terms_ = terms > 0;
    run_.has_bytes = has("payload_B");
    return errors_.empty();
  }

  void take_row(const std::string& line) {
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() != columns_.size()) {
      return complain(
          "bad-row",
          "the line has " + std::to_string(cells.size()) + " cells, the head " + std::to_string(columns_.size()),
          "an absent value is an empty cell");
    }
    RecordedSample sample;
    TermMeans terms{};
    bool has_term = false;
    std::optional<double> label, predicted;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const Column& column = columns_[i];
      const std::string cell = trimmed(cells[i]);
      if (cell.empty()) {
        if (column.name == "arrival") complain("bad-row", "the sample has no arrival", "");
        continue;
      }
      if (column.name == "answered_by") {
        sample.answer = answer_of(cell);
        continue;
      }
      if (column.name == "status" || column.name == "why") continue;
      const int term = has_terms_ ? term_of(column.name) : -1;
      const bool is_known = term >= 0 || is_number_column(column.name);
      if (!is_known) continue;
      const auto value = number_of(cell);
      if (!value) {
        complain("bad-row", "'" + cell + "' in column " + column.name + " is no number", "");
        continue;
      }
      const double number = *value * column.unit;
      if (term >= 0) {
        terms[static_cast<std::size_t>(term)] = number;
        has_term = true;
      }
      if (column.name == "arrival") sample.arrival = number;
      if (column.name == "latency") {
        sample.latency = number;
        if (number < 0) complain("bad-row", "a latency is below zero", "");
      }
      if (column.name == "member") sample.member = static_cast<int>(number);
      if (column.name == "right") sample.is_right = number != 0;
      if (column.name == "label") label = number;
      if (column.name == "predicted") predicted = number;
      if (column.name == "payload_B") sample.payload_bytes = number;
      if (column.name == "control_B") sample.control_bytes = number;
      if (column.name == "epoch") sample.is_on_first_plan = number == 1;
    }
    if (has_term) sample.terms = terms;
    if (!sample.is_right && label && predicted) sample.is_right = *label == *predicted;
    run_.samples.push_back(std::move(sample));
  }

  static bool is_number_column(const std::string& name) {
    static const char* const names[] = {"arrival", "latency",   "member",    "right",    "label",
                                        "epoch",   "predicted", "payload_B", "control_B"};
    return std::any_of(std::begin(names), std::end(names), [&](const char* each) { return name == each; });
  }

  static int term_of(const std::string& name) {
    for (int term = 0; term < deployment::term_count; ++term) {
      if (name == term_name(term)) return term;
    }
    return -1;
  }

  int answer_of(const std::string& name) {
    const int known = run_.find_answer(name);
    if (known >= 0) return known;
    run_.answers.push_back(name);
    return static_cast<int>(run_.answers.size()) - 1;
  }

  const std::string& file_;
  RecordedRun& run_;
  std::vector<Column> columns_;
  bool has_terms_ = false;
  int line_ = 0;
  Diagnostics errors_;
};

}  // namespace

int RecordedRun::find_answer(const std::string& name) const {
  const auto found = std::find(answers.begin(), answers.end(), name);
  return found == answers.end() ? -1 : static_cast<int>(found - answers.begin());
}

Result<void> read_samples(const std::string& file, RecordedRun& run) {
  const auto text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  return Reader(file, run).read(*text);
}

}  // namespace tiercut::validation
