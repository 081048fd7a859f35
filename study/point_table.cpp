// SPDX-License-Identifier: Apache-2.0
#include "study/point_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "report/version.hpp"

namespace tiercut::study {

namespace {

using Json = nlohmann::ordered_json;
using scenarios::StudyAxis;

std::string_view suffix_of(const std::optional<Dimension>& dimension) {
  if (!dimension) return "";
  switch (*dimension) {
    case Dimension::time:
      return "_s";
    case Dimension::size:
      return "_bytes";
    case Dimension::bandwidth:
      return "_bytes_per_s";
    case Dimension::compute:
      return "_flop_per_s";
    case Dimension::power:
      return "_w";
    case Dimension::energy:
      return "_j";
    case Dimension::frequency:
      return "_hz";
    case Dimension::ratio:
      return "";
  }
  return "";
}

std::string number_text(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string csv_quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c == '\n' || c == '\r' ? ' ' : c);
  return quoted + '"';
}

/// The cells of a line of CSV, unquoted.
std::vector<std::string> csv_cells(std::string_view line) {
  std::vector<std::string> cells(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && is_quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[++i];
    } else if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

/// The resource of the kind with the highest utilisation; the first of several.
const simulator::ResourceReport* busiest(const simulator::SimulationResult& result, bool is_link) {
  const simulator::ResourceReport* found = nullptr;
  for (const simulator::ResourceReport& resource : result.resources) {
    if (resource.is_link != is_link) continue;
    if (found == nullptr || resource.utilisation > found->utilisation) found = &resource;
  }
  return found;
}

}  // namespace

struct PointTable::Cell {
  std::string column;
  enum class Kind { nothing, number, count, text } kind = Kind::nothing;
  double number = 0;
  std::int64_t count = 0;
  std::string text{};

  static Cell of(std::string column, std::optional<double> value) {
    return {std::move(column), value ? Kind::number : Kind::nothing, value.value_or(0)};
  }
  static Cell of_count(std::string column, std::optional<std::int64_t> value) {
    return {std::move(column), value ? Kind::count : Kind::nothing, 0, value.value_or(0)};
  }
  static Cell of_text(std::string column, std::string value) {
    return {std::move(column), value.empty() ? Kind::nothing : Kind::text, 0, 0, std::move(value)};
  }

