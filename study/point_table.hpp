// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/study.hpp"
#include "study/point_result.hpp"
#include "study/shard.hpp"

namespace tiercut::study {

/// The lines of a results file: a head, then a line a point, in their order. Numbers are the shortest text that reads
/// back as the same double. CSV with units in column names, or JSON lines; what does not exist is empty or null.
class PointTable {
 public:
  enum class Form { csv, json_lines };

  /// JSON lines for names that end in `.jsonl`. `study` outlives the table.
  static Form form_of(const std::string& path);
  PointTable(const scenarios::Study& study, Form form);

  /// Everything before the first point, ended by a newline; says what the lines were computed from.
  std::string head(const Shard& shard = {}) const;
  /// Without the newline.
  std::string line(const PointResult& result) const;

  /// What a line says, as far as summaries need it; nothing for text that is no line of this table.
  struct Essence {
    std::int64_t point = 0;
    Verdict verdict = Verdict::failed;
    std::optional<double> headline_s;
    std::string reason;
  };
  std::optional<Essence> parse(std::string_view line) const;

  /// `max`, the statistic of the promise, or `mean`; empty when the study does not measure it.
  const std::string& headline() const { return headline_; }

 private:
  struct Cell;
  std::vector<Cell> cells(const PointResult& result) const;
  bool measures(std::string_view name) const;

  const scenarios::Study& study_;
  Form form_;
  std::vector<std::string> exits_;  // of the unvaried scenario's model, then `final`
  std::vector<std::string> columns_;
  std::string headline_;
};

}  // namespace tiercut::study
