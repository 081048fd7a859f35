// SPDX-License-Identifier: Apache-2.0
#include "planner/pareto.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "planner/joint_goal.hpp"
#include "planner/joint_thresholds.hpp"
#include "planner/judgement.hpp"

namespace tiercut::planner {
namespace {

using Kind = FrontObjective::Kind;
using scenarios::Scenario;

bool is_great(const FrontObjective& objective) { return objective.kind == Kind::accuracy; }

/// A value that is better the less it is.
double key_of(const FrontObjective& objective, double value) { return is_great(objective) ? -value : value; }

/// Leaves out what another point equals or beats in everything, and sorts.
void keep_front(const std::vector<FrontObjective>& objectives, std::vector<FrontPoint>& points) {
  const auto is_as_good = [&](const FrontPoint& a, const FrontPoint& b) {
    for (std::size_t o = 0; o < objectives.size(); ++o) {
      const double mine = key_of(objectives[o], a.values[o]), other = key_of(objectives[o], b.values[o]);
      if (mine > other + 1e-12 * std::abs(other)) return false;
    }
    return true;
  };
  std::vector<FrontPoint> kept;
  for (auto& point : points) {
    if (std::any_of(kept.begin(), kept.end(), [&](const auto& other) { return is_as_good(other, point); })) continue;
    std::erase_if(kept, [&](const auto& other) { return is_as_good(point, other); });
    kept.push_back(std::move(point));
  }
  std::stable_sort(kept.begin(), kept.end(), [&](const auto& a, const auto& b) {
    for (std::size_t o = 0; o < objectives.size(); ++o) {
      const double mine = key_of(objectives[o], a.values[o]), other = key_of(objectives[o], b.values[o]);
      if (mine != other) return mine < other;
    }
    return false;
  });
  points = std::move(kept);
}

tl::unexpected<Diagnostics> refuse(const Scenario& scenario, const std::string& why, const std::string& hint) {
  return fail("bad-objective", why, hint, Location{scenario.file, 0, 0, {}});
}

// ---- given thresholds or probabilities: every placement as it is

std::map<std::string, std::optional<Watts>> powers_of(const Scenario& scenario) {
  std::map<std::string, std::optional<Watts>> powers;
  for (const auto& device : scenario.devices) {
    if (!device.profile) continue;
    for (const auto& unit : device.profile->units) {
      const bool is_only = device.profile->units.size() == 1;
      powers[is_only ? device.name : device.name + ":" + unit.name] = unit.busy_power;
    }
  }
  return powers;
}

class PlainFront {
 public:
  PlainFront(const Scenario& scenario, const std::vector<FrontObjective>& objectives)
      : scenario_(scenario), objectives_(objectives), powers_(powers_of(scenario)) {}

  Result<ParetoFront> run(const PlanningOptions& options) {
    const bool with_amounts = std::any_of(objectives_.begin(), objectives_.end(), [](const auto& objective) {
      return objective.kind == Kind::bytes || objective.kind == Kind::energy || objective.kind == Kind::load;
    });
    const auto pool = pool_placements(scenario_, {}, {.should_stop = options.should_stop}, with_amounts);
    if (!pool) return tl::unexpected(pool.error());
    ParetoFront front{.objectives = objectives_, .points = {}, .is_exact = pool->is_complete(), .part = {}};
    front.placements = pool->plans.size();
    for (const PooledPlan& pooled : pool->plans) {
      deployment::Plan plan = pooled.plan;
      plan.thresholds = scenarios::thresholds_of(scenario_);
      const auto result = judged(scenario_, plan);
      if (!result) return tl::unexpected(result.error());
      const auto is_kept = keeps_quality(pooled);
      if (!is_kept) return tl::unexpected(is_kept.error());
      if (!result->conflict.empty() || !*is_kept) continue;
      FrontPoint point{{}, plan};
      for (const auto& objective : objectives_) {
        const auto value = value_of(objective, *result);
        if (!value) return tl::unexpected(value.error());
        point.values.push_back(*value);
      }
      front.points.push_back(std::move(point));
    }
    keep_front(objectives_, front.points);
    return front;
  }