  std::string csv() const {
    if (kind == Kind::number) return number_text(number);
    if (kind == Kind::count) return std::to_string(count);
    return csv_quoted(text);
  }
  Json json() const {
    if (kind == Kind::number && std::isfinite(number)) return number;
    if (kind == Kind::count) return count;
    return kind == Kind::text ? Json(text) : Json(nullptr);
  }
};

PointTable::Form PointTable::form_of(const std::string& path) {
  return path.ends_with(".jsonl") ? Form::json_lines : Form::csv;
}

PointTable::PointTable(const scenarios::Study& study, Form form) : study_(study), form_(form) {
  for (const model::Exit& exit : study.base->model->exits) exits_.push_back(exit.name);
  const bool is_taken = std::find(exits_.begin(), exits_.end(), "final") != exits_.end();
  exits_.push_back(is_taken ? "final answer" : "final");
  for (const Cell& cell : cells(failed_point(0, {}))) columns_.push_back(cell.column);
  const auto& promise = study.base->requirement.latency;
  headline_ = to_text(promise ? promise->statistic : Statistic::mean);
  if (!measures(headline_)) headline_.clear();
}

bool PointTable::measures(std::string_view name) const {
  return std::find(study_.measures.begin(), study_.measures.end(), name) != study_.measures.end();
}

std::string PointTable::head(const Shard& shard) const {
  const std::string text = study_.source_hash + ' ' + std::to_string(study_.samples) + ' ' +
                           std::to_string(study_.warm_up.value_or(-1)) + ' ' + study_.engine.value_or("auto");
  const std::string hash = "sha256:" + sha256(text);
  if (form_ == Form::json_lines) {
    Json json = {{"results", "tiercut/study-results/1"},
                 {"version", report::version()},
                 {"study", study_.name},
                 {"study_hash", hash},
                 {"scenario", study_.base->name},
                 {"scenario_hash", study_.base->hash},
                 {"samples", study_.samples},
                 {"seed", study_.seed}};
    if (shard.count > 1) json["shard"] = std::to_string(shard.index) + "/" + std::to_string(shard.count);
    json["columns"] = columns_;
    return json.dump() + "\n";
  }
  std::string head = "# tiercut " + std::string(report::version()) + ", study " + study_.name + ", " + hash + ", " +
                     std::to_string(study_.samples) + " samples, seed " + std::to_string(study_.seed);
  if (shard.count > 1) head += ", shard " + std::to_string(shard.index) + "/" + std::to_string(shard.count);
  head += '\n';
  for (std::size_t i = 0; i < columns_.size(); ++i) head += (i > 0 ? "," : "") + csv_quoted(columns_[i]);
  return head + '\n';
}

std::vector<PointTable::Cell> PointTable::cells(const PointResult& result) const {
  std::vector<Cell> cells;
  cells.push_back(Cell::of_count("point", result.point));
  const auto chosen = study_.values_at(result.point);
  for (std::size_t i = 0; i < study_.axes.size(); ++i) {
    const StudyAxis& axis = study_.axes[i];
    const std::string column = axis.name + std::string(suffix_of(axis.dimension));
    cells.push_back(axis.dimension ? Cell::of(column, axis.numbers[chosen[i]])
                                   : Cell::of_text(column, axis.texts[chosen[i]]));
  }
  cells.push_back(Cell::of_text("verdict", std::string(to_text(result.verdict))));

  const simulator::SimulationResult* figures = result.result ? &*result.result : nullptr;
  const auto value = [&](double number) { return figures ? std::optional(number) : std::nullopt; };
  const double samples = figures ? static_cast<double>(figures->samples) : 1;
  const double arrivals = figures ? static_cast<double>(result.arrivals) : 1;
  for (const Statistic statistic : all_statistics) {
    if (!measures(to_text(statistic))) continue;
    cells.push_back(
        Cell::of(std::string(to_text(statistic)) + "_s", value(figures ? figures->latency_s.at(statistic) : 0)));
  }
  if (measures("standard_error")) {
    cells.push_back(Cell::of("standard_error_s", value(figures ? figures->mean_standard_error_s : 0)));
  }
  if (measures("late")) cells.push_back(Cell::of_count("late", figures ? figures->late : std::nullopt));
  if (measures("unanswered")) {
    std::optional<std::int64_t> unanswered;
    if (figures) {
      unanswered = figures->samples;
      for (const std::int64_t count : figures->answered_by) *unanswered -= count;
    }
    cells.push_back(Cell::of_count("unanswered", unanswered));
  }
  if (measures("shares")) {
    for (const std::string& exit : exits_) {
      std::optional<double> share;
      const auto found = std::find(result.answers.begin(), result.answers.end(), exit);
      if (figures && found != result.answers.end()) {
        const auto answer = static_cast<std::size_t>(found - result.answers.begin());
        share = static_cast<double>(figures->answered_by[answer]) / samples;
      }
      cells.push_back(Cell::of("share_" + exit, share));
    }
  }
  if (measures("accuracy")) {
    std::optional<double> accuracy;
    if (figures && figures->right) accuracy = static_cast<double>(*figures->right) / samples;
    cells.push_back(Cell::of("accuracy", accuracy));
  }
  for (const bool is_link : {false, true}) {
    if (!measures(is_link ? "links" : "utilisation")) continue;
    const simulator::ResourceReport* most = figures ? busiest(*figures, is_link) : nullptr;
    cells.push_back(Cell::of(is_link ? "link_utilisation" : "utilisation",
                             most != nullptr ? std::optional(most->utilisation) : std::nullopt));
    cells.push_back(Cell::of_text(is_link ? "busiest_link" : "busiest_unit", most != nullptr ? most->name : ""));
  }
  if (measures("payload")) {
    double payload = 0, control = 0;
    for (std::size_t i = 0; figures != nullptr && i < figures->resources.size(); ++i) {
      payload += figures->resources[i].payload.value();
      control += figures->resources[i].control.value();
    }
    cells.push_back(Cell::of("payload_bytes_per_sample", value(payload / arrivals)));
    cells.push_back(Cell::of("control_bytes_per_sample", value(control / arrivals)));
  }
  if (measures("predicted")) cells.push_back(Cell::of("predicted_mean_s", result.predicted_s));
  if (measures("plan")) {
    cells.push_back(Cell::of_text("plan_status", result.plan_status));
    cells.push_back(Cell::of_text("placement", result.placement));
  }
  if (measures("engine")) cells.push_back(Cell::of_text("engine", figures ? figures->engine : std::string()));
  cells.push_back(Cell::of_text("reason", result.reason));
  return cells;
}

std::string PointTable::line(const PointResult& result) const {
  const auto all = cells(result);
  if (form_ == Form::json_lines) {
    Json json = Json::object();
    for (const Cell& cell : all) json[cell.column] = cell.json();
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  std::string line;
  for (const Cell& cell : all) line += (&cell == all.data() ? "" : ",") + cell.csv();
  return line;
}

std::optional<PointTable::Essence> PointTable::parse(std::string_view line) const {
  std::map<std::string, std::string> values;
  if (form_ == Form::json_lines) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object() || json.size() != columns_.size()) return std::nullopt;
    for (const auto& [key, value] : json.items()) {
      values[key] = value.is_string()           ? value.get<std::string>()
                    : value.is_number_integer() ? std::to_string(value.get<std::int64_t>())
                    : value.is_number()         ? number_text(value.get<double>())
                                                : std::string();
    }
  } else {
    auto cells = csv_cells(line);
    if (cells.size() != columns_.size()) return std::nullopt;
    for (std::size_t i = 0; i < cells.size(); ++i) values[columns_[i]] = std::move(cells[i]);
  }
  Essence essence;
  const auto verdict = verdict_named(values["verdict"]);
  const std::string& point = values["point"];
  const auto read = std::from_chars(point.data(), point.data() + point.size(), essence.point);
  if (!verdict || read.ec != std::errc() || read.ptr != point.data() + point.size()) return std::nullopt;
  if (essence.point < 0 || essence.point >= study_.points()) return std::nullopt;
  essence.verdict = *verdict;
  essence.reason = values["reason"];
  const std::string& headline = values[headline_ + "_s"];
  double seconds = 0;
  if (!headline.empty() &&
      std::from_chars(headline.data(), headline.data() + headline.size(), seconds).ec == std::errc()) {
    essence.headline_s = seconds;
  }
  return essence;
}

}  // namespace tiercut::study
