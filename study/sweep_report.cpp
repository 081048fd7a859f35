// SPDX-License-Identifier: Apache-2.0
#include "study/sweep_report.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "report/answers.hpp"
#include "report/human.hpp"
#include "report/table.hpp"
#include "report/version.hpp"

namespace tiercut::study {

namespace {

using Json = nlohmann::ordered_json;
using Essence = PointTable::Essence;
using report::Align;
using report::format_count;
using report::Table;

constexpr std::size_t most_columns = 12;
constexpr std::size_t most_rows = 40;
constexpr std::size_t most_reasons = 8;

struct Counts {
  std::array<std::int64_t, 4> of{};
  void add(const Essence& point) { ++of[static_cast<std::size_t>(point.verdict)]; }
  std::int64_t at(Verdict verdict) const { return of[static_cast<std::size_t>(verdict)]; }
  std::int64_t all() const { return of[0] + of[1] + of[2] + of[3]; }
};

Counts counts_of(const std::vector<Essence>& points) {
  Counts counts;
  for (const Essence& point : points) counts.add(point);
  return counts;
}

/// By dimension and value the verdicts of the points there.
std::vector<std::vector<Counts>> counts_by_value(const scenarios::Study& study, const std::vector<Essence>& points) {
  std::vector<std::vector<Counts>> counts;
  for (std::size_t d = 0; d < study.dimensions.size(); ++d) counts.emplace_back(study.length_of(d));
  for (const Essence& point : points) {
    const auto chosen = study.values_at(point.point);
    for (std::size_t d = 0; d < counts.size(); ++d) counts[d][chosen[study.dimensions[d].front()]].add(point);
  }
  return counts;
}

std::string name_of(const scenarios::Study& study, std::size_t dimension) {
  std::string name;
  for (const std::size_t axis : study.dimensions[dimension]) name += (name.empty() ? "" : ", ") + study.axes[axis].name;
  return name;
}

std::string value_of(const scenarios::Study& study, std::size_t dimension, std::size_t value) {
  std::string text;
  for (const std::size_t axis : study.dimensions[dimension]) {
    text += (text.empty() ? "" : ", ") + study.axes[axis].texts[value];
  }
  return text;
}

std::string cell_of(const Essence& point) {
  const char* mark = point.verdict == Verdict::missed ? " !" : "";
  if (point.verdict == Verdict::failed) return "failed";
  return point.headline_s ? report::format_duration(Seconds(*point.headline_s)) + mark
                          : std::string(to_text(point.verdict));
}

bool fits_a_map(const scenarios::Study& study) {
  const std::size_t dimensions = study.dimensions.size();
  if (dimensions == 1) return study.length_of(0) <= most_rows;
  return dimensions == 2 && study.length_of(0) <= most_rows && study.length_of(1) <= most_columns;
}

std::string map_text(const scenarios::Study& study, const std::vector<Essence>& points, const std::string& headline) {
  const bool is_flat = study.dimensions.size() == 1;
  const std::size_t width = is_flat ? 1 : study.length_of(1);
  std::vector<report::Column> columns = {{name_of(study, 0)}};
  for (std::size_t i = 0; i < width; ++i) {
    columns.push_back({is_flat ? headline : value_of(study, 1, i), Align::right});
  }
  std::map<std::int64_t, const Essence*> at;
  for (const Essence& point : points) at[point.point] = &point;
  Table table(std::move(columns));
  for (std::size_t row = 0; row < study.length_of(0); ++row) {
    std::vector<std::string> cells = {value_of(study, 0, row)};
    for (std::size_t i = 0; i < width; ++i) {
      const auto found = at.find(static_cast<std::int64_t>(row * width + i));
      cells.push_back(found == at.end() ? "" : cell_of(*found->second));
    }
    table.add(std::move(cells));
  }
  std::string text =
      is_flat ? "" : "  " + headline + " latency by " + name_of(study, 0) + " (down) and " + name_of(study, 1) + "\n\n";
  text += table.to_text();
  const bool has_missed =
      std::any_of(points.begin(), points.end(), [](const Essence& point) { return point.verdict == Verdict::missed; });
  return text + (has_missed ? "  (! misses the promise)\n" : "");
}

std::string by_axis_text(const scenarios::Study& study, const std::vector<Essence>& points) {
  std::string text;
  const auto counts = counts_by_value(study, points);
  for (std::size_t d = 0; d < counts.size(); ++d) {
    if (counts[d].size() > most_rows) continue;
    Table table({{name_of(study, d)},
                 {"points", Align::right},
                 {"kept", Align::right},
                 {"missed", Align::right},
                 {"failed", Align::right}});
    for (std::size_t value = 0; value < counts[d].size(); ++value) {
      const Counts& here = counts[d][value];
      table.add({value_of(study, d, value), format_count(here.all()), format_count(here.at(Verdict::kept)),
                 format_count(here.at(Verdict::missed)), format_count(here.at(Verdict::failed))});
    }
    text += (text.empty() ? "" : "\n") + table.to_text();
  }
  return text;
}

/// The codes of what went wrong, the most frequent first, each with its first point.
std::string failures_text(const std::vector<Essence>& points) {
  struct Failure {
    std::int64_t count = 0;
    const Essence* first = nullptr;
  };
  std::map<std::string, Failure> failures;
  for (const Essence& point : points) {
    if (point.verdict != Verdict::failed) continue;
    Failure& failure = failures[point.reason.substr(0, point.reason.find(':'))];
    if (failure.count++ == 0) failure.first = &point;
  }
  if (failures.empty()) return {};
  std::vector<const Failure*> order;
  for (const auto& [code, failure] : failures) order.push_back(&failure);
  std::stable_sort(order.begin(), order.end(), [](const Failure* a, const Failure* b) { return a->count > b->count; });
  std::string text = "\nfailed:\n";
  for (std::size_t i = 0; i < std::min(order.size(), most_reasons); ++i) {
    text += "  - " + format_count(order[i]->count) + " as point " + std::to_string(order[i]->first->point) + ": " +
            order[i]->first->reason + "\n";
  }
  return text;
}

}  // namespace

std::string sweep_text(const scenarios::Study& study, const std::vector<Essence>& points, const std::string& headline) {
  const Counts counts = counts_of(points);
  std::string text = study.name + ": " + format_count(counts.all()) + (counts.all() == 1 ? " point" : " points") +
                     " of " + study.base->name + ", " + format_count(study.samples) + " samples each (seed " +
                     std::to_string(study.seed) + ")\npromise: " + report::promise_text(*study.base);
  if (counts.at(Verdict::none) < counts.all() - counts.at(Verdict::failed)) {
    text += "; kept at " + format_count(counts.at(Verdict::kept)) + ", missed at " +
            format_count(counts.at(Verdict::missed));
  }
  if (counts.at(Verdict::failed) > 0) text += "; " + format_count(counts.at(Verdict::failed)) + " failed";
  text += "\n\n";
  if (fits_a_map(study) && !headline.empty()) {
    text += map_text(study, points, headline);
  } else {
    text += by_axis_text(study, points);
  }
  return text + failures_text(points);
}

std::string sweep_json(const scenarios::Study& study, const std::vector<Essence>& points) {
  const auto counts_json = [](const Counts& counts) {
    Json json = {{"points", counts.all()}};
    for (const Verdict verdict : {Verdict::kept, Verdict::missed, Verdict::none, Verdict::failed}) {
      json[std::string(to_text(verdict))] = counts.at(verdict);
    }
    return json;
  };
  Json json = {{"study", study.name}, {"scenario", study.base->name}, {"scenario_hash", study.base->hash}};
  json.update(counts_json(counts_of(points)));
  json["samples"] = study.samples;
  json["seed"] = study.seed;
  const auto counts = counts_by_value(study, points);
  Json by_value = Json::object();
  for (std::size_t d = 0; d < counts.size(); ++d) {
    Json values = Json::array();
    for (std::size_t value = 0; value < counts[d].size(); ++value) {
      Json entry = {{"value", value_of(study, d, value)}};
      entry.update(counts_json(counts[d][value]));
      values.push_back(std::move(entry));
    }
    by_value[name_of(study, d)] = std::move(values);
  }
  json["by_value"] = std::move(by_value);
  json["version"] = report::version();
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tiercut::study
