// SPDX-License-Identifier: Apache-2.0
#include "scenarios/limits.hpp"
#include "scenarios/study.hpp"

namespace tiercut::scenarios {
namespace {

Format make() {
  const auto path = shape::text();
  const auto axis = shape::record({
      {"path", shape::either({path, shape::list(path, 1)}), true,
       "What is varied, as --set names it: links.up.latency; of a list each gets the value."},
      {"values", shape::list(shape::any(), 1), false, "The values one by one."},
      {"from", shape::text(), false, "Instead of values: the first of a range."},
      {"to", shape::text(), false, "The last of the range."},
      {"steps", shape::integer(2, 1e6), false, "How many values the range has, both ends included."},
      {"scale", shape::word({"linear", "log"}), false, "Equal differences (the default) or equal ratios."},
  });
  return make_format(
      "tiercut/study/1", "tiercut study",
      {
          {"name", shape::text(), true, "Name of the study."},
          {"description", shape::text(), false, "The question it asks."},
          {"scenario", shape::text(), true, "What is varied: a shipped scenario, or a path relative to this file."},
          {"fixed", shape::map(shape::any()), false, "Values of the scenario changed in every point, by their path."},
          {"axes", shape::map(axis, 1), true, "What is varied, by a name of your own; the last one runs fastest."},
          {"zip", shape::list(shape::list(shape::text(), 2)), false,
           "Lists of axes, as long as one another, that run together instead of crossing."},
          {"plan", shape::text(), false,
           "each (the default): every point has its own best plan; fixed: all have the places of the unvaried "
           "scenario's; or a plan file, relative to this file."},
          {"samples", shape::integer(1, 1e9), false, "Simulated at each point, warm-up included; 10000 when absent."},
          {"warm_up", shape::integer(0, most_warm_up), false, "First samples left out; the scenario's when absent."},
          {"seed", shape::integer(0, 9e18), false, "Of the random streams, the same at every point; 1 when absent."},
          {"engine", shape::word({"fast", "simgrid", "simgrid-timers"}), false, "The first that fits when absent."},
          {"measures", shape::list(shape::word(study_measures()), 1), false,
           "What to write of a point; all of it "
           "when absent."},
      });
}

}  // namespace

const std::vector<std::string>& study_measures() {
  static const std::vector<std::string> measures = {
      "mean",   "p50",      "p90",         "p95",   "p99",     "max",       "standard_error", "late",  "unanswered",
      "shares", "accuracy", "utilisation", "links", "payload", "predicted", "plan",           "engine"};
  return measures;
}

const Format& study_format() {
  static const Format format = make();
  return format;
}

}  // namespace tiercut::scenarios