 private:
  Result<double> value_of(const FrontObjective& objective, const PlanningResult& result) const {
    const auto& graph = result.graph;
    const auto& load = result.estimate.load;
    double sum = 0;
    switch (objective.kind) {
      case Kind::latency:
        return result.estimate.latency_s.at(objective.statistic);
      case Kind::accuracy:
        return result.estimate.accuracy.value_or(0);
      case Kind::bytes:
        for (const Bytes payload : load.payload) sum += payload.value();
        return sum;
      case Kind::energy:
        for (std::size_t r = 0; r < graph.resources.size(); ++r) {
          const auto& resource = graph.resources[r];
          if (resource.kind != deployment::Resource::Kind::unit || load.busy[r].value() == 0) continue;
          const auto power = powers_.find(resource.name);
          if (power == powers_.end() || !power->second)
            return fail("no-power", "the profile of `" + resource.name + "` does not say what it draws when busy",
                        "add busy_power to its unit, or another objective");
          sum += (*power->second * load.busy[r]).value();
        }
        return sum;
      case Kind::load:
        for (std::size_t r = 0; r < graph.resources.size(); ++r)
          sum = std::max(sum, load.busy[r].value() * graph.members / graph.arrivals.period.value() /
                                  graph.resources[r].copies / graph.resources[r].workers);
        return sum;
    }
    return 0.0;
  }

  Result<bool> keeps_quality(const PooledPlan& pooled) const {
    const auto& quality = scenario_.requirement.quality;
    if (!quality || !scenario_.exit_trace) return true;
    const auto& use = *scenario_.exit_trace;
    const LossChoice loss = loss_choice(*quality);
    const auto problem = problem_of(scenario_, pooled.levels.order, loss, use.part);
    if (!problem) return tl::unexpected(problem.error());
    const auto lost = replay(*problem, pooled.levels.order, scenarios::thresholds_of(scenario_)).loss;
    return lost <= (loss.kind == LossKind::f1 ? f1_budget(*use.trace, loss, use.part)
                                              : budget_of_share(problem->samples(), quality->limit));
  }

  const Scenario& scenario_;
  const std::vector<FrontObjective>& objectives_;
  std::map<std::string, std::optional<Watts>> powers_;
};

// ---- open thresholds: one objective at its best for each value of the other

class ThresholdedFront {
 public:
  ThresholdedFront(const Scenario& scenario, const std::vector<FrontObjective>& objectives)
      : scenario_(scenario), objectives_(objectives) {}

  Result<ParetoFront> run(const PlanningOptions& options) {
    const auto pool = pool_placements(scenario_, {}, {.should_stop = options.should_stop});
    if (!pool) return tl::unexpected(pool.error());
    const auto& quality = scenario_.requirement.quality;
    const LossChoice loss = quality ? loss_choice(*quality) : LossChoice{};
    auto made = JointThresholds::make(scenario_, *pool, loss, {.should_stop = options.should_stop});
    if (!made) return tl::unexpected(made.error());
    pool_ = &*pool;
    thresholds_ = &*made;
    budget_ = !quality ? made->most_loss()
              : loss.kind == LossKind::f1
                  ? f1_budget(*scenario_.exit_trace->trace, loss, profiles::TracePart::calibration)
                  : budget_of_share(made->samples(), quality->limit);
    if (const auto& latency = scenario_.requirement.latency)
      limits_.push_back({latency->statistic, Span::from(latency->at_most), {}});
    front_ = {.objectives = objectives_, .points = {}, .is_exact = pool->is_complete(), .part = "calibration"};
    front_.placements = pool->plans.size();
    const bool with_accuracy = is_great(objectives_[0]) || is_great(objectives_[1]);
    with_accuracy ? against_accuracy() : against_latency();
    keep_front(objectives_, front_.points);
    return std::move(front_);
  }

 private:
  void against_accuracy() {
    const std::size_t other = is_great(objectives_[0]) ? 1 : 0;
    for (std::uint64_t budget = budget_;;) {
      const auto found = thresholds_->cheapest(budget, objectives_[other].statistic, limits_);
      front_.is_exact = front_.is_exact && found.is_proven;
      if (!found.best) return;
      std::vector<double> values(2);
      values[other] = found.best->value_s;
      values[1 - other] = 1 - static_cast<double>(found.best->loss) / static_cast<double>(thresholds_->samples());
      add(*found.best, std::move(values));
      if (found.best->loss == 0) return;
      budget = found.best->loss - 1;
    }
  }

