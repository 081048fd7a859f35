// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/threshold_baselines.hpp"

#include <algorithm>
#include <numeric>

#include "planner/thresholds/coordinate_descent.hpp"

namespace tiercut::planner {
namespace {

std::vector<ExitChoice> unused(const ThresholdProblem& problem) {
  return std::vector<ExitChoice>(problem.exits.size(), {.is_used = false, .is_closed = false, .threshold = {}});
}

ThresholdAnswer finish(const ThresholdProblem& problem, const LevelCosts& costs, std::vector<ExitChoice> choices,
                       std::string method) {
  ThresholdAnswer answer;
  answer.status = ThresholdStatus::feasible;
  answer.choices = std::move(choices);
  answer.method = std::move(method);
  measure(problem, costs, answer);
  return answer;
}

ThresholdAnswer none_found(std::string method) {
  ThresholdAnswer answer;
  answer.status = ThresholdStatus::infeasible;
  answer.method = std::move(method);
  return answer;
}

struct Score {
  double sureness;
  std::uint32_t exit, sample;
};

/// Samples as one threshold falls over all scores: each moves to the earliest exit that is sure enough.
class SharedSweep {
 public:
  SharedSweep(const ThresholdProblem& problem, const LevelCosts& costs) : problem_(problem), costs_(costs) {
    for (std::uint32_t k = 0; k < problem.exits.size(); ++k)
      for (std::uint32_t i = 0; i < problem.samples() && costs.uses_exit(k); ++i)
        if (problem.exits[k].may_answer[i] != 0) scores_.push_back({sureness(problem.exits[k], i), k, i});
    std::sort(scores_.begin(), scores_.end(), [](const Score& a, const Score& b) { return a.sureness > b.sureness; });
    level_.assign(problem.samples(), static_cast<std::uint32_t>(problem.exits.size()));
    answered_.assign(problem.levels(), 0);
    answered_.back() = problem.samples();
    loss_ = std::accumulate(problem.final_loss.begin(), problem.final_loss.end(), std::uint64_t{0});
  }

  /// visit(position, cost, loss) for each distinct threshold; position: scores that are sure enough.
  template <class Visit>
  void run(Visit&& visit) {
    for (std::size_t position = 0;;) {
      if (keeps_limits(costs_, answered_)) visit(position, mean_cost(costs_, answered_), loss_);
      if (position == scores_.size()) return;
      const double score = scores_[position].sureness;
      for (; position < scores_.size() && scores_[position].sureness == score; ++position) move(scores_[position]);
    }
  }

  std::vector<ExitChoice> choices_at(std::size_t position) const {
    auto choices = unused(problem_);
    const auto in = position > 0 ? std::optional(scores_[position - 1].sureness) : std::nullopt;
    const auto out = position < scores_.size() ? std::optional(scores_[position].sureness) : std::nullopt;
    for (std::size_t k = 0; k < choices.size(); ++k)
      if (costs_.uses_exit(k)) choices[k] = choice_between(problem_.exits[k].measure, in, out);
    return choices;
  }

 private:
  std::uint64_t loss_at(std::uint32_t level, std::uint32_t sample) const {
    return level < problem_.exits.size() ? problem_.exits[level].loss[sample] : problem_.final_loss[sample];
  }
  void move(const Score& score) {
    auto& level = level_[score.sample];
    if (score.exit >= level) return;
    loss_ += loss_at(score.exit, score.sample);
    loss_ -= loss_at(level, score.sample);
    --answered_[level];
    ++answered_[level = score.exit];
  }

  const ThresholdProblem& problem_;
  const LevelCosts& costs_;
  std::vector<Score> scores_;
  std::vector<std::uint32_t> level_;  // by sample
  std::vector<std::size_t> answered_;
  std::uint64_t loss_ = 0;
};

/// All vectors of a grid, exit after exit over the samples that are left.
class Grid {
 public:
  Grid(const ThresholdProblem& problem, std::uint64_t budget, const LevelCosts& costs, std::size_t points)
      : problem_(problem), budget_(budget), costs_(costs) {
    here_ = best_ = unused(problem);
    answered_.assign(problem.levels(), 0);
    for (std::size_t k = 0; k < problem.exits.size(); ++k) {
      std::vector<double> scores;
      for (std::size_t i = 0; i < problem.samples() && costs.uses_exit(k); ++i)
        if (problem.exits[k].may_answer[i] != 0) scores.push_back(sureness(problem.exits[k], i));
      std::sort(scores.begin(), scores.end(), std::greater<>());
      std::vector<std::size_t> cuts;
      for (std::size_t q = 0; q < points; ++q) cuts.push_back(q * scores.size() / (points - 1));
      std::vector<ExitChoice> choices;
      for (const auto cut : cuts)
        choices.push_back(choice_between(problem.exits[k].measure,
                                         cut > 0 ? std::optional(scores[cut - 1]) : std::nullopt,
                                         cut < scores.size() ? std::optional(scores[cut]) : std::nullopt));
      choices_.push_back(std::move(choices));
    }
  }

