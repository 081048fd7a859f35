// SPDX-License-Identifier: Apache-2.0
#include "deployment/relaxation.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <variant>
#include <vector>

#include "profiles/cost_law.hpp"
#include "scenarios/exit_replay.hpp"

namespace tiercut::deployment {

namespace {

double along(profiles::Axis axis, const profiles::Work& work) {
  switch (axis) {
    case profiles::Axis::weights:
      return work.weights;
    case profiles::Axis::macs:
      return work.macs;
    case profiles::Axis::traffic:
      return work.traffic();
  }
  return 0;
}

/// The least a stage-scope law can charge for a layer within any call: its work times the least cost a unit of work
/// that the law has anywhere. A piecewise law's cost / x is least at a point or in the limit of its last segment.
double least_share(const profiles::CostLaw& law, const profiles::Work& work) {
  if (const auto* roofline = std::get_if<profiles::RooflineLaw>(&law.form)) {
    return std::max(2 * work.macs / roofline->arithmetic.value(), work.traffic() / roofline->memory.value()) * 0.5;
  }
  const auto& piecewise = std::get<profiles::PiecewiseLaw>(law.form);
  double rate = std::numeric_limits<double>::infinity();
  for (const auto& point : piecewise.points) {
    if (point.x > 0) rate = std::min(rate, point.cost.value() / point.x);
  }
  if (piecewise.points.size() > 1) {
    const auto& a = piecewise.points[piecewise.points.size() - 2];
    const auto& b = piecewise.points.back();
    rate = std::min(rate, (b.cost - a.cost).value() / (b.x - a.x));
  }
  return rate == std::numeric_limits<double>::infinity() ? 0 : rate * along(piecewise.axis, work);
}

double least_by_law(const profiles::Unit& unit, const model::Layer& layer) {
  const auto work = profiles::work_of(layer);
  for (const auto& law : unit.laws) {
    if (law.scope == profiles::Scope::stage) return least_share(law, work);
  }
  // Layer scope: the layer's own price, whichever of table and laws is cheapest, times the series correction.
  double least = std::numeric_limits<double>::infinity();
  for (const auto& entry : unit.table) {
    if (entry.type == layer.type) least = std::min(least, entry.cost.value());
  }
  for (const auto& law : unit.laws) {
    if (law.covers(layer.type)) least = std::min(least, law.layer_cost(layer).value());
  }
  return least * std::min(1.0, unit.series_correction);
}

/// A call that the unit knows costs what was measured, an even share of which is no more than any layer's part in it.
double least_on_unit(const profiles::Unit& unit, const model::Layer& layer) {
  double least = least_by_law(unit, layer) * unit.scale;
  for (const auto& call : unit.calls)
    if (std::find(call.layers.begin(), call.layers.end(), layer.name) != call.layers.end())
      least = std::min(least, call.cost.value() / static_cast<double>(call.layers.size()));
  return least;
}

double cheapest(const scenarios::Scenario& scenario, const model::Layer& layer) {
  if (layer.type == model::LayerType::input || layer.type == model::LayerType::output) return 0;
  double least = std::numeric_limits<double>::infinity();
  for (const auto& place : scenario.places()) {
    const auto& unit = scenario.device(place.device).profile->units[static_cast<std::size_t>(place.unit)];
    least = std::min(least, least_on_unit(unit, layer));
  }
  return least == std::numeric_limits<double>::infinity() ? 0 : least;
}

/// Latency of the links that data of a given input must cross to reach the device that wants the answer.
double links_from(const scenarios::Scenario& scenario, model::LayerId input) {
  for (const auto& source : scenario.workload.inputs) {
    if (source.input != input) continue;
    const auto route = scenario.route(source.device, scenario.workload.answer_at);
    double sum = source.offset.value();
    if (route) {
      for (const auto& hop : *route) sum += scenario.links[static_cast<std::size_t>(hop.link)].latency.value();
    }
    return sum;
  }
  return 0;
}

/// By layer: the least time to its end, whatever runs where.
std::vector<double> least_times(const scenarios::Scenario& scenario) {
  const auto& model = *scenario.model;
  std::vector<double> path(model.layers.size(), 0);
  for (model::LayerId id = 0; id < model.layer_count(); ++id) {
    const auto& layer = model.layer(id);
    double before = layer.type == model::LayerType::input ? links_from(scenario, id) : 0;
    // A join with a quorum or deadline need not wait for its slowest input.
    const bool may_go_early =
        std::any_of(scenario.joins.begin(), scenario.joins.end(), [id](const auto& join) { return join.layer == id; });
    if (!may_go_early) {
      for (const auto input : layer.inputs) before = std::max(before, path[static_cast<std::size_t>(input)]);
    }
    path[static_cast<std::size_t>(id)] = before + cheapest(scenario, layer);
  }
  return path;
}

}  // namespace

std::vector<double> least_answer_times(const scenarios::Scenario& scenario) {
  const auto& model = *scenario.model;
  const std::vector<double> path = least_times(scenario);
  std::vector<double> times;
  for (std::size_t answer = 0; answer <= model.exits.size(); ++answer)
    times.push_back(path[static_cast<std::size_t>(model.answer_layer(static_cast<int>(answer)))]);
  return times;
}

double mean_latency_bound(const scenarios::Scenario& scenario, const Plan& plan) {
  const auto& model = *scenario.model;
  const std::vector<double> path = least_times(scenario);
  const int finals = static_cast<int>(model.exits.size());
  double bound = 0, reached = 1;
  double least_so_far = path[static_cast<std::size_t>(model.answer_layer(finals))];
  // Any answer, early or final, takes at least the least of the answers that this outcome allows, so walk the exits
  // from the cheapest: conclusive there, or on to the rest. Stated probabilities are independent, a trace is counted.
  std::vector<std::pair<double, std::size_t>> exits;  // (path, exit)
  for (int k = 0; k < finals; ++k) {
    const auto index = static_cast<std::size_t>(k);
    if (!plan.uses_exit[index] || !scenario.exits[index]) continue;
    exits.emplace_back(path[static_cast<std::size_t>(model.exits[index].layer)], index);
  }
  std::sort(exits.begin(), exits.end());
  std::optional<scenarios::ExitReplay> replay;
  if (scenario.exit_trace) replay = scenarios::replay_of(scenario, thresholds_of(scenario, plan));
  std::uint32_t asked = 0;
  for (const auto& [cost, exit] : exits) {
    if (cost >= least_so_far) break;
    double still = reached * (1 - scenario.exits[exit]->probability);
    if (replay) {
      asked |= 1U << exit;
      still = static_cast<double>(replay->rows_with(asked, 0)) / static_cast<double>(replay->rows());
    }
    bound += (reached - still) * cost;
    reached = still;
  }
  return bound + reached * least_so_far;
}

}  // namespace tiercut::deployment
