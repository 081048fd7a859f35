// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/statistics.hpp"
#include "runtime/validation/recorded_run.hpp"

/// A prediction held against runs of the same plan.
namespace tiercut::validation {

inline constexpr std::size_t statistic_count = all_statistics.size();

/// What is foretold of the samples that count.
struct Prediction {
  std::vector<std::string> answers;                  ///< names of the exits, then `final`
  std::array<double, statistic_count> statistics{};  ///< latency, seconds
  std::vector<double> latencies;  ///< of samples that show its distribution, seconds; infinite: never answered
  std::vector<int> answered_by;   ///< by sample: index into answers; -1 without an answer
  TermMeans terms{};              ///< means, seconds
  std::optional<double> accuracy;
  double payload_bytes = 0, control_bytes = 0;  ///< a sample
  /// By statistic: 5 % and 95 % quantile of what runs as long as these may show; only with a calibration.
  std::optional<std::array<std::pair<double, double>, statistic_count>> intervals;
};

/// A figure foretold and measured. `spread`: largest less smallest of the runs; none with one run.
struct Figure {
  double predicted = 0;
  double measured = 0;  ///< mean over the runs
  std::optional<double> spread;
  double error() const { return predicted - measured; }
  std::optional<double> relative_error() const;  ///< none when nothing finite was measured, or 0
};

/// What is allowed of each statistic: a share of what is measured, or the spread of the runs where that is larger.
using Tolerances = std::array<std::optional<double>, statistic_count>;

struct StatisticRow {
  Statistic statistic = Statistic::mean;
  Figure latency;  ///< seconds
  std::optional<std::pair<double, double>> interval;
  std::optional<bool> is_covered;  ///< every run within the interval
  std::optional<bool> is_within;   ///< the tolerance; none when none was asked for
};
struct AnswerRow {
  std::string name;
  Figure share;                          ///< of all samples
  std::optional<Figure> mean, p50, p99;  ///< latency; none where either side has no such answer
};

struct Comparison {
  std::int64_t runs = 0, samples = 0, unanswered = 0;  ///< measured, after warm-up
  std::vector<StatisticRow> latency;
  std::vector<AnswerRow> answers;                                   ///< empty where the runs do not say who answered
  std::optional<std::array<Figure, deployment::term_count>> terms;  ///< means, seconds
  std::optional<Figure> accuracy, payload_bytes, control_bytes;
  double kolmogorov_smirnov = 0;  ///< against all runs together
  double wasserstein_s = 0;       ///< of the answered
  /// The largest of these between two of the runs; none with one run.
  std::optional<double> kolmogorov_smirnov_of_runs, wasserstein_s_of_runs;

  bool is_within() const;  ///< no statistic is out of its tolerance
};

/// The samples of a run that count, as latencies in order.
std::vector<double> counted_latencies(const RecordedRun& run);

/// At least one run, each with a sample that counts.
Comparison compare(const Prediction& prediction, const std::vector<const RecordedRun*>& runs,
                   const Tolerances& tolerances);

/// Several plans for one question, ranked by a statistic.
struct Ranking {
  Statistic statistic = Statistic::mean;
  double kendall_tau = 0;
  /// Pairs of plans whose measurements lie further apart than repeated runs of either do, and Kendall's tau of these
  /// alone: what order the others have, another measurement may turn round. None without such a pair.
  int pairs_apart = 0;
  std::optional<double> tau_apart;
  std::size_t chosen = 0, best = 0;  ///< indices into the comparisons
  double regret = 0;                 ///< measured of the chosen over measured of the best, less 1
};
/// By every statistic that is finite for all; at least two comparisons.
std::vector<Ranking> rank(const std::vector<const Comparison*>& comparisons);

}  // namespace tiercut::validation
