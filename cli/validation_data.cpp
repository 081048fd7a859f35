// SPDX-License-Identifier: Apache-2.0
// A validation for machines: JSON and CSV.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/validation_report.hpp"
#include "report/records.hpp"
#include "report/version.hpp"

namespace tiercut::cli {

namespace {

using Json = nlohmann::ordered_json;
using validation::Figure;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json number(std::optional<double> value) { return value ? number(*value) : Json(nullptr); }

Json json_of(const Figure& figure) {
  return {{"predicted", number(figure.predicted)},
          {"measured", number(figure.measured)},
          {"error", number(figure.error())},
          {"relative_error", number(figure.relative_error())},
          {"spread", number(figure.spread)}};
}
Json json_of(const std::optional<Figure>& figure) { return figure ? json_of(*figure) : Json(nullptr); }

Json json_of(const GroupResult& result) {
  const validation::Comparison& comparison = result.comparison;
  Json out = {
      {"plan", result.group->name},    {"scenario_hash", result.group->scenario->hash}, {"runs", Json::array()},
      {"samples", comparison.samples}, {"unanswered", comparison.unanswered},           {"latency_s", Json::object()}};
  for (const auto* run : result.group->runs) out["runs"].push_back(run->path);
  for (const validation::StatisticRow& row : comparison.latency) {
    Json entry = json_of(row.latency);
    if (row.interval) {
      entry["interval"] = {number(row.interval->first), number(row.interval->second)};
      entry["is_covered"] = *row.is_covered;
    }
    if (row.is_within) entry["is_within"] = *row.is_within;
    out["latency_s"][std::string(to_text(row.statistic))] = std::move(entry);
  }
  out["answers"] = Json::array();
  for (const validation::AnswerRow& row : comparison.answers) {
    out["answers"].push_back({{"name", row.name},
                              {"share", json_of(row.share)},
                              {"mean_s", json_of(row.mean)},
                              {"p50_s", json_of(row.p50)},
                              {"p99_s", json_of(row.p99)}});
  }
  out["terms"] = Json::object();
  for (std::size_t term = 0; comparison.terms && term < comparison.terms->size(); ++term) {
    out["terms"][report::term_key(static_cast<deployment::Term>(term))] = json_of((*comparison.terms)[term]);
  }
  out["accuracy"] = json_of(comparison.accuracy);
  out["payload_bytes"] = json_of(comparison.payload_bytes);
  out["control_bytes"] = json_of(comparison.control_bytes);
  out["kolmogorov_smirnov"] = comparison.kolmogorov_smirnov;
  out["kolmogorov_smirnov_of_runs"] = number(comparison.kolmogorov_smirnov_of_runs);
  out["wasserstein_s"] = number(comparison.wasserstein_s);
  out["wasserstein_of_runs_s"] = number(comparison.wasserstein_s_of_runs);
  return out;
}

std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

class CsvWriter {
 public:
  void begin(const GroupResult& result) {
    head_ = csv_text(result.group->name) + "," + std::to_string(result.comparison.runs);
  }
  void row(const std::string& scope, const std::string& name, const std::string& statistic, const Figure& figure,
           const validation::StatisticRow* whole = nullptr) {
    text_ +=
        fmt::format("{},{},{},{},{},{},{},{},{}", head_, scope, csv_text(name), statistic, cell(figure.predicted),
                    cell(figure.measured), cell(figure.error()), cell(figure.relative_error()), cell(figure.spread));
    if (whole != nullptr && whole->interval) {
      text_ += "," + cell(whole->interval->first) + "," + cell(whole->interval->second);
    } else {
      text_ += ",,";
    }
    text_ += whole != nullptr && whole->is_within ? (*whole->is_within ? ",1\n" : ",0\n") : ",\n";
  }
  void distance(const char* name, double value, std::optional<double> between_runs) {
    text_ += fmt::format("{},distance,{},,{},,,,{},,,\n", head_, name, cell(value), cell(between_runs));
  }
  const std::string& text() const { return text_; }

 private:
  static std::string cell(double value) { return std::isfinite(value) ? fmt::format("{:.9g}", value) : std::string(); }
  static std::string cell(std::optional<double> value) { return value ? cell(*value) : std::string(); }
  std::string head_;
  std::string text_ =
      "plan,runs,scope,name,statistic,predicted,measured,error,relative_error,spread,low,high,is_within\n";
};

}  // namespace

std::string validation_json(const ValidationResult& result) {
  Json out = {{"validation", "tiercut/validation/1"},
              {"version", report::version()},
              {"replayed", result.is_replayed},
              {"calibration", result.calibration.empty() ? Json(nullptr) : Json(result.calibration)},
              {"is_within", result.has_tolerance ? Json(result.is_within()) : Json(nullptr)},
              {"plans", Json::array()},
              {"rankings", Json::array()}};
  for (const GroupResult& each : result.groups) out["plans"].push_back(json_of(each));
  for (const RankedPlans& ranked : result.ranked) {
    const auto name = [&](std::size_t plan) { return result.groups[ranked.plans[plan]].group->name; };
    for (const validation::Ranking& each : ranked.rankings) {
      out["rankings"].push_back({{"plans", ranked.plans.size()},
                                 {"statistic", to_text(each.statistic)},
                                 {"kendall_tau", each.kendall_tau},
                                 {"pairs_apart", each.pairs_apart},
                                 {"kendall_tau_apart", each.tau_apart ? Json(*each.tau_apart) : Json(nullptr)},
                                 {"predicted_best", name(each.chosen)},
                                 {"measured_best", name(each.best)},
                                 {"regret", each.regret}});
    }
  }
  return out.dump(2) + "\n";
}

std::string validation_csv(const ValidationResult& result) {
  CsvWriter csv;
  for (const GroupResult& each : result.groups) {
    const validation::Comparison& comparison = each.comparison;
    csv.begin(each);
    for (const validation::StatisticRow& row : comparison.latency) {
      csv.row("latency", "", std::string(to_text(row.statistic)), row.latency, &row);
    }
    for (const validation::AnswerRow& row : comparison.answers) {
      csv.row("answer", row.name, "share", row.share);
      if (row.mean) csv.row("answer", row.name, "mean", *row.mean);
      if (row.p50) csv.row("answer", row.name, "p50", *row.p50);
      if (row.p99) csv.row("answer", row.name, "p99", *row.p99);
    }
    for (std::size_t term = 0; comparison.terms && term < comparison.terms->size(); ++term) {
      csv.row("term", std::string(to_text(static_cast<deployment::Term>(term))), "mean", (*comparison.terms)[term]);
    }
    if (comparison.accuracy) csv.row("accuracy", "", "mean", *comparison.accuracy);
    if (comparison.payload_bytes) csv.row("bytes", "payload", "mean", *comparison.payload_bytes);
    if (comparison.control_bytes) csv.row("bytes", "control", "mean", *comparison.control_bytes);
    csv.distance("kolmogorov-smirnov", comparison.kolmogorov_smirnov, comparison.kolmogorov_smirnov_of_runs);
    csv.distance("wasserstein", comparison.wasserstein_s, comparison.wasserstein_s_of_runs);
  }
  return csv.text();
}

}  // namespace tiercut::cli
