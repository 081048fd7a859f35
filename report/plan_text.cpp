// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "deployment/lowering.hpp"
#include "report/answers.hpp"
#include "report/human.hpp"
#include "report/notes.hpp"
#include "report/plan_report.hpp"
#include "report/table.hpp"
#include "report/threshold_report.hpp"

namespace tiercut::report {

namespace {

using planner::PlanningResult;
using scenarios::Scenario;

/// Layers that one unit runs after another.
struct PlacedRun {
  model::LayerId first = -1, last = -1;
  deployment::ResourceUse unit;
  std::int64_t weights = 0;
  Span cost{};
  bool is_layer_by_layer = false;
};

std::vector<PlacedRun> placed_runs(const Scenario& scenario, const deployment::StageGraph& graph) {
  std::vector<PlacedRun> runs;
  for (const deployment::Stage& stage : graph.stages) {
    const auto* compute = std::get_if<deployment::Compute>(&stage.work);
    if (compute == nullptr || compute->layers.empty()) continue;
    PlacedRun run{compute->layers.front(), compute->layers.back(),
                  compute->unit,           0,
                  compute->cost,           compute->execution == profiles::Execution::layer};
    for (const model::LayerId layer : compute->layers) run.weights += scenario.model->layer(layer).weights;
    const auto& inputs = scenario.model->layer(run.first).inputs;
    const bool continues = !runs.empty() && run.is_layer_by_layer && runs.back().is_layer_by_layer &&
                           runs.back().unit == run.unit && std::ranges::find(inputs, runs.back().last) != inputs.end();
    if (continues) {
      runs.back().last = run.last;
      runs.back().weights += run.weights;
      runs.back().cost += run.cost;
    } else {
      runs.push_back(run);
    }
  }
  return runs;
}

std::string unit_name(const deployment::StageGraph& graph, const deployment::ResourceUse& use) {
  const deployment::Resource& unit = graph.resource(use.resource);
  return use.member == 0 ? unit.name : fmt::format("{}.{}", unit.name, use.member);
}

std::string head(const Scenario& scenario, const PlanningResult& result) {
  std::string text = fmt::format("{}: {} plan", scenario.name, to_text(result.status));
  if (result.status == deployment::PlanStatus::infeasible) text = scenario.name + ": no plan keeps the promise";
  text += fmt::format(" ({})\n", result.method);
  if (const auto& quality = scenario.requirement.quality) text += "answers: " + to_text(*quality) + "\n";
  if (!scenario.requirement.latency) return text + "promise: none\n\n";
  if (result.plan.placement.empty()) return text + "promise: " + promise_text(scenario) + "\n\n";
  const Summary& latency = result.estimate.latency_s;
  return text + fmt::format("promise: {}; predicted {}, {}\n\n", promise_text(scenario),
                            format_duration(Seconds(latency.at(scenario.requirement.latency->statistic))),
                            margin_text(scenario, latency.at(scenario.requirement.latency->statistic)));
}

std::string placement_table(const Scenario& scenario, const PlanningResult& result) {
  Table table({{"layers"}, {"run on"}, {"weights", Align::right}, {"compute", Align::right}});
  for (const PlacedRun& run : placed_runs(scenario, result.graph)) {
    const std::string& first = scenario.model->layer(run.first).name;
    const std::string& last = scenario.model->layer(run.last).name;
    table.add({run.first == run.last ? first : first + " .. " + last, unit_name(result.graph, run.unit),
               format_count(run.weights), format_duration(run.cost.seconds())});
  }
  return table.to_text() + "\n";
}

std::string message_table(const Scenario& scenario, const PlanningResult& result) {
  Table table({{"message"}, {"way"}, {"size", Align::right}, {"transmit", Align::right}, {"propagate", Align::right}});
  for (const deployment::Stage& stage : result.graph.stages) {
    const deployment::Message* message = message_of(stage);
    if (message == nullptr || message->hops.empty()) continue;
    Span transmit, propagate;
    for (const deployment::ResourceUse& hop : message->hops) {
      const deployment::Resource& link = result.graph.resource(hop.resource);
      transmit += deployment::transmission(link, message->size);
      propagate += link.latency;
    }
    table.add({message->tensor < 0  ? "(control)"
               : message->is_return ? "(answer)"
                                    : scenario.model->layer(message->tensor).name,
               way_of(scenario, *message), format_size(message->size), format_duration(transmit.seconds()),
               format_duration(propagate.seconds())});
  }
  return table.is_empty() ? std::string() : table.to_text() + "\n";
}

std::string exit_table(const Scenario& scenario, const PlanningResult& result) {
  Table table({{"answered by"}, {"share", Align::right}, {"threshold", Align::right}, {"latency", Align::right}, {""}});
  const auto answers = answers_of(result.graph, result.estimate);
  const auto thresholds = deployment::thresholds_of(scenario, result.plan);
  for (std::size_t answer = 0; answer < answers.size(); ++answer) {
    const bool is_exit = answer < result.plan.uses_exit.size();
    if (is_exit && !result.plan.uses_exit[answer]) {
      table.add({answers[answer].name, "not used"});
      continue;
    }
    const bool is_known = is_exit && thresholds[answer].has_value();
    const double latency = answers[answer].latency_s.mean;
    const bool is_reached = answers[answer].share > 0;
    table.add({answers[answer].name, format_share(answers[answer].share),
               is_known  ? format_number(*thresholds[answer])
               : is_exit ? "stated"
                         : "",
               is_reached ? format_duration(Seconds(latency)) : "-", is_reached ? margin_text(scenario, latency) : ""});
  }
  std::string text = table.to_text();
  if (result.estimate.accuracy)
    text += fmt::format("accuracy {} by the exit trace {}\n", format_share(*result.estimate.accuracy),
                        result.graph.replay->trace);
  return text + "\n";
}

std::string memory_table(const Scenario& scenario, const PlanningResult& result) {
  Table table({{"memory"},
               {"weights", Align::right},
               {"activations", Align::right},
               {"runtime", Align::right},
               {"total", Align::right},
               {"usable", Align::right}});
  for (const deployment::MemoryUse& use : deployment::memory_use(scenario, result.plan)) {
    table.add({pool_name(scenario, use), format_size(use.weights), format_size(use.activations),
               format_size(use.runtime), format_size(use.total()), format_size(use.usable)});
  }
  return table.is_empty() ? std::string() : table.to_text() + "\n";
}

std::string baseline_table(const PlanningResult& result) {
  Table table({{"undivided"}, {"mean", Align::right}, {"max", Align::right}, {"promise"}});
  for (const planner::Baseline& baseline : result.baselines) {
    const auto& latency = baseline.latency_s;
    table.add({baseline.name, latency ? format_duration(Seconds(latency->mean)) : "-",
               latency ? format_duration(Seconds(latency->max)) : "-",
               baseline.meets_requirement ? "kept" : "no: " + baseline.why_not});
  }
  return table.is_empty() ? std::string() : table.to_text() + "\n";
}

std::string quality_line(const Scenario& scenario, const PlanningResult& result) {
  if (result.status == deployment::PlanStatus::infeasible) return {};
  const Statistic statistic = scenario.objective ? scenario.objective->statistic : Statistic::mean;
  return fmt::format("{} latency{} {}, lower bound {}, gap {}\n\n", to_text(statistic),
                     result.claims ? " (calibration)" : "", format_duration(Seconds(result.objective_s)),
                     format_duration(Seconds(result.lower_bound_s)), format_share(result.gap));
}

std::string infeasibility(const PlanningResult& result) {
  std::string text;
  if (!result.conflict.empty()) text += "these cannot hold together:\n";
  for (const std::string& constraint : result.conflict) text += "  - " + constraint + "\n";
  if (!result.ways_out.empty()) text += "ways out, one at a time:\n";
  for (const planner::WayOut& way : result.ways_out) text += "  - " + way.text + "\n";
  return text.empty() ? text : text + "\n";
}

}  // namespace

std::string plan_text(const Scenario& scenario, const PlanningResult& result) {
  std::string text = head(scenario, result);
  if (result.status == deployment::PlanStatus::infeasible)
    text += infeasibility(result) + "the plan that comes nearest to it:\n\n";
  if (result.plan.placement.empty()) return text + "no layer has a place\n" + notes_text(result.notes);
  text += placement_table(scenario, result) + message_table(scenario, result) + exit_table(scenario, result);
  if (result.claims) text += thresholds_text(*result.claims);
  text += statistics_table(result.estimate.latency_s) + "\n" + memory_table(scenario, result);
  text += baseline_table(result) + quality_line(scenario, result) + notes_text(result.notes);
  if (result.graph.is_random)
    text += "note: costs or links are random here; percentiles come from `tiercut simulate`\n";
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace tiercut::report
