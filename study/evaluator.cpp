// SPDX-License-Identifier: Apache-2.0
#include "study/evaluator.hpp"

#include <utility>

#include "deployment/lowering.hpp"
#include "planner/planner.hpp"
#include "report/answers.hpp"

namespace tiercut::study {
namespace {

using scenarios::StudyPlan;

const planner::PlanningOptions only_the_plan{.with_ways_out = false, .with_baselines = false};

std::string reason_of(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != Severity::error) continue;
    const std::string& path = diagnostic.where.path;
    return diagnostic.code + ": " + (path.empty() ? "" : path + ": ") + diagnostic.message;
  }
  return "unknown";
}

/// Runs of layers that stand next to each other in the model and run at one place.
std::string placement_text(const scenarios::Scenario& scenario, const deployment::Plan& plan) {
  std::string text;
  const auto& layers = scenario.model->layers;
  std::size_t first = layers.size(), last = 0;
  const auto close = [&] {
    if (first == layers.size()) return;
    text += (text.empty() ? "" : " ") + layers[first].name + (first == last ? "" : ".." + layers[last].name) + "@" +
            scenario.name_of(plan.placement[first]);
    first = layers.size();
  };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].type == model::LayerType::input || layers[i].type == model::LayerType::output) continue;
    if (first < layers.size() && plan.placement[first] != plan.placement[i]) close();
    if (first == layers.size()) first = i;
    last = i;
  }
  close();
  return text;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

}  // namespace

Result<Evaluator> Evaluator::create(const scenarios::Study& study) {
  Evaluator evaluator(study);
  if (study.engine) evaluator.engine_ = simulator::engine_named(*study.engine).value_or(simulator::Engine::automatic);
  if (study.plan == StudyPlan::fixed) {
    auto made = planner::make_plan(*study.base, only_the_plan);
    if (!made) return tl::unexpected(std::move(made.error()));
    if (made->plan.placement.empty()) return fail("no-plan", "no plan exists for '" + study.base->name + "'");
    evaluator.fixed_ = std::move(made->plan);
  }
  if (study.plan == StudyPlan::given) {
    auto document = read_document(study.plan_file, Defects::keep);
    if (!document) return tl::unexpected(std::move(document.error()));
    Diagnostics warnings;
    if (auto plan = deployment::read_plan(*document, *study.base, warnings); !plan) {
      return tl::unexpected(std::move(plan.error()));
    }
    evaluator.given_ = std::move(*document);
  }
  return evaluator;
}

Result<Evaluator::Planned> Evaluator::plan_for(const scenarios::Scenario& scenario) const {
  Planned planned;
  if (study_->plan == StudyPlan::each) {
    auto made = planner::make_plan(scenario, only_the_plan);
    if (!made) return tl::unexpected(std::move(made.error()));
    if (made->plan.placement.empty()) return fail("no-plan", "no plan exists: " + joined(made->conflict));
    planned.status = to_text(made->status);
    if (made->status == deployment::PlanStatus::infeasible) planned.reason = "no plan keeps " + joined(made->conflict);
    planned.plan = std::move(made->plan);
    planned.graph = std::move(made->graph);
    planned.predicted_s = made->objective_s;
    return planned;
  }
  if (fixed_) {
    auto plan = deployment::transferred(*fixed_, *study_->base, scenario);
    if (!plan) return tl::unexpected(std::move(plan.error()));
    planned.status = "fixed";
    planned.plan = std::move(*plan);
  } else {
    Diagnostics warnings;
    auto document = deployment::read_plan(*given_, scenario, warnings);
    if (!document) return tl::unexpected(std::move(document.error()));
    planned.status = "given";
    planned.plan = std::move(document->plan);
  }
  auto graph = deployment::lower(scenario, planned.plan);
  if (!graph) return tl::unexpected(std::move(graph.error()));
  if (const auto estimated = planner::estimate_latency(*graph)) planned.predicted_s = estimated->mean;
  planned.graph = std::move(*graph);
  return planned;
}

Evaluator::Prepared Evaluator::prepare(std::int64_t point) const {
  Prepared prepared;
  prepared.point = point;
  const auto give_up = [&](const Diagnostics& why) {
    prepared.failed = failed_point(point, reason_of(why));
    return std::move(prepared);
  };
  auto scenario = study_->scenario_at(point);
  if (!scenario) return give_up(scenario.error());
  prepared.scenario = std::move(*scenario);
  auto planned = plan_for(*prepared.scenario);
  if (!planned) return give_up(planned.error());
  prepared.graph = std::move(*planned->graph);
  if (study_->warm_up) prepared.graph.warm_up = static_cast<int>(*study_->warm_up);
  const auto engine = simulator::engine_for(prepared.graph, engine_);
  if (!engine) return give_up(engine.error());
  prepared.needs_simgrid = *engine != simulator::Engine::fast;

  prepared.options.engine = *engine;
  prepared.options.samples = study_->samples;
  prepared.options.seed = study_->seed;
  prepared.options.with_terms = false;
  if (const auto& promise = prepared.scenario->requirement.latency) {
    prepared.options.limit = Span::from(promise->at_most);
  }
  prepared.result.point = point;
  prepared.result.answers = report::answer_names(prepared.graph);
  prepared.result.predicted_s = planned->predicted_s;
  prepared.result.plan_status = std::move(planned->status);
  prepared.result.reason = std::move(planned->reason);
  prepared.result.placement = placement_text(*prepared.scenario, planned->plan);
  prepared.result.arrivals = study_->samples;
  return prepared;
}

std::optional<PointResult> Evaluator::simulate(Prepared prepared, const Simulate& simulate, const volatile bool* stop) {
  if (prepared.failed) return std::move(prepared.failed);
  prepared.options.stop = stop;
  auto simulated = simulate(prepared.graph, prepared.options);
  if (!simulated) return failed_point(prepared.point, reason_of(simulated.error()));
  if (simulated->is_interrupted) return std::nullopt;
  PointResult result = std::move(prepared.result);
  const bool is_asked = prepared.scenario->requirement.latency.has_value();
  const bool is_kept = report::keeps_promise(*prepared.scenario, simulated->latency_s);
  result.verdict = !is_asked ? Verdict::none : is_kept ? Verdict::kept : Verdict::missed;
  if (result.verdict != Verdict::missed) result.reason.clear();
  result.result = std::move(*simulated);
  return result;
}

}  // namespace tiercut::study
