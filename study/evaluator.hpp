// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/document.hpp"
#include "deployment/plan.hpp"
#include "deployment/stage_graph.hpp"
#include "scenarios/study.hpp"
#include "simulator/simulator.hpp"
#include "study/point_result.hpp"

namespace tiercut::study {

/// How a stage graph is simulated: simulator::simulate, or simulate_with_simgrid in programs that have it.
using Simulate =
    std::function<Result<simulator::SimulationResult>(const deployment::StageGraph&, const simulator::Options&)>;

/// Points of a study, one at a time: scenario, plan, simulation. Every point sees the same random numbers.
class Evaluator {
 public:
  /// Makes or reads the plan where all points share one. Fails with what planning and reading a plan fail with.
  /// `study` outlives the evaluator.
  static Result<Evaluator> create(const scenarios::Study& study);

  /// A point ready to be simulated, or what became of it before that.
  struct Prepared {
    std::int64_t point = 0;
    std::optional<PointResult> failed;
    scenarios::ScenarioPointer scenario;
    PointResult result;  ///< without figures
    deployment::StageGraph graph;
    simulator::Options options;
    bool needs_simgrid = false;  ///< and so a process of its own
  };
  Prepared prepare(std::int64_t point) const;

  /// Nothing when the stop flag ended it.
  static std::optional<PointResult> simulate(Prepared prepared, const Simulate& simulate, const volatile bool* stop);

 private:
  explicit Evaluator(const scenarios::Study& study) : study_(&study) {}
  struct Planned {
    deployment::Plan plan;
    std::optional<deployment::StageGraph> graph;
    std::optional<double> predicted_s;
    std::string status, reason;
  };
  Result<Planned> plan_for(const scenarios::Scenario& scenario) const;

  const scenarios::Study* study_;
  simulator::Engine engine_ = simulator::Engine::automatic;
  std::optional<deployment::Plan> fixed_;
  std::optional<Document> given_;
};

}  // namespace tiercut::study
