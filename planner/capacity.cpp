// SPDX-License-Identifier: Apache-2.0
#include "planner/capacity.hpp"

#include <algorithm>
#include <cmath>

#include "deployment/lowering.hpp"
#include "planner/estimate.hpp"
#include "planner/monotone_search.hpp"
#include "planner/what_if.hpp"

namespace tiercut::planner {
namespace {

using scenarios::Scenario;

const profiles::CostLaw* law_for_linear(const profiles::Unit& unit) {
  const auto find = [&](auto&& fits) -> const profiles::CostLaw* {
    const auto found = std::find_if(unit.laws.begin(), unit.laws.end(), fits);
    return found == unit.laws.end() ? nullptr : &*found;
  };
  if (const auto* law = find([](const auto& l) { return l.scope == profiles::Scope::stage; })) return law;
  return find([](const auto& l) { return l.covers(model::LayerType::linear); });
}

void add_largest_network(const Scenario& scenario, PlaceCapacity& place) {
  const auto& device = scenario.device(place.place.device);
  const auto& unit = device.profile->units[static_cast<std::size_t>(place.place.unit)];
  const auto by_law = profiles::most_weights(*device.profile, unit, place.compute_budget);
  if (!by_law) return;
  double weights = place.compute_budget < Seconds(0) ? 0 : *by_law;
  if (unit.memory_pool >= 0 && unit.memory_pool < static_cast<int>(device.profile->pools.size())) {
    const auto& pool = device.profile->pools[static_cast<std::size_t>(unit.memory_pool)];
    const Bytes left = device.usable_memory.value_or(pool.usable) - pool.runtime_footprint;
    const double by_memory = std::max(0.0, std::floor(left.value() / 4));
    place.is_memory_bound = by_memory < weights;
    weights = std::min(weights, by_memory);
  }
  // A network has whole weights; the law's inverse may miss one by a rounding.
  if (std::isfinite(weights)) weights = std::floor(weights * (1 + 1e-12));
  place.max_weights = weights;
  const auto* law = law_for_linear(unit);
  if (law != nullptr && std::isfinite(weights))
    place.is_extrapolated =
        law->is_extrapolated({.weights = weights, .macs = weights, .weight_bytes = 4 * weights}) && weights > 0;
}

/// The statistic the requirement names; infinity when the plan cannot be deployed there.
double latency(const Scenario& scenario, const deployment::Plan& plan, Statistic statistic) {
  const auto graph = deployment::lower(scenario, plan);
  if (!graph) return Seconds::infinite().value();
  const auto summary = estimate_latency(*graph);
  return summary ? summary->at(statistic) : Seconds::infinite().value();
}

void add_model(const Scenario& scenario, PlaceCapacity& place) {
  const auto requirement = *scenario.requirement.latency;
  const auto plan = deployment::undivided(scenario, place.place);
  const auto graph = deployment::lower(scenario, plan);
  if (!graph) return;
  const auto estimated = estimate(*graph);
  if (!estimated) return;
  const auto slowest = std::max_element(estimated->outcomes.begin(), estimated->outcomes.end(),
                                        [](const auto& a, const auto& b) { return a.latency < b.latency; });
  const auto& terms = slowest->terms;
  const auto at = [&](deployment::Term term) { return terms[static_cast<std::size_t>(term)]; };
  using enum deployment::Term;
  place.model_cost = (at(queue) + at(compute) + at(exit_check)).seconds();

  const auto links = links_crossed(*graph, scenario);
  if (links.empty()) return;
  const double limit = requirement.at_most.value();
  const auto by_latency = [&](std::int64_t ticks) {
    return latency(with_link_latency(scenario, links, Span(ticks).seconds()), plan, requirement.statistic);
  };
  if (const auto most = last_within(by_latency, limit, 0, Span::from(requirement.at_most).picoseconds() + 1))
    place.slowest_link = Span(*most).seconds();
  const auto by_bandwidth = [&](std::int64_t ticks) {
    return latency(with_link_bandwidth(scenario, links, bandwidth_of(ticks)), plan, requirement.statistic);
  };
  constexpr std::int64_t one_byte_a_second = 1'000'000'000'000'000'000;
  const auto most = last_within(by_bandwidth, limit, 1, one_byte_a_second);
  if (most && *most < one_byte_a_second) place.narrowest_link = bandwidth_of(*most);
}

}  // namespace

Result<std::vector<PlaceCapacity>> capacity(const Scenario& scenario) {
  if (!scenario.requirement.latency)
    return fail("missing-requirement", "the scenario promises no latency, so it leaves no budget",
                "add `requirement: {latency: {max: 40 ms}}`", Location{scenario.file, 0, 0, {}});
  std::vector<PlaceCapacity> places;
  for (const auto& place : scenario.places()) {
    auto plan = deployment::undivided(scenario, place);
    std::fill(plan.uses_exit.begin(), plan.uses_exit.end(), false);
    const auto graph = deployment::lower(with_free_computing(scenario, place.device.device), plan);
    if (!graph) return tl::unexpected(graph.error());
    const auto way = estimate_latency(*graph);
    if (!way) return tl::unexpected(way.error());
    PlaceCapacity& result = places.emplace_back();
    result.place = place;
    result.name = scenario.name_of(place);
    result.network_time = Seconds(way->max);
    result.compute_budget =
        (Span::from(scenario.requirement.latency->at_most) - Span::from(result.network_time)).seconds();
    add_largest_network(scenario, result);
    add_model(scenario, result);
  }
  return places;
}

}  // namespace tiercut::planner
