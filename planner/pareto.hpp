// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "planner/planner.hpp"

namespace tiercut::planner {

/// What a front may be about.
struct FrontObjective {
  enum class Kind {
    latency,   ///< a statistic of it, s
    accuracy,  ///< share of samples answered rightly, by an exit trace; the only one to be great
    bytes,     ///< mean payload of a sample on all links, B
    energy,    ///< mean busy time of each unit times its power, J
    load       ///< of the busiest unit or link: busy time a sample over the time between samples
  } kind = Kind::latency;
  Statistic statistic = Statistic::mean;
};
std::string to_text(const FrontObjective& objective);  ///< `mean`, `p99`, `accuracy`, `bytes`, `energy`, `load`

/// Of `mean,accuracy`: two or three different words. Fails with bad-usage.
Result<std::vector<FrontObjective>> front_objectives(const std::string& words);

struct FrontPoint {
  std::vector<double> values;  ///< by objective
  deployment::Plan plan;
};

struct ParetoFront {
  std::vector<FrontObjective> objectives;
  std::vector<FrontPoint> points;  ///< the first objective from best to worst; nobody is at least as good in all
  bool is_exact = true;            ///< false: the search ended at its limits, better points may exist
  std::string part;                ///< of the trace that accuracy and latency were measured on; empty without one
  std::size_t placements = 0;
};

/// Every plan that keeps the scenario's requirement and that no other beats, with pins and memory as for make_plan.
/// With open thresholds: two objectives, both of latency and accuracy, over the calibration part; the requirement's
/// confidence is left out. Fails with no-power (energy: a unit has none stated), bad-objective (accuracy without a
/// trace; three objectives, bytes, energy or load with open thresholds), and as pool_placements does.
Result<ParetoFront> pareto_front(const scenarios::Scenario& scenario, const std::vector<FrontObjective>& objectives,
                                 const PlanningOptions& options = {});

}  // namespace tiercut::planner
