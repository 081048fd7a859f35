// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "cli/validation_report.hpp"
#include "report/human.hpp"
#include "report/table.hpp"

namespace tiercut::cli {

namespace {

using report::Align;
using report::format_duration;
using report::format_share;

std::string time(double seconds) { return std::isnan(seconds) ? "-" : format_duration(Seconds(seconds)); }
std::string signed_time(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  return seconds > 0 ? "+" + time(seconds) : time(seconds);
}
std::string signed_share(std::optional<double> share) {
  return share ? fmt::format("{:+.2f} %", *share * 100) : std::string("-");
}

/// predicted, measured, error, relative error, spread of a time.
std::vector<std::string> cells(const std::string& name, const validation::Figure& figure) {
  return {name,
          time(figure.predicted),
          time(figure.measured),
          signed_time(figure.error()),
          signed_share(figure.relative_error()),
          figure.spread ? time(*figure.spread) : std::string("-")};
}

std::vector<report::Column> columns(const char* first) {
  return {{first},
          {"predicted", Align::right},
          {"measured", Align::right},
          {"error", Align::right},
          {"relative", Align::right},
          {"spread of runs", Align::right}};
}

std::string latency_table(const validation::Comparison& comparison) {
  const bool has_intervals = comparison.latency.front().interval.has_value();
  const bool is_judged = std::any_of(comparison.latency.begin(), comparison.latency.end(),
                                     [](const auto& row) { return row.is_within.has_value(); });
  auto heads = columns("latency");
  if (has_intervals) heads.push_back({"90 % of runs", Align::right});
  if (is_judged) heads.push_back({"tolerance"});
  report::Table table(std::move(heads));
  for (const validation::StatisticRow& row : comparison.latency) {
    auto line = cells(std::string(to_text(row.statistic)), row.latency);
    if (has_intervals) {
      line.push_back(time(row.interval->first) + " .. " + time(row.interval->second) + (*row.is_covered ? "" : " *"));
    }
    if (is_judged) line.emplace_back(!row.is_within ? "" : *row.is_within ? "kept" : "missed");
    table.add(std::move(line));
  }
  return table.to_text() + (has_intervals ? "  (*: a run lies outside)\n" : "") + "\n";
}

std::string answer_table(const validation::Comparison& comparison) {
  if (comparison.answers.size() < 2) return {};
  report::Table table({{"answered by"},
                       {"share predicted", Align::right},
                       {"measured", Align::right},
                       {"mean predicted", Align::right},
                       {"measured", Align::right},
                       {"p50 off by", Align::right},
                       {"p99 off by", Align::right}});
  for (const validation::AnswerRow& row : comparison.answers) {
    table.add({row.name, format_share(row.share.predicted), format_share(row.share.measured),
               row.mean ? time(row.mean->predicted) : "-", row.mean ? time(row.mean->measured) : "-",
               row.p50 ? signed_share(row.p50->relative_error()) : "-",
               row.p99 ? signed_share(row.p99->relative_error()) : "-"});
  }
  return table.to_text() + "\n";
}

std::string term_table(const validation::Comparison& comparison) {
  if (!comparison.terms) return {};
  report::Table table(columns("mean of term"));
  for (std::size_t term = 0; term < comparison.terms->size(); ++term) {
    const validation::Figure& figure = (*comparison.terms)[term];
    if (figure.predicted == 0 && figure.measured == 0) continue;
    table.add(cells(std::string(to_text(static_cast<deployment::Term>(term))), figure));
  }
  return table.to_text() + "\n";
}

std::string other_lines(const validation::Comparison& comparison) {
  std::string text = fmt::format("distance of the distributions: Kolmogorov-Smirnov {:.4f}, Wasserstein {}",
                                 comparison.kolmogorov_smirnov, time(comparison.wasserstein_s));
  if (comparison.kolmogorov_smirnov_of_runs) {
    text += fmt::format(" (between runs at most {:.4f}, {})", *comparison.kolmogorov_smirnov_of_runs,
                        time(*comparison.wasserstein_s_of_runs));
  }
  text += "\n";
  const auto line = [&](const char* what, const std::optional<validation::Figure>& figure, auto format) {
    if (!figure) return;
    text += fmt::format("{}: predicted {}, measured {}, off by {}\n", what, format(figure->predicted),
                        format(figure->measured), signed_share(figure->relative_error()));
  };
  line("accuracy", comparison.accuracy, format_share);
  const auto size = [](double bytes) { return report::format_size(Bytes(bytes)); };
  line("payload a sample", comparison.payload_bytes, size);
  line("control a sample", comparison.control_bytes, size);
  if (comparison.unanswered > 0) text += fmt::format("{} samples were never answered\n", comparison.unanswered);
  return text + "\n";
}

std::string ranking_text(const ValidationResult& result, const RankedPlans& ranked) {
  report::Table table({{"ranked by"},
                       {"Kendall tau", Align::right},
                       {"of pairs apart", Align::right},
                       {"predicted best"},
                       {"measured best"},
                       {"regret", Align::right}});
  const auto name = [&](std::size_t plan) { return result.groups[ranked.plans[plan]].group->name; };
  for (const validation::Ranking& each : ranked.rankings) {
    table.add({std::string(to_text(each.statistic)), fmt::format("{:.3f}", each.kendall_tau),
               each.tau_apart ? fmt::format("{:.3f} ({})", *each.tau_apart, each.pairs_apart) : "-", name(each.chosen),
               name(each.best), fmt::format("{:.2f} %", each.regret * 100)});
  }
  return fmt::format("{} plans for one question:\n", ranked.plans.size()) + table.to_text() + "\n";
}

}  // namespace

bool ValidationResult::is_within() const {
  return std::all_of(groups.begin(), groups.end(), [](const GroupResult& each) { return each.comparison.is_within(); });
}

std::string validation_text(const ValidationResult& result) {
  std::string text;
  for (const GroupResult& each : result.groups) {
    std::string runs;
    for (const auto* run : each.group->runs) runs += (runs.empty() ? "" : ", ") + run->path;
    text +=
        fmt::format("{}: {} samples of {} {} ({})\n", each.group->name, report::format_count(each.comparison.samples),
                    each.comparison.runs, each.comparison.runs == 1 ? "run" : "runs", runs);
    text += latency_table(each.comparison) + answer_table(each.comparison) + term_table(each.comparison) +
            other_lines(each.comparison);
  }
  for (const RankedPlans& ranked : result.ranked) text += ranking_text(result, ranked);
  text += result.is_replayed ? "prediction: simulated with the arrivals and exits of each run\n"
                             : "prediction: simulated with drawn exits and the scenario's arrivals\n";
  if (!result.calibration.empty()) text += "calibrated by " + result.calibration + "\n";
  if (result.has_tolerance) text += result.is_within() ? "tolerance: kept\n" : "tolerance: missed\n";
  return text;
}

}  // namespace tiercut::cli
