// SPDX-License-Identifier: Apache-2.0
#include "deployment/plan_checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "deployment/claims_checker.hpp"
#include "deployment/relaxation.hpp"
#include "deployment/replay.hpp"

namespace tiercut::deployment {

namespace {

/// Figures that went through a file and back, or that sum probabilities, may differ in the last digits.
bool nearly_equal(double a, double b) {
  return a == b || std::fabs(a - b) <= 1e-9 * std::max(std::fabs(a), std::fabs(b));
}

std::string milliseconds(double seconds) { return format_quantity(seconds, Dimension::time); }

class Checker {
 public:
  Checker(const scenarios::Scenario& scenario, const PlanDocument& document)
      : scenario_(scenario), document_(document) {}

  CheckReport run() {
    check_hash();
    check_places();
    if (report_.holds()) check_memory();
    if (report_.holds() || !has_structural_error_) check_latency();
    return std::move(report_);
  }

 private:
  void add(Severity severity, std::string code, std::string path, std::string message, std::string hint = {}) {
    report_.findings.push_back(
        {severity, std::move(code), {document_.file, 0, 0, std::move(path)}, std::move(message), std::move(hint)});
  }
  void error(std::string code, std::string path, std::string message, std::string hint = {}) {
    add(Severity::error, std::move(code), std::move(path), std::move(message), std::move(hint));
  }

  void check_hash() {
    if (document_.scenario_hash == scenario_.hash) return;
    error("stale-plan", "scenario.hash",
          fmt::format("the plan was made for another state of the scenario ({} then, {} now)", document_.scenario_hash,
                      scenario_.hash),
          "make the plan again: the scenario, its model or a profile has changed");
  }

  bool is_placed(const model::Layer& layer) const {
    return layer.type != model::LayerType::input && layer.type != model::LayerType::output;
  }

  void check_places() {
    const auto places = scenario_.places();
    const auto& plan = document_.plan;
    const auto& layers = scenario_.model->layers;
    if (plan.placement.size() != layers.size() || plan.uses_exit.size() != scenario_.model->exits.size() ||
        plan.escalation.size() != scenario_.model->exits.size()) {
      has_structural_error_ = true;
      return error("incomplete-plan", "placement", "the plan does not decide every layer and exit of the model");
    }
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (!is_placed(layers[i])) continue;
      if (std::find(places.begin(), places.end(), plan.placement[i]) != places.end()) continue;
      has_structural_error_ = true;
      error("no-such-place", "placement." + layers[i].name,
            fmt::format("layer {} is put where nothing can run it", layers[i].name));
    }
    for (const auto& pin : scenario_.pins) {
      for (const auto id : pin.layers) {
        const Place& place = plan.placement[static_cast<std::size_t>(id)];
        if (place.device == pin.device && (!pin.unit || *pin.unit == place.unit)) continue;
        error("pin-violated", "placement." + scenario_.model->layer(id).name,
              fmt::format("layer {} is pinned to {} and placed elsewhere", scenario_.model->layer(id).name,
                          scenario_.name_of(pin.device)));
      }
    }
  }

  /// Weights are summed here once more; only the activations are taken from memory_use.
  void check_memory() {
    report_.memory = memory_use(scenario_, document_.plan);
    std::map<std::pair<scenarios::DeviceRef, int>, double> weights;
    const auto& model = *scenario_.model;
    for (model::LayerId id = 0; id < model.layer_count(); ++id) {
      if (!is_placed(model.layer(id)) || is_dropped(id)) continue;
      const Place& place = document_.plan.placement[static_cast<std::size_t>(id)];
      const auto& unit = scenario_.device(place.device).profile->units[static_cast<std::size_t>(place.unit)];
      weights[{place.device, unit.memory_pool}] += model.layer(id).weight_bytes.value();
    }
    for (const auto& use : report_.memory) {
      const double own = weights[{use.device, use.pool}];
      if (!nearly_equal(own, use.weights.value())) {
        error("wrong-memory", "",
              fmt::format("weights on {}: {} by the checker, {} by the lowering", scenario_.name_of(use.device), own,
                          use.weights.value()));
      }
      if (use.total() <= use.usable) continue;
      error("over-memory", "placement",
            fmt::format("{} needs {} and has {} usable", scenario_.name_of(use.device),
                        format_quantity(use.total().value(), Dimension::size),
                        format_quantity(use.usable.value(), Dimension::size)),
            "move layers with large weights elsewhere");
    }
  }

