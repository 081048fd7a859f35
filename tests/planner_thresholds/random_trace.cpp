// SPDX-License-Identifier: Apache-2.0
#include "tests/planner_thresholds/random_trace.hpp"

#include <algorithm>
#include <cmath>

namespace tiercut::planner::testing {
namespace {

void set_score(profiles::TracedScore& traced, double confidence) {
  traced.max_probability = static_cast<float>(confidence);
  traced.margin = static_cast<float>(2 * confidence - 1);
  traced.normalized_entropy = static_cast<float>(1 - confidence);
}

void add_answers(profiles::ExitTrace& trace, std::size_t exits, const std::vector<std::vector<int>>& answers) {
  for (std::size_t k = 0; k <= exits; ++k) {
    profiles::TracedAnswer answer;
    answer.exit = k == exits ? "final" : "exit" + std::to_string(k);
    for (int c = 0; c < trace.classes; ++c) answer.class_map.push_back(c);
    answer.answers = answers[k];
    trace.answers.push_back(answer);
  }
}

/// Level such that a standard normal number lies below it with probability `p`, by bisection.
double normal_quantile(double p) {
  double low = -10, high = 10;
  for (int step = 0; step < 80; ++step) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return low;
}

}  // namespace

std::size_t draw(RandomStream& random, std::size_t below) {
  return std::min(below - 1, static_cast<std::size_t>(random.uniform() * static_cast<double>(below)));
}

profiles::ExitTrace random_trace(RandomStream& random, std::size_t samples, std::size_t exits) {
  profiles::ExitTrace trace;
  trace.name = "random";
  trace.classes = 2 + static_cast<int>(draw(random, 3));
  trace.measure = static_cast<model::Confidence>(draw(random, 3));
  const std::size_t grid = random.uniform() < 0.5 ? 4 + draw(random, 6) : 1'000'000;
  const double accuracy = 0.5 + 0.5 * random.uniform(), masked = random.uniform() < 0.3 ? 0.4 : 0.0;
  std::vector<std::vector<int>> answers(exits + 1);
  for (std::size_t k = 0; k <= exits; ++k)
    for (int c = 0; c < trace.classes; ++c)
      if (k == exits || c == 0 || random.uniform() >= masked) answers[k].push_back(c);
  add_answers(trace, exits, answers);
  trace.scores.assign(exits + 1, std::vector<profiles::TracedScore>(samples));
  for (std::size_t i = 0; i < samples; ++i) {
    trace.ids.push_back(static_cast<std::uint32_t>(i));
    trace.parts.push_back(profiles::TracePart::calibration);
    trace.labels.push_back(static_cast<int>(draw(random, static_cast<std::size_t>(trace.classes))));
    for (auto& level : trace.scores) {
      const int other = static_cast<int>(draw(random, static_cast<std::size_t>(trace.classes)));
      level[i].predicted = random.uniform() < accuracy ? trace.labels[i] : other;
      set_score(level[i], static_cast<double>(draw(random, grid + 1)) / static_cast<double>(grid));
    }
  }
  return trace;
}

LevelCosts random_costs(RandomStream& random, std::size_t samples, std::size_t exits, bool is_ordered) {
  LevelCosts costs;
  costs.name = "random";
  double level = static_cast<double>(draw(random, 5));
  for (std::size_t k = 0; k <= exits; ++k) {
    costs.cost.push_back(is_ordered ? level : static_cast<double>(draw(random, 12)));
    level += static_cast<double>(draw(random, 6));
  }
  if (random.uniform() < 0.4) {
    const double budget = costs.cost[draw(random, exits + 1)];
    costs.limits.push_back(late_limit(costs.cost, budget, random.uniform() * 0.7, samples));
  }
  if (random.uniform() < 0.3) {
    LevelLimit bytes{"bytes", {}, 0};
    double amount = 0;
    for (std::size_t k = 0; k <= exits; ++k) bytes.amount.push_back(amount += static_cast<double>(draw(random, 4)));
    bytes.most = amount * (0.3 + 0.7 * random.uniform());
    costs.limits.push_back(bytes);
  }
  if (random.uniform() < 0.3) {
    costs.uses.assign(exits, true);
    costs.uses[draw(random, exits)] = false;
  }
  return costs;
}

profiles::ExitTrace synthetic_trace(const Population& population, std::uint64_t seed, std::size_t samples,
                                    std::size_t calibration) {
  profiles::ExitTrace trace;
  trace.name = "synthetic";
  trace.data = "synthetic";
  trace.classes = population.classes;
  trace.measure = model::Confidence::max_probability;
  std::vector<int> all;
  for (int c = 0; c < trace.classes; ++c) all.push_back(c);
  const std::size_t levels = population.accuracy.size();
  add_answers(trace, levels - 1, std::vector<std::vector<int>>(levels, all));
  trace.scores.assign(levels, std::vector<profiles::TracedScore>(samples));
  std::vector<double> shift;
  for (const double accuracy : population.accuracy) shift.push_back(normal_quantile(accuracy));
  const double own = std::sqrt(1 - population.correlation);
  for (std::size_t i = 0; i < samples; ++i) {
    RandomStream random(seed, entity_id("synthetic trace"), i);
    trace.ids.push_back(static_cast<std::uint32_t>(i));
    trace.parts.push_back(i < calibration ? profiles::TracePart::calibration : profiles::TracePart::test);
    const auto classes = static_cast<std::size_t>(population.classes);
    trace.labels.push_back(static_cast<int>(draw(random, classes)));
    const int wrong = (trace.labels[i] + 1 + static_cast<int>(draw(random, classes - 1))) % population.classes;
    const double common = std::sqrt(population.correlation) * random.normal(0, 1);
    for (std::size_t k = 0; k < levels; ++k) {
      const double margin = shift[k] + common + own * random.normal(0, 1);
      const double strength = 3 * std::abs(margin) + population.confidence_noise * random.normal(0, 1);
      trace.scores[k][i].predicted = margin > 0 ? trace.labels[i] : wrong;
      set_score(trace.scores[k][i], 1 / (1 + std::exp(-strength)));
    }
  }
  return trace;
}

}  // namespace tiercut::planner::testing
