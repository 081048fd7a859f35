// SPDX-License-Identifier: Apache-2.0
#include "planner/fallbacks.hpp"

#include <algorithm>
#include <cmath>

#include "planner/judgement.hpp"

namespace tiercut::planner {
namespace {

using scenarios::Scenario;

double latency_of(const Scenario& scenario, const Summary& latency) {
  const auto& objective = scenario.objective;
  const bool is_latency = objective && objective->kind == scenarios::Objective::Kind::latency;
  return latency.at(is_latency ? objective->statistic : Statistic::mean);
}

/// What `between` calls the way back.
std::string way_back(const std::string& link) { return link + ".back"; }

bool has_link(const Scenario& scenario, const std::string& name) {
  return std::any_of(scenario.links.begin(), scenario.links.end(),
                     [&](const scenarios::Link& link) { return link.name == name; });
}

/// The device of the failure, -1 of a link.
int device_of(const Scenario& scenario, const Failure& failure) {
  return failure.kind == Failure::Kind::device ? scenario.find_device(failure.name) : -1;
}

class FallbackPlanner {
 public:
  FallbackPlanner(const Scenario& scenario, const deployment::Plan& in_force, scenarios::DeviceRef store,
                  const PlanningOptions& options)
      : scenario_(scenario), in_force_(in_force), store_(store), options_(options) {
    options_.with_ways_out = options_.with_baselines = false;
  }

  Result<std::vector<Fallback>> run() {
    const auto kept = judged(scenario_, in_force_);
    if (!kept) return tl::unexpected(kept.error());
    latency_s_ = latency_of(scenario_, kept->estimate.latency_s);
    std::vector<Fallback> made;
    for (const Failure& failure : single_failures(scenario_)) {
      if (options_.should_stop && options_.should_stop()) break;
      made.push_back(plan_for(failure));
    }
    return made;
  }

 private:
  Fallback plan_for(const Failure& failure) const {
    Fallback made{.failure = failure, .result = {}, .why_not = {}, .move = {}, .freed = {}};
    const Scenario rest = without(scenario_, failure);
    auto result = make_plan(rest, options_);
    if (!result) {
      made.why_not = result.error().front().message;
      return made;
    }
    if (result->plan.placement.empty() || !std::isfinite(result->estimate.latency_s.max)) {
      made.why_not = "no plan answers every sample";
      return made;
    }
    if (const auto over = pools_over(rest, result->plan); !over.empty()) {
      made.why_not = name_of_pool(rest, over.front());
      return made;
    }
    keep_if_as_good(rest, failure, *result, made.stays);
    const int device = device_of(scenario_, failure);
    const auto from = device < 0 ? deployment::in_force(in_force_)
                                 : deployment::without_device(deployment::in_force(in_force_), rest, device);
    made.move = move_weights(rest, from, result->plan, store_.device == device ? scenario_.workload.answer_at : store_);
    made.change_s = latency_of(scenario_, result->estimate.latency_s) - latency_s_;
    for (const scenarios::Pin& pin : scenario_.pins)
      if (pin.device.device == device)
        for (const model::LayerId layer : pin.layers) made.freed.push_back(scenario_.model->layer(layer).name);
    made.result = std::move(*result);
    return made;
  }

  /// Among equals nothing is better than to change nothing.
  void keep_if_as_good(const Scenario& rest, const Failure& failure, PlanningResult& result, bool& stays) const {
    const int device = device_of(scenario_, failure);
    for (std::size_t i = 0; i < in_force_.placement.size(); ++i)
      if (device >= 0 && in_force_.placement[i].device.device == device) return;
    if (result.plan.placement == in_force_.placement) {
      stays = true;
      return;
    }
    auto kept = judged(rest, in_force_);
    if (!kept || kept->conflict.size() > result.conflict.size()) return;
    if (!(latency_of(rest, kept->estimate.latency_s) <= latency_of(rest, result.estimate.latency_s) * (1 + 1e-12)) ||
        rest.requirement.quality || rest.has_open_thresholds())
      return;
    stays = true;
    kept->status = result.status;
    kept->method = result.method;
    set_bound(*kept, result.lower_bound_s);
    result = std::move(*kept);
  }

  const Scenario& scenario_;
  const deployment::Plan& in_force_;
  scenarios::DeviceRef store_;
  PlanningOptions options_;
  double latency_s_ = 0;
};

}  // namespace

std::vector<Failure> single_failures(const Scenario& scenario) {
  std::vector<Failure> failures;
  for (std::size_t d = 0; d < scenario.devices.size(); ++d) {
    const int device = static_cast<int>(d);
    const auto& inputs = scenario.workload.inputs;
    const bool is_source = std::any_of(inputs.begin(), inputs.end(),
                                       [device](const auto& input) { return input.device.device == device; });
    if (!is_source && scenario.workload.answer_at.device != device)
      failures.push_back({Failure::Kind::device, scenario.devices[d].name});
  }
  for (const scenarios::Link& link : scenario.links) {
    const bool is_back = link.name.ends_with(way_back("")) &&
                         has_link(scenario, link.name.substr(0, link.name.size() - way_back("").size()));
    if (!is_back) failures.push_back({Failure::Kind::link, link.name});
  }
  return failures;
}

Scenario without(const Scenario& scenario, const Failure& failure) {
  Scenario rest = scenario;
  const int device = device_of(scenario, failure);
  if (device < 0) {
    std::erase_if(rest.links, [&](const scenarios::Link& link) {
      return link.name == failure.name || link.name == way_back(failure.name);
    });
  } else {
    const auto is_it = [device](const scenarios::DeviceRef& end) { return end.device == device; };
    rest.devices[static_cast<std::size_t>(device)].profile = nullptr;
    for (scenarios::Link& link : rest.links) {
      std::erase_if(link.from, is_it);
      std::erase_if(link.to, is_it);
    }
    std::erase_if(rest.links, [](const scenarios::Link& link) { return link.from.empty() || link.to.empty(); });
    std::erase_if(rest.pins, [device](const scenarios::Pin& pin) { return pin.device.device == device; });
  }
  rest.faults.clear();
  rest.hash.clear();
  rest.prepare();
  return rest;
}

Result<std::vector<Fallback>> plan_fallbacks(const Scenario& scenario, const deployment::Plan& in_force,
                                             scenarios::DeviceRef store, const PlanningOptions& options) {
  return FallbackPlanner(scenario, in_force, store, options).run();
}

}  // namespace tiercut::planner
