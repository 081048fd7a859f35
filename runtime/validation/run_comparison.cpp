// SPDX-License-Identifier: Apache-2.0
#include "runtime/validation/run_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "runtime/validation/distances.hpp"

namespace tiercut::validation {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Samples of a run that count; all when it is shorter than its warm-up.
std::span<const RecordedSample> counted(const RecordedRun& run) {
  const auto skipped = static_cast<std::size_t>(std::max<std::int64_t>(0, run.warm_up));
  return std::span(run.samples).subspan(skipped < run.samples.size() ? skipped : 0);
}

std::vector<double> sorted(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<double> finite(const std::vector<double>& ascending) {
  std::vector<double> kept = ascending;
  std::erase_if(kept, [](double value) { return !std::isfinite(value); });
  return kept;
}

Figure figure(double predicted, const std::vector<double>& measured) {
  Figure figure;
  figure.predicted = predicted;
  for (const double each : measured) figure.measured += each / static_cast<double>(measured.size());
  if (measured.size() > 1) {
    const auto [least, most] = std::minmax_element(measured.begin(), measured.end());
    figure.spread = std::isfinite(*most) ? *most - *least : infinity;
  }
  return figure;
}

/// A mean over the samples of each run that have the value; nothing when a run has none.
std::optional<std::vector<double>> means(const std::vector<const RecordedRun*>& runs,
                                         const std::function<std::optional<double>(const RecordedSample&)>& value) {
  std::vector<double> all;
  for (const RecordedRun* run : runs) {
    RunningMean mean;
    for (const RecordedSample& sample : counted(*run)) {
      if (const auto one = value(sample)) mean.add(*one);
    }
    if (mean.count() == 0) return std::nullopt;
    all.push_back(mean.mean());
  }
  return all;
}

std::optional<bool> within(const Figure& figure, std::optional<double> tolerance) {
  if (!tolerance) return std::nullopt;
  if (figure.predicted == figure.measured) return true;  // also when neither is finite
  const double allowed = std::max(*tolerance * figure.measured, figure.spread.value_or(0));
  return std::isfinite(figure.measured) && std::fabs(figure.error()) <= allowed;
}

std::vector<StatisticRow> statistic_rows(const Prediction& prediction, const std::vector<std::vector<double>>& runs,
                                         const Tolerances& tolerances) {
  std::vector<Summary> summaries;
  for (const auto& run : runs) summaries.push_back(summarise(run));
  std::vector<StatisticRow> rows;
  for (std::size_t i = 0; i < statistic_count; ++i) {
    const Statistic statistic = all_statistics[i];
    std::vector<double> measured;
    for (const Summary& summary : summaries) measured.push_back(summary.at(statistic));
    StatisticRow row;
    row.statistic = statistic;
    row.latency = figure(prediction.statistics[i], measured);
    row.is_within = within(row.latency, tolerances[i]);
    if (prediction.intervals) {
      row.interval = (*prediction.intervals)[i];
      row.is_covered = std::all_of(measured.begin(), measured.end(), [&](double value) {
        return value >= row.interval->first && value <= row.interval->second;
      });
    }
    rows.push_back(row);
  }
  return rows;
}

struct OfAnswer {
  double share = 0;
  std::optional<Summary> latency;
};

OfAnswer predicted_of(const Prediction& prediction, std::size_t answer) {
  std::vector<double> latencies;
  for (std::size_t i = 0; i < prediction.latencies.size(); ++i) {
    if (prediction.answered_by[i] == static_cast<int>(answer)) latencies.push_back(prediction.latencies[i]);
  }
  OfAnswer of;
  of.share = static_cast<double>(latencies.size()) / static_cast<double>(prediction.latencies.size());
  if (!latencies.empty()) of.latency = summarise(latencies);
  return of;
}

OfAnswer measured_of(const RecordedRun& run, const std::string& name) {
  const int answer = run.find_answer(name);
  std::vector<double> latencies;
  for (const RecordedSample& sample : counted(run)) {
    if (answer >= 0 && sample.answer == answer && sample.is_answered()) latencies.push_back(sample.latency);
  }
  OfAnswer of;
  of.share = static_cast<double>(latencies.size()) / static_cast<double>(counted(run).size());
  if (!latencies.empty()) of.latency = summarise(latencies);
  return of;
}

std::vector<AnswerRow> answer_rows(const Prediction& prediction, const std::vector<const RecordedRun*>& runs) {
  for (const RecordedRun* run : runs) {
    if (run->answers.empty()) return {};
  }
  std::vector<AnswerRow> rows;
  for (std::size_t k = 0; k < prediction.answers.size(); ++k) {
    const OfAnswer foretold = predicted_of(prediction, k);
    std::vector<OfAnswer> measured;
    for (const RecordedRun* run : runs) measured.push_back(measured_of(*run, prediction.answers[k]));
    AnswerRow row;
    row.name = prediction.answers[k];
    std::vector<double> shares;
    bool have_all = foretold.latency.has_value();
    for (const OfAnswer& each : measured) {
      shares.push_back(each.share);
      have_all = have_all && each.latency;
    }
    row.share = figure(foretold.share, shares);
    if (have_all) {
      const auto of = [&](Statistic statistic) {
        std::vector<double> values;
        for (const OfAnswer& each : measured) values.push_back(each.latency->at(statistic));
        return figure(foretold.latency->at(statistic), values);
      };
      row.mean = of(Statistic::mean);
      row.p50 = of(Statistic::p50);
      row.p99 = of(Statistic::p99);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void compare_distributions(const Prediction& prediction, const std::vector<std::vector<double>>& runs,
                           Comparison& out) {
  const std::vector<double> foretold = sorted(prediction.latencies);
  std::vector<double> pooled;
  for (const auto& run : runs) pooled.insert(pooled.end(), run.begin(), run.end());
  pooled = sorted(std::move(pooled));
  const auto area = [](const std::vector<double>& a, const std::vector<double>& b) {
    const std::vector<double> one = finite(a), other = finite(b);
    return one.empty() || other.empty() ? infinity : wasserstein(one, other);
  };
  out.kolmogorov_smirnov = kolmogorov_smirnov(foretold, pooled);
  out.wasserstein_s = area(foretold, pooled);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (std::size_t j = i + 1; j < runs.size(); ++j) {
      const std::vector<double> one = sorted(runs[i]), other = sorted(runs[j]);
      out.kolmogorov_smirnov_of_runs =
          std::max(out.kolmogorov_smirnov_of_runs.value_or(0), kolmogorov_smirnov(one, other));
      out.wasserstein_s_of_runs = std::max(out.wasserstein_s_of_runs.value_or(0), area(one, other));
    }
  }
}

std::optional<std::array<Figure, deployment::term_count>> term_figures(const Prediction& prediction,
                                                                       const std::vector<const RecordedRun*>& runs) {
  std::array<Figure, deployment::term_count> figures;
  for (std::size_t term = 0; term < figures.size(); ++term) {
    const auto measured = means(runs, [&](const RecordedSample& sample) -> std::optional<double> {
      return sample.terms ? std::optional((*sample.terms)[term]) : std::nullopt;
    });
    if (!measured) return std::nullopt;
    figures[term] = figure(prediction.terms[term], *measured);
  }
  return figures;
}

}  // namespace

std::optional<double> Figure::relative_error() const {
  if (!std::isfinite(measured) || !std::isfinite(predicted) || measured == 0) return std::nullopt;
  return error() / measured;
}

bool Comparison::is_within() const {
  return std::all_of(latency.begin(), latency.end(), [](const StatisticRow& row) { return row.is_within != false; });
}

std::vector<double> counted_latencies(const RecordedRun& run) {
  std::vector<double> latencies;
  for (const RecordedSample& sample : counted(run)) latencies.push_back(sample.latency);
  return latencies;
}

Comparison compare(const Prediction& prediction, const std::vector<const RecordedRun*>& runs,
                   const Tolerances& tolerances) {
  Comparison out;
  std::vector<std::vector<double>> latencies;
  bool have_bytes = true;
  for (const RecordedRun* run : runs) {
    latencies.push_back(counted_latencies(*run));
    out.samples += static_cast<std::int64_t>(latencies.back().size());
    out.unanswered += std::count(latencies.back().begin(), latencies.back().end(), infinity);
    have_bytes = have_bytes && run->has_bytes;
  }
  out.runs = static_cast<std::int64_t>(runs.size());
  out.latency = statistic_rows(prediction, latencies, tolerances);
  out.answers = answer_rows(prediction, runs);
  out.terms = term_figures(prediction, runs);
  const auto right = means(runs, [](const RecordedSample& sample) -> std::optional<double> {
    return sample.is_right ? std::optional(*sample.is_right ? 1.0 : 0.0) : std::nullopt;
  });
  if (right && prediction.accuracy) out.accuracy = figure(*prediction.accuracy, *right);
  if (have_bytes) {
    out.payload_bytes = figure(prediction.payload_bytes,
                               *means(runs, [](const RecordedSample& s) { return std::optional(s.payload_bytes); }));
    out.control_bytes = figure(prediction.control_bytes,
                               *means(runs, [](const RecordedSample& s) { return std::optional(s.control_bytes); }));
  }
  compare_distributions(prediction, latencies, out);
  return out;
}

std::vector<Ranking> rank(const std::vector<const Comparison*>& comparisons) {
  std::vector<Ranking> rankings;
  for (std::size_t i = 0; i < statistic_count; ++i) {
    std::vector<double> predicted, measured;
    bool is_finite = true;
    for (const Comparison* each : comparisons) {
      predicted.push_back(each->latency[i].latency.predicted);
      measured.push_back(each->latency[i].latency.measured);
      is_finite = is_finite && std::isfinite(predicted.back()) && std::isfinite(measured.back()) && measured.back() > 0;
    }
    if (!is_finite) continue;
    const Choice choice = choose(predicted, measured);
    Ranking ranking;
    ranking.statistic = all_statistics[i];
    ranking.kendall_tau = kendall_tau(predicted, measured);
    ranking.chosen = choice.chosen;
    ranking.best = choice.best;
    ranking.regret = choice.regret;
    double agreeing = 0;
    for (std::size_t a = 0; a < comparisons.size(); ++a) {
      for (std::size_t b = a + 1; b < comparisons.size(); ++b) {
        const double spread = std::max(comparisons[a]->latency[i].latency.spread.value_or(0),
                                       comparisons[b]->latency[i].latency.spread.value_or(0));
        if (std::abs(measured[a] - measured[b]) <= spread) continue;
        ++ranking.pairs_apart;
        const double in_both = (measured[a] - measured[b]) * (predicted[a] - predicted[b]);
        agreeing += in_both > 0 ? 1 : in_both < 0 ? -1 : 0;
      }
    }
    if (ranking.pairs_apart > 0) ranking.tau_apart = agreeing / ranking.pairs_apart;
    rankings.push_back(ranking);
  }
  return rankings;
}

}  // namespace tiercut::validation
