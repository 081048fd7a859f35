// SPDX-License-Identifier: Apache-2.0
// Plans of the planner hold for the checker; each of a seeded set of wrong ones made from them does not.
#include <gtest/gtest.h>

#include <map>

#include "core/random.hpp"
#include "deployment/plan_checker.hpp"
#include "planner/planner.hpp"
#include "tests/support/random_case.hpp"

namespace tiercut::planner {
namespace {

using deployment::PlanDocument;
using deployment::PlanStatus;
using scenarios::Scenario;

PlanDocument document_of(const Scenario& scenario, const PlanningResult& result) {
  PlanDocument document;
  document.plan = result.plan;
  document.scenario_hash = scenario.hash;
  document.status = result.status;
  document.method = result.method;
  document.objective_s = result.objective_s;
  document.lower_bound_s = result.lower_bound_s;
  document.gap = result.gap;
  document.latency_s = result.estimate.latency_s;
  return document;
}

class WrongPlans {
 public:
  WrongPlans(const Scenario& scenario, const PlanDocument& right, std::uint64_t seed)
      : scenario_(scenario), right_(right), random_(seed, entity_id("wrong plans"), 0) {}

  /// By what is wrong with them; each is tried once.
  void run() {
    const auto& claims = right_;
    wrong("objective", [](Scenario&, PlanDocument& d) { d.objective_s *= 0.99; });
    wrong("objective and bound", [](Scenario&, PlanDocument& d) { d.objective_s *= 1.01, d.lower_bound_s *= 1.01; });
    wrong("bound", [](Scenario&, PlanDocument& d) { d.lower_bound_s = d.objective_s * 1.001; });
    wrong("gap though optimal", [](Scenario&, PlanDocument& d) { d.lower_bound_s *= 0.999; });
    wrong("percentile", [](Scenario&, PlanDocument& d) { d.latency_s->p99 *= 0.98; });
    wrong("maximum", [](Scenario&, PlanDocument& d) { d.latency_s->max *= 1.02; });
    wrong("hash", [](Scenario&, PlanDocument& d) { d.scenario_hash = "sha256:other"; });
    wrong("missing layer", [](Scenario&, PlanDocument& d) { d.plan.placement.pop_back(); });
    wrong("promise", [&](Scenario& s, PlanDocument&) {
      s.requirement.latency = scenarios::LatencyRequirement{Statistic::max, Seconds(claims.latency_s->max * 0.99)};
    });
    const auto layer = any_layer();
    const auto here = right_.plan.placement[layer];
    wrong("no such place", [&](Scenario&, PlanDocument& d) { d.plan.placement[layer].unit = 99; });
    wrong("memory", [&](Scenario& s, PlanDocument&) {
      s.devices[static_cast<std::size_t>(here.device.device)].usable_memory = Bytes(1);
    });
    for (const auto& place : scenario_.places()) {
      if (place == here) continue;
      wrong("pin", [&](Scenario& s, PlanDocument&) {
        s.pins.push_back({{static_cast<model::LayerId>(layer)}, place.device, place.unit});
      });
      PlanDocument moved = right_;
      moved.plan.placement[layer] = place;
      const auto report = deployment::check_plan(scenario_, moved);
      const bool is_same = report.holds() || report.objective_s == right_.objective_s;
      if (!is_same) ++refused_["moved layer"];
      if (is_same) {
        EXPECT_NEAR(report.objective_s, right_.objective_s, 1e-9 * right_.objective_s);
      }
    }
  }

  const std::map<std::string, int>& refused() const { return refused_; }

 private:
  std::size_t any_layer() {
    std::vector<std::size_t> computed;
    for (std::size_t i = 0; i < scenario_.model->layers.size(); ++i) {
      const auto type = scenario_.model->layers[i].type;
      if (type != model::LayerType::input && type != model::LayerType::output) computed.push_back(i);
    }
    const auto last = scenario_.model->layer(scenario_.model->output()).inputs[0];
    // The final answer needs it, so it is not dropped with an exit.
    return random_.uniform() < 0.5 ? static_cast<std::size_t>(last) : computed.back();
  }

  template <class Change>
  void wrong(const std::string& what, Change change) {
    Scenario scenario = scenario_;
    PlanDocument document = right_;
    change(scenario, document);
    EXPECT_FALSE(deployment::check_plan(scenario, document).holds()) << what;
    ++refused_[what];
  }

  const Scenario& scenario_;
  const PlanDocument& right_;
  RandomStream random_;
  std::map<std::string, int> refused_;
};

TEST(WrongPlans, TheCheckerRefusesThemAll) {
  std::map<std::string, int> refused;
  int plans = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    auto scenario = testing::random_case(seed, {.with_tcp = true, .most_devices = 2, .most_layers = 6}).scenario;
    if (scenario.places().size() < 2) continue;
    const auto result = make_plan(scenario, {.with_ways_out = false, .with_baselines = false});
    ASSERT_TRUE(result) << "seed " << seed;
    if (result->status != PlanStatus::optimal || result->objective_s == 0) continue;
    const PlanDocument right = document_of(scenario, *result);
    ASSERT_TRUE(deployment::check_plan(scenario, right).holds()) << "seed " << seed;
    ++plans;
    WrongPlans wrong(scenario, right, seed);
    wrong.run();
    for (const auto& [what, count] : wrong.refused()) refused[what] += count;
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(plans, 70);
  EXPECT_EQ(refused.size(), 13U);
  for (const auto& [what, count] : refused) EXPECT_GT(count, 70) << what;
}

}  // namespace
}  // namespace tiercut::planner
