// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/knob.hpp"
#include "planner/planner.hpp"

namespace tiercut::planner {

/// Where the recommended plan stops being the one to recommend when one value changes and all else stays.
struct Flip {
  Knob knob;
  std::string name;            ///< `links.up.latency`
  double now = 0;              ///< in the base unit; a cost factor is 1
  double at = 0;               ///< the last value, on the knob's grid, at which the plan is still the one
  bool is_exact = false;       ///< nothing nearer flips it, proven; else found by probing
  double distance = 0;         ///< |ln(at / now)|; infinite from or to 0 or unlimited
  deployment::Plan beyond;     ///< the plan one tick further on
  bool keeps_promise = false;  ///< it keeps the requirement there; else it is the nearest to it
  double beyond_s = 0;         ///< its mean latency there
};

struct Sensitivity {
  PlanningResult plan;
  std::vector<Flip> flips;           ///< nearest first; up to two a knob
  std::vector<std::string> unmoved;  ///< `links.up.latency upwards`: no value flips it, as far as the grid goes
  bool is_complete = true;           ///< false: stopped early
};

/// For every knob, in both directions. A plan is the one to recommend while it keeps the requirement if any does, with
/// the least mean latency of all that do (when none does: the least value of the required statistic), and while that
/// does not change between some plan keeping it and none. From a value at which another plan is better, the crossing
/// with that plan is bisected and planning done anew there, until the plan holds on one tick and not on the next: every
/// flip is one. It is proven to be the nearest (`is_exact`)
/// - of the budget: a plan that has become infeasible, or has been beaten, stays so in that direction;
/// - where latencies are straight lines (is_linear_between) and the requirement does not decide: the least of straight
///   lines is concave, so each plan is optimal on an interval, and this one is at both ends. Keeping the requirement is
///   an interval as well, as latency never falls along a knob. When no plan keeps it, the same holds of the statistic
///   as long as no exit is used.
/// Else values on the way, each 8 times as far, are probed first, and a plan that is better only between two of them is
/// missed. Nothing is proven where the planner's own search ended before its plan was.
/// Fails as make_plan does; bad-objective with open thresholds or another objective than mean latency; no-plan when no
/// plan fits the memory.
Result<Sensitivity> sensitivity(const scenarios::Scenario& scenario, const PlanningOptions& options = {});

}  // namespace tiercut::planner
