// SPDX-License-Identifier: Apache-2.0
#include "planner/estimate.hpp"

#include "planner/sample_run.hpp"

namespace tiercut::planner {
namespace {

constexpr std::size_t most_outcomes = 4096;

double value_of(Span latency) {
  return latency == Span::longest() ? Seconds::infinite().value() : latency.seconds().value();
}

tl::unexpected<Diagnostics> too_many_outcomes() {
  return fail("too-many-outcomes",
              "the exits of this plan can take more than " + std::to_string(most_outcomes) + " courses",
              "use fewer exits that are asked independently, or escalation `after`");
}

}  // namespace

Result<Estimate> estimate(const deployment::StageGraph& graph) {
  const PreparedGraph prepared(graph);
  SampleRun run(prepared);
  Estimate result;
  result.load.busy.resize(graph.resources.size());
  result.load.payload.resize(graph.resources.size());
  result.load.control.resize(graph.resources.size());
  std::vector<WeightedValue> mixture;
  while (run.next(false)) {
    if (result.outcomes.size() == most_outcomes) return too_many_outcomes();
    Outcome& outcome = result.outcomes.emplace_back();
    run.explain(outcome);
    run.add_load(result.load);
    mixture.push_back({value_of(outcome.latency), outcome.probability});
    if (graph.replay) result.accuracy = result.accuracy.value_or(0) + outcome.right;
  }
  result.latency_s = summarise(std::move(mixture));
  return result;
}

Result<Summary> estimate_latency(const deployment::StageGraph& graph) {
  const PreparedGraph prepared(graph);
  SampleRun run(prepared);
  std::vector<WeightedValue> mixture;
  while (run.next(true)) {
    if (mixture.size() == most_outcomes) return too_many_outcomes();
    mixture.push_back({value_of(run.latency()), run.probability()});
  }
  return summarise(std::move(mixture));
}

}  // namespace tiercut::planner