  bool run() {
    std::vector<std::uint32_t> all(problem_.samples());
    std::iota(all.begin(), all.end(), 0U);
    visit(0, all, 0);
    return is_found_;
  }
  std::vector<ExitChoice> take() { return std::move(best_); }

 private:
  void visit(std::size_t k, const std::vector<std::uint32_t>& left, std::uint64_t loss) {
    if (loss > budget_) return;
    if (k == problem_.exits.size()) return judge(left, loss);
    if (!costs_.uses_exit(k)) return visit(k + 1, left, loss);
    const auto& exit = problem_.exits[k];
    const bool is_entropy = exit.measure == model::Confidence::normalized_entropy;
    for (const auto& choice : choices_[k]) {
      std::vector<std::uint32_t> after;
      std::uint64_t with = loss;
      for (const auto i : left) {
        const bool stops = choice.threshold && exit.may_answer[i] != 0 &&
                           (is_entropy ? exit.score[i] <= *choice.threshold : exit.score[i] >= *choice.threshold);
        if (stops) {
          with += exit.loss[i];
        } else {
          after.push_back(i);
        }
      }
      here_[k] = choice;
      answered_[k] = left.size() - after.size();
      visit(k + 1, after, with);
    }
    answered_[k] = 0;
  }

  void judge(const std::vector<std::uint32_t>& left, std::uint64_t loss) {
    for (const auto i : left) loss += problem_.final_loss[i];
    answered_.back() = left.size();
    if (loss > budget_ || !keeps_limits(costs_, answered_)) return;
    const double cost = mean_cost(costs_, answered_);
    if (is_found_ && cost >= cost_) return;
    is_found_ = true;
    cost_ = cost;
    best_ = here_;
  }

  const ThresholdProblem& problem_;
  std::uint64_t budget_;
  const LevelCosts& costs_;
  std::vector<std::vector<ExitChoice>> choices_;  // by exit
  std::vector<ExitChoice> here_, best_;
  std::vector<std::size_t> answered_;
  double cost_ = 0;
  bool is_found_ = false;
};

}  // namespace

ThresholdAnswer shared_threshold(const ThresholdProblem& problem, std::uint64_t budget, const LevelCosts& costs) {
  auto path = shared_path(problem, budget, costs);
  return path.empty() ? none_found("shared threshold") : std::move(path.back());
}

std::vector<ThresholdAnswer> shared_path(const ThresholdProblem& problem, std::uint64_t budget,
                                         const LevelCosts& costs) {
  struct Point {
    std::uint64_t loss;
    double cost;
    std::size_t position;
  };
  std::vector<Point> points;
  SharedSweep sweep(problem, costs);
  sweep.run([&](std::size_t position, double cost, std::uint64_t loss) {
    if (loss <= budget) points.push_back({loss, cost, position});
  });
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
    if (a.loss != b.loss) return a.loss < b.loss;
    return a.cost != b.cost ? a.cost < b.cost : a.position < b.position;
  });
  std::vector<ThresholdAnswer> path;
  double cost = std::numeric_limits<double>::infinity();
  for (const auto& point : points) {
    if (point.cost >= cost) continue;
    cost = point.cost;
    path.push_back(finish(problem, costs, sweep.choices_at(point.position), "shared threshold"));
  }
  return path;
}

ThresholdAnswer grid_thresholds(const ThresholdProblem& problem, std::uint64_t budget, const LevelCosts& costs,
                                std::size_t points) {
  Grid grid(problem, budget, costs, std::max<std::size_t>(points, 2));
  if (!grid.run()) return none_found("grid");
  return finish(problem, costs, grid.take(), "grid");
}

ThresholdAnswer descend_coordinates(ThresholdOptimiser& optimiser, std::uint64_t budget, const LevelCosts& costs) {
  const auto& problem = optimiser.problem();
  const auto uses = costs.uses.empty() ? std::vector<bool>(problem.exits.size(), true) : costs.uses;
  const auto& trace = optimiser.reduction(budget, uses);
  const CostTerms terms(trace, costs, budget);
  if (!terms.is_possible) return none_found("coordinate descent");
  const auto point = CoordinateDescent(trace, terms).run(std::vector<std::uint32_t>(trace.exits.size(), 0));
  if (!point.is_feasible) return none_found("coordinate descent");
  auto choices = unused(problem);
  for (std::size_t e = 0; e < trace.exits.size(); ++e)
    choices[trace.exits[e].exit] = trace.exits[e].choices[point.candidates[e]];
  return finish(problem, costs, std::move(choices), "coordinate descent");
}

}  // namespace tiercut::planner