  void against_latency() {
    const bool is_mean_second = objectives_[1].statistic == Statistic::mean;
    const std::size_t free = is_mean_second ? 1 : 0, bound = 1 - free;
    std::set<Span> distinct;
    for (const PooledPlan& pooled : pool_->plans)
      distinct.insert(pooled.levels.latency.begin(), pooled.levels.latency.end());
    for (const Span at_most : distinct) {
      auto limits = limits_;
      limits.push_back({objectives_[bound].statistic, at_most, {}});
      const auto found = thresholds_->cheapest(budget_, objectives_[free].statistic, limits);
      front_.is_exact = front_.is_exact && found.is_proven;
      if (!found.best) continue;
      std::vector<double> values(2);
      values[free] = found.best->value_s;
      values[bound] = at_most.seconds().value();
      add(*found.best, std::move(values));
    }
  }

  void add(const JointAnswer& answer, std::vector<double> values) {
    deployment::Plan plan = pool_->plans[answer.plan].plan;
    plan.thresholds = answer.thresholds;
    for (std::size_t k = 0; k < plan.uses_exit.size(); ++k)
      if (plan.uses_exit[k] && scenario_.exits[k]->is_open && !plan.thresholds[k]) plan.uses_exit[k] = false;
    front_.points.push_back({std::move(values), std::move(plan)});
  }

  const Scenario& scenario_;
  const std::vector<FrontObjective>& objectives_;
  const PlacementPool* pool_ = nullptr;
  JointThresholds* thresholds_ = nullptr;
  std::uint64_t budget_ = 0;
  std::vector<LatencyLimit> limits_;
  ParetoFront front_;
};

}  // namespace

std::string to_text(const FrontObjective& objective) {
  switch (objective.kind) {
    case Kind::latency:
      return std::string(to_text(objective.statistic));
    case Kind::accuracy:
      return "accuracy";
    case Kind::bytes:
      return "bytes";
    case Kind::energy:
      return "energy";
    case Kind::load:
      return "load";
  }
  return {};
}

Result<std::vector<FrontObjective>> front_objectives(const std::string& words) {
  std::vector<FrontObjective> known;
  for (const Statistic statistic : all_statistics) known.push_back({Kind::latency, statistic});
  for (const Kind kind : {Kind::accuracy, Kind::bytes, Kind::energy, Kind::load}) known.push_back({kind, {}});
  std::vector<std::string> names;
  for (const auto& objective : known) names.push_back(to_text(objective));
  std::vector<FrontObjective> objectives;
  std::set<std::string> seen;
  std::istringstream stream(words);
  for (std::string word; std::getline(stream, word, ',');) {
    const auto found = std::find(names.begin(), names.end(), word);
    if (found == names.end())
      return fail("bad-usage", "there is no objective '" + word + "'", "objectives are " + list_words(names));
    if (!seen.insert(word).second) return fail("bad-usage", "the objective '" + word + "' is named twice", "");
    objectives.push_back(known[static_cast<std::size_t>(found - names.begin())]);
  }
  if (objectives.size() < 2 || objectives.size() > 3)
    return fail("bad-usage", "a front has two or three objectives", "name them as mean,accuracy");
  return objectives;
}

Result<ParetoFront> pareto_front(const Scenario& scenario, const std::vector<FrontObjective>& objectives,
                                 const PlanningOptions& options) {
  const bool with_accuracy = std::any_of(objectives.begin(), objectives.end(), is_great);
  if (with_accuracy && !scenario.exit_trace)
    return refuse(scenario, "without an exit trace nobody knows how accurate answers are", "add exit_trace: NAME");
  if (!scenario.has_open_thresholds()) return PlainFront(scenario, objectives).run(options);
  const bool is_covered =
      objectives.size() == 2 && std::all_of(objectives.begin(), objectives.end(), [](const auto& o) {
        return o.kind == Kind::latency || o.kind == Kind::accuracy;
      });
  if (!is_covered)
    return refuse(scenario, "with open thresholds a front is one of latency statistics and accuracy, two of them",
                  "state the thresholds for other fronts");
  const auto& quality = scenario.requirement.quality;
  if (with_accuracy && quality && quality->measure != scenarios::QualityRequirement::Measure::error)
    return refuse(scenario, "a front of accuracy and another loss as a requirement do not go together",
                  "leave the requirement out, or make it one of accuracy");
  return ThresholdedFront(scenario, objectives).run(options);
}

}  // namespace tiercut::planner
