// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/exits_report.hpp"
#include "report/json_parts.hpp"
#include "report/version.hpp"

namespace tiercut::report {

namespace {

using profiles::Confusion;
using profiles::PolicyOutcome;

const std::string& name_of(const ExitsResult& result, std::size_t answer) {
  return result.trace->answers[result.answers[answer]].exit;
}

Json confusion_json(const std::optional<Confusion>& counts) {
  if (!counts) return nullptr;
  return {{"true_positive", counts->true_positive},
          {"false_positive", counts->false_positive},
          {"true_negative", counts->true_negative},
          {"false_negative", counts->false_negative},
          {"precision", finite_or_null(counts->precision())},
          {"recall", finite_or_null(counts->recall())},
          {"specificity", finite_or_null(counts->specificity())},
          {"f1", finite_or_null(counts->f1())}};
}

Json alone_json(const ExitsResult& result) {
  Json json = Json::object();
  for (std::size_t i = 0; i < result.answers.size(); ++i) {
    std::size_t allowed = 0;
    for (const std::size_t sample : result.samples) allowed += result.trace->may_answer(result.answers[i], sample);
    json[name_of(result, i)] = {
        {"accuracy", result.alone[i].accuracy()},
        {"may_answer", static_cast<double>(allowed) / static_cast<double>(result.samples.size())},
        {"cost", result.costs.empty() ? Json(nullptr) : Json(result.costs[i])},
        {"class", confusion_json(result.alone[i].confusion)}};
  }
  return json;
}

Json point_json(const ExitsResult& result, const ExitsPoint& point) {
  Json thresholds = Json::object(), exits = Json::object();
  for (std::size_t i = 0; i < point.thresholds.size(); ++i) thresholds[name_of(result, i)] = point.thresholds[i];
  for (std::size_t i = 0; i < result.answers.size(); ++i)
    exits[name_of(result, i)] = {
        {"samples", point.outcome.answered[i]}, {"share", point.outcome.share(i)}, {"right", point.outcome.right[i]}};
  return {{"shared_threshold", point.shared ? Json(*point.shared) : Json(nullptr)},
          {"thresholds", std::move(thresholds)},
          {"accuracy", point.outcome.accuracy()},
          {"exits", std::move(exits)},
          {"expected_cost", result.costs.empty() ? Json(nullptr) : Json(point.outcome.expected_cost(result.costs))},
          {"class", confusion_json(point.outcome.confusion)}};
}

/// A cell as RFC 4180 has it.
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

std::string csv_head(const ExitsResult& result) {
  std::string origin =
      fmt::format("# tiercut {}, trace {}, model {}, {}, part {}, {}, {} samples", version(), result.trace->name,
                  result.trace->model, result.trace->data, result.part, to_text(result.measure), result.samples.size());
  if (!result.lost.empty()) origin += ", lost " + list_words(result.lost);
  if (result.positive) origin += fmt::format(", class {} against the rest", *result.positive);
  for (char& c : origin)
    if (c == '\n' || c == '\r') c = ' ';
  std::string text = origin + "\nshared_threshold";
  for (std::size_t i = 0; i + 1 < result.answers.size(); ++i) text += "," + cell("threshold_" + name_of(result, i));
  text += ",accuracy";
  for (std::size_t i = 0; i < result.answers.size(); ++i)
    text += "," + cell("share_" + name_of(result, i)) + "," + cell("right_" + name_of(result, i));
  if (!result.costs.empty()) text += result.cost_unit == "MACs" ? ",expected_macs" : ",expected_cost";
  if (result.positive)
    text += ",true_positive,false_positive,true_negative,false_negative,precision,recall,specificity,f1";
  return text + "\n";
}

}  // namespace

std::string exits_json(const ExitsResult& result) {
  Json points = Json::array();
  for (const ExitsPoint& point : result.points) points.push_back(point_json(result, point));
  const profiles::ExitTrace& trace = *result.trace;
  const Json json = {{"trace", trace.name},
                     {"model", trace.model},
                     {"data", trace.data},
                     {"provenance", {{"origin", to_text(trace.provenance.origin)}, {"how", trace.provenance.how}}},
                     {"part", result.part},
                     {"samples", result.samples.size()},
                     {"measure", to_text(result.measure)},
                     {"lost", result.lost},
                     {"class", result.positive ? Json(*result.positive) : Json(nullptr)},
                     {"cost_unit", result.cost_unit.empty() ? Json(nullptr) : Json(result.cost_unit)},
                     {"alone", alone_json(result)},
                     {"points", std::move(points)},
                     {"version", version()}};
  return dump(json);
}

std::string exits_csv(const ExitsResult& result) {
  std::string text = csv_head(result);
  for (const ExitsPoint& point : result.points) {
    if (point.shared) text += number(*point.shared);
    for (const double threshold : point.thresholds) text += "," + number(threshold);
    text += "," + number(point.outcome.accuracy());
    for (std::size_t i = 0; i < result.answers.size(); ++i) {
      const auto answered = static_cast<double>(point.outcome.answered[i]);
      text +=
          "," + number(point.outcome.share(i)) + "," + number(static_cast<double>(point.outcome.right[i]) / answered);
    }
    if (!result.costs.empty()) text += "," + number(point.outcome.expected_cost(result.costs));
    if (const auto& counts = point.outcome.confusion) {
      text += fmt::format(",{},{},{},{}", counts->true_positive, counts->false_positive, counts->true_negative,
                          counts->false_negative);
      for (const double value : {counts->precision(), counts->recall(), counts->specificity(), counts->f1()})
        text += "," + number(value);
    }
    text += "\n";
  }
  return text;
}

}  // namespace tiercut::report
