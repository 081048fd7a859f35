// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "core/units.hpp"
#include "deployment/plan.hpp"
#include "profiles/call_cost.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::planner {

/// What runs of layers cost at one place, exactly as the lowering prices them (profiles::price_call, or a call a
/// layer), with a layer appended in constant time.
class CallPricer {
 public:
  CallPricer(const scenarios::Scenario& scenario, const deployment::Place& place);

  bool has_price(model::LayerId layer) const;
  bool runs_layer_by_layer() const { return execution_ == profiles::Execution::layer; }

  void restart();
  void append(model::LayerId layer);  ///< must have a price
  Span cost() const;                  ///< of the layers appended since restart, at least one
  /// The cost of a run of this one layer.
  Span cost_of(model::LayerId layer);

  /// What any call costs at least that begins with the layers appended since restart; cost() where the unit knows no
  /// calls. A call that it knows may cost less than a part of it by the law.
  Span least_cost() const;
  /// What any call costs at least that begins with this layer.
  Span least_cost_of(model::LayerId layer);
  /// A lower bound on what the layer adds to any call that it joins.
  Span least_share(model::LayerId layer) const;
  /// The same in call mode, without rounding and never below 0.
  double least_seconds(model::LayerId layer) const;
  Span exit_check() const { return Span::from(unit_->exit_check); }

 private:
  /// A call that the unit knows, of layers that the model has.
  struct Known {
    std::vector<model::LayerId> layers;
    Seconds cost{};
  };

  void find_known_calls();
  Span by_law() const;

  const model::Model* net_;
  const profiles::Unit* unit_;
  profiles::Execution execution_;
  const profiles::CostLaw* stage_law_ = nullptr;
  std::vector<double> own_;  // by layer, without overheads and, in calls, unscaled; below 0: no price
  std::vector<Span> whole_;  // by layer, when run layer by layer
  std::vector<Known> known_;
  std::vector<double> known_share_;  // by layer: of the known calls that it is in, the least cost a layer, s
  std::vector<Span> known_least_;    // by layer: and the least cost
  std::vector<model::LayerId> run_;  // appended; only when there are known calls
  std::vector<profiles::CallCost::Part> parts_;
  profiles::CallCost call_;
  profiles::Work work_;
  Span layers_{};
};

}  // namespace tiercut::planner
