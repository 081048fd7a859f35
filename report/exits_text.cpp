// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/exits_report.hpp"
#include "report/human.hpp"
#include "report/table.hpp"
#include "report/terminal_plot.hpp"

namespace tiercut::report {

namespace {

using profiles::Confusion;
using profiles::ExitTrace;
using profiles::PolicyOutcome;

constexpr std::size_t plot_width = 60, plot_height = 7;

std::string share_or_dash(double share) { return std::isfinite(share) ? format_share(share) : "-"; }

std::string right_of(const PolicyOutcome& outcome, std::size_t answer) {
  if (outcome.answered[answer] == 0) return "-";
  return format_share(static_cast<double>(outcome.right[answer]) / static_cast<double>(outcome.answered[answer]));
}

std::string cost_text(double cost) { return cost >= 1e4 ? format_count(std::llround(cost)) : format_number(cost); }

std::string cost_header(const ExitsResult& result) { return result.cost_unit.empty() ? "cost" : result.cost_unit; }

std::string name_of(const ExitsResult& result, std::size_t answer) {
  return result.trace->answers[result.answers[answer]].exit;
}

void add_class_columns(const ExitsResult& result, std::vector<Column>& columns) {
  if (!result.positive) return;
  for (const char* header : {"precision", "recall", "specificity", "F1"}) columns.push_back({header, Align::right});
}

void add_class_cells(const PolicyOutcome& outcome, std::vector<std::string>& cells) {
  if (!outcome.confusion) return;
  const Confusion& counts = *outcome.confusion;
  for (const double value : {counts.precision(), counts.recall(), counts.specificity(), counts.f1()})
    cells.push_back(share_or_dash(value));
}

std::string heading(const ExitsResult& result) {
  const ExitTrace& trace = *result.trace;
  const bool is_entropy = result.measure == model::Confidence::normalized_entropy;
  std::string text =
      fmt::format("{}: model {}, data: {}\n", trace.name, trace.model, trace.data) +
      fmt::format("{} samples ({}); an exit answers where {} is {} its threshold",
                  format_count(std::ssize(result.samples)), result.part == "all" ? "all" : "part " + result.part,
                  to_text(result.measure), is_entropy ? "at most" : "at least");
  if (!result.lost.empty()) text += "; lost: " + list_words(result.lost);
  if (result.positive) text += fmt::format("; class {} against the rest", *result.positive);
  return text + "\n\n";
}

/// How many samples the answer's class allows it to answer, however sure it is.
PolicyOutcome where_allowed(const ExitsResult& result, std::size_t answer) {
  const ExitTrace& trace = *result.trace;
  std::vector<std::size_t> allowed;
  for (const std::size_t sample : result.samples)
    if (trace.may_answer(result.answers[answer], sample)) allowed.push_back(sample);
  return profiles::evaluate_alone(trace, result.answers[answer], allowed);
}

std::string alone_table(const ExitsResult& result) {
  std::vector<Column> columns = {
      {"alone"}, {"accuracy", Align::right}, {"may answer", Align::right}, {"right of these", Align::right}};
  if (!result.costs.empty()) columns.push_back({cost_header(result), Align::right});
  add_class_columns(result, columns);
  Table table(columns);
  for (std::size_t i = 0; i < result.answers.size(); ++i) {
    const PolicyOutcome& outcome = result.alone[i];
    const PolicyOutcome allowed = where_allowed(result, i);
    std::vector<std::string> cells = {
        name_of(result, i), format_share(outcome.accuracy()),
        format_share(static_cast<double>(allowed.samples) / static_cast<double>(outcome.samples)),
        right_of(allowed, 0)};
    if (!result.costs.empty()) cells.push_back(cost_text(result.costs[i]));
    add_class_cells(outcome, cells);
    table.add(std::move(cells));
  }
  return table.to_text();
}

bool is_shared_anywhere(const ExitsResult& result) {
  return std::ranges::any_of(result.points, [](const ExitsPoint& point) { return point.shared.has_value(); });
}

/// More columns would not fit a terminal.
bool is_detailed(const ExitsResult& result) { return result.answers.size() <= 3 && !result.positive; }

std::string point_table(const ExitsResult& result) {
  std::vector<Column> columns = {{is_shared_anywhere(result) ? "threshold" : "thresholds"}, {"accuracy", Align::right}};
  for (std::size_t i = 0; i < result.answers.size(); ++i) {
    columns.push_back({"by " + name_of(result, i), Align::right});
    if (is_detailed(result)) columns.push_back({"right", Align::right});
  }
  if (!result.costs.empty()) columns.push_back({"mean " + cost_header(result), Align::right});
  add_class_columns(result, columns);
  Table table(columns);
  for (const ExitsPoint& point : result.points) {
    std::vector<std::string> cells = {point.shared ? format_number(*point.shared) : "own",
                                      format_share(point.outcome.accuracy())};
    for (std::size_t i = 0; i < result.answers.size(); ++i) {
      cells.push_back(format_share(point.outcome.share(i)));
      if (is_detailed(result)) cells.push_back(right_of(point.outcome, i));
    }
    if (!result.costs.empty()) cells.push_back(cost_text(point.outcome.expected_cost(result.costs)));
    add_class_cells(point.outcome, cells);
    table.add(std::move(cells));
  }
  return table.to_text();
}

std::string own_thresholds(const ExitsResult& result) {
  std::string text;
  const ExitsPoint& point = result.points.front();
  for (std::size_t i = 0; i < point.thresholds.size(); ++i) {
    const bool is_own = std::ranges::all_of(
        result.points, [&](const ExitsPoint& other) { return other.thresholds[i] == point.thresholds[i]; });
    if (is_own && (!point.shared || result.points.size() > 1))
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name_of(result, i), format_number(point.thresholds[i]));
  }
  return text.empty() ? text : "own thresholds: " + text + "\n";
}

std::string plots(const ExitsResult& result) {
  std::vector<double> accuracy, share;
  std::vector<std::string> labels;
  for (const ExitsPoint& point : result.points) {
    accuracy.push_back(point.outcome.accuracy());
    share.push_back(1 - point.outcome.share(result.answers.size() - 1));
    labels.push_back(point.shared ? fmt::format("{:.3g}", *point.shared) : "");
  }
  const std::string first = plot_text({"accuracy", accuracy, labels, "threshold"}, plot_width, plot_height);
  const std::string second = plot_text({"answered early", share, labels, "threshold"}, plot_width, plot_height);
  return first.empty() ? "" : "\n" + first + "\n" + second;
}

}  // namespace

std::string exits_text(const ExitsResult& result) {
  std::string text = heading(result) + alone_table(result);
  if (result.points.empty()) return text + "\nthere is no exit before the final answer\n";
  return text + "\n" + own_thresholds(result) + point_table(result) + plots(result);
}

}  // namespace tiercut::report