  /// A layer that only an unused exit needs is not deployed.
  bool is_dropped(model::LayerId id) const {
    const auto& model = *scenario_.model;
    std::vector<bool> needed(model.layers.size(), false);
    std::vector<model::LayerId> open = {model.output()};
    for (std::size_t k = 0; k < model.exits.size(); ++k) {
      if (document_.plan.uses_exit[k]) open.push_back(model.exits[k].layer);
    }
    while (!open.empty()) {
      const auto next = open.back();
      open.pop_back();
      if (needed[static_cast<std::size_t>(next)]) continue;
      needed[static_cast<std::size_t>(next)] = true;
      for (const auto input : model.layer(next).inputs) open.push_back(input);
    }
    return !needed[static_cast<std::size_t>(id)];
  }

  void check_latency() {
    auto graph = lower(scenario_, document_.plan);
    if (!graph) {
      for (auto& diagnostic : graph.error()) report_.findings.push_back(std::move(diagnostic));
      return;
    }
    bool overlapped = false;
    const auto mixture = replay_mixture(*graph, &overlapped);
    if (!mixture) {
      for (const auto& diagnostic : mixture.error()) report_.findings.push_back(diagnostic);
      return;
    }
    if (overlapped) {
      add(Severity::warning, "fair-overlap", "",
          "messages overlap on a fair link: the checker's latency is a lower bound, claims are not held against it");
    }
    report_.latency_s = *mixture;
    const Statistic statistic = scenario_.objective ? scenario_.objective->statistic : Statistic::mean;
    report_.objective_s = mixture->at(statistic);
    if (document_.thresholds && scenario_.exit_trace) {
      check_threshold_claims(scenario_, document_, report_);
      if (report_.measured) report_.objective_s = report_.measured->latency_s.at(statistic);
      report_.cheap_bound_s = chosen_thresholds_bound(scenario_, *document_.thresholds);
    } else if (statistic == Statistic::mean) {
      report_.cheap_bound_s = mean_latency_bound(scenario_, document_.plan);
    }
    if (report_.cheap_bound_s > report_.objective_s * (1 + 1e-12)) {
      error("broken-bound", "",
            "the relaxation lies above the plan's own latency: a defect of tiercut, please report it");
    }
    if (!overlapped) check_claims();
    check_requirement();
  }

  void check_claims() {
    if (!nearly_equal(document_.objective_s, report_.objective_s)) {
      error("wrong-objective", "objective",
            fmt::format("the plan claims an objective of {}; it is {}", milliseconds(document_.objective_s),
                        milliseconds(report_.objective_s)));
    }
    if (document_.latency_s) {
      for (const auto statistic : all_statistics) {
        const double claimed = document_.latency_s->at(statistic), found = report_.latency_s.at(statistic);
        if (nearly_equal(claimed, found)) continue;
        error("wrong-latency", fmt::format("latency.{}", to_text(statistic)),
              fmt::format("the plan claims {} {}; it is {}", to_text(statistic), milliseconds(claimed),
                          milliseconds(found)));
      }
    }
    if (document_.lower_bound_s > report_.objective_s * (1 + 1e-9)) {
      error("wrong-bound", "lower_bound",
            fmt::format("the claimed lower bound {} lies above the plan's own latency {}",
                        milliseconds(document_.lower_bound_s), milliseconds(report_.objective_s)));
    }
    if (document_.status == PlanStatus::optimal && !nearly_equal(document_.lower_bound_s, document_.objective_s)) {
      error("wrong-status", "status", "the plan claims to be optimal but its lower bound is not its objective");
    }
  }

  void check_requirement() {
    if (!scenario_.requirement.latency) return;
    const auto& wanted = *scenario_.requirement.latency;
    // Chosen thresholds keep the requirement where they were chosen; recounted already.
    const double found = document_.thresholds ? document_.thresholds->measured.latency_s.at(wanted.statistic)
                                              : report_.latency_s.at(wanted.statistic);
    const bool is_met = found <= wanted.at_most.value() * (1 + 1e-12);
    if (is_met == (document_.status != PlanStatus::infeasible)) return;
    if (is_met) {
      return add(Severity::warning, "wrong-status", "status", "the plan says infeasible, but it meets the requirement");
    }
    error("requirement-missed", "status",
          fmt::format("{} latency is {}, more than {}", to_text(wanted.statistic), milliseconds(found),
                      milliseconds(wanted.at_most.value())));
  }

  const scenarios::Scenario& scenario_;
  const PlanDocument& document_;
  CheckReport report_;
  bool has_structural_error_ = false;
};

}  // namespace

CheckReport check_plan(const scenarios::Scenario& scenario, const PlanDocument& document) {
  return Checker(scenario, document).run();
}

}  // namespace tiercut::deployment
