// SPDX-License-Identifier: Apache-2.0
// Branch and bound: layers are placed in the order of the graph, bounded below as if nothing stood in anything's way;
// complete plans are lowered and estimated, so contention, windows and guards count in full.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "planner/bounds.hpp"
#include "planner/judgement.hpp"
#include "planner/plan_trial.hpp"
#include "planner/search.hpp"
#include "scenarios/exit_replay.hpp"

namespace tiercut::planner {

double allowed_late(Statistic statistic) {
  constexpr double rounding = 1e-12;  // as summarise() tolerates it
  switch (statistic) {
    case Statistic::p50:
      return 0.5 + rounding;
    case Statistic::p90:
      return 0.1 + rounding;
    case Statistic::p95:
      return 0.05 + rounding;
    case Statistic::p99:
      return 0.01 + rounding;
    case Statistic::mean:
    case Statistic::max:
      break;
  }
  return 0;
}

namespace {

using model::LayerId;
using scenarios::Scenario;

class GraphSearch {
 public:
  GraphSearch(const Scenario& scenario, const Candidates& candidates, const Goal& goal, const Effort& effort)
      : scenario_(scenario),
        net_(*scenario.model),
        candidates_(candidates),
        goal_(goal),
        effort_(effort),
        bounds_(scenario, candidates),
        plan_(candidates.plan),
        placed_(net_.layers.size()),
        decided_(net_.exits.size(), 0),
        reach_(candidates.layers.size() + 1,
               std::vector<std::int64_t>(static_cast<std::size_t>(bounds_.answer_count()))) {
    for (const auto& place : candidates.places) pricers_.emplace_back(scenario, place);
    for (int exit : bounds_.answers())
      probability_.push_back(exit < 0 || !scenario.exits[static_cast<std::size_t>(exit)]
                                 ? 1
                                 : std::clamp(scenario.exits[static_cast<std::size_t>(exit)]->probability, 0.0, 1.0));
    if (scenario.exit_trace) replay_ = scenarios::replay_of(scenario, deployment::thresholds_of(scenario, plan_));
  }

  SearchOutcome run(const std::optional<Found>& known) {
    outcome_.best = known;
    start_bounds();
    for (std::size_t p = 0; p < candidates_.places.size(); ++p) try_undivided(static_cast<int>(p));
    place_from(0);
    outcome_.examined = nodes_;
    if (outcome_.best) outcome_.best->bound_s = std::min(outcome_.best->value_s, open_bound_);
    return std::move(outcome_);
  }

 private:
  struct Placed {
    int place = -1;
    std::int64_t start = 0;   // of its call, when all of the call's earlier layers are known
    std::int64_t finish = 0;  // at least
    bool is_share = false;    // part of a call whose other layers are not all known
  };
  struct Choice {
    int place = -1;
    Placed placed;
    double bound = 0;
  };

  Placed& at(LayerId id) { return placed_[static_cast<std::size_t>(id)]; }
  bool is_computed(LayerId id) const { return !candidates_.by_layer[static_cast<std::size_t>(id)].empty(); }
  int level(LayerId id) const { return candidates_.level[static_cast<std::size_t>(id)]; }

  void start_bounds() {
    for (const auto& source : scenario_.workload.inputs)
      for (LayerId next : net_.consumers(source.input)) {
        if (!is_computed(next) || bounds_.is_partial_join(next)) continue;
        const bool is_single = net_.layer(next).inputs.size() == 1;
        for (int a = 0; a < bounds_.answer_count(); ++a) {
          if (!bounds_.needs(a, next)) continue;
          std::int64_t least = Bounds::never;
          for (int q : candidates_.by_layer[static_cast<std::size_t>(next)])
            least = std::min(least, bounds_.from_source(source.input, q) + bounds_.to_go(next, q, a) +
                                        (is_single ? bounds_.alone(next, q) : bounds_.share(next, q)));
          auto& reach = reach_[0][static_cast<std::size_t>(a)];
          reach = std::max(reach, least);
        }
      }
  }

  std::int64_t path_cost(LayerId last, int place) {
    path_.clear();
    for (LayerId id = last; id >= 0; id = call_before(id, place)) path_.push_back(id);
    CallPricer& pricer = pricers_[static_cast<std::size_t>(place)];
    pricer.restart();
    for (auto it = path_.rbegin(); it != path_.rend(); ++it) pricer.append(*it);
    return pricer.least_cost().picoseconds();
  }

  /// The layer before it in the same call, -1 when the call starts here.
  LayerId call_before(LayerId id, int place) {
    const auto& inputs = net_.layer(id).inputs;
    if (inputs.size() != 1 || !is_computed(inputs[0]) || bounds_.is_partial_join(id)) return -1;
    return at(inputs[0]).place == place && level(inputs[0]) == level(id) ? inputs[0] : -1;
  }

  Placed place(LayerId id, int place) {
    Placed made{.place = place};
    arrivals_.clear();
    bool may_join = false;
    for (LayerId input : net_.layer(id).inputs) {
      if (!is_computed(input)) {
        arrivals_.push_back(bounds_.from_source(input, place));
        continue;
      }
      const Placed& before = at(input);
      arrivals_.push_back(before.finish + bounds_.message(input, before.place, place));
      may_join = may_join || (before.place == place && level(input) == level(id));
    }
    std::sort(arrivals_.begin(), arrivals_.end());
    const int quorum = bounds_.quorum(id);
    std::int64_t ready = arrivals_.empty() ? 0
                         : quorum > 0      ? arrivals_[static_cast<std::size_t>(quorum) - 1]
                                           : arrivals_.back();
    if (const int guard = candidates_.guard[static_cast<std::size_t>(level(id))]; guard >= 0)
      ready = std::max(ready, decided_[static_cast<std::size_t>(guard)]);

    const LayerId before = call_before(id, place);
    made.start = ready;
    if (bounds_.runs_layer_by_layer(place)) {
      made.finish = ready + bounds_.alone(id, place);
    } else if (before >= 0 && !at(before).is_share) {
      made.start = at(before).start;
      made.finish = made.start + path_cost(id, place);
    } else if (may_join) {
      made.finish = ready + bounds_.share(id, place);
      made.is_share = true;
    } else {
      made.finish = ready + bounds_.alone(id, place);
    }
    return made;
  }

  void look_from(std::size_t depth, LayerId id, const Placed& placed) {
    auto& reach = reach_[depth + 1];
    reach = reach_[depth];
    for (int a = 0; a < bounds_.answer_count(); ++a)
      if (bounds_.needs(a, id))
        reach[static_cast<std::size_t>(a)] =
            std::max(reach[static_cast<std::size_t>(a)], placed.finish + bounds_.to_go(id, placed.place, a));
    for (std::size_t k = 0; k < net_.exits.size(); ++k) {
      if (net_.exits[k].layer != id || !candidates_.plan.uses_exit[k]) continue;
      // Whatever this exit guards comes after its decision.
      for (int a = 0; a < bounds_.answer_count(); ++a) {
        const int answer = bounds_.answers()[static_cast<std::size_t>(a)];
        const int answer_level = answer < 0 ? static_cast<int>(net_.exits.size()) : answer;
        if (candidates_.plan.escalation[k] == scenarios::Escalation::after &&
            candidates_.guard[static_cast<std::size_t>(answer_level)] >= static_cast<int>(k))
          reach[static_cast<std::size_t>(a)] =
              std::max(reach[static_cast<std::size_t>(a)], placed.finish + bounds_.exit_check(placed.place));
      }
    }
  }

  /// Share of the samples that an answer gets of those that none before it took; notes that it was asked.
  double weight_of(int a, double left, std::uint32_t& asked) const {
    const int exit = bounds_.answers()[static_cast<std::size_t>(a)];
    if (!replay_ || exit < 0) return left * probability_[static_cast<std::size_t>(a)];
    asked |= 1U << exit;
    return left - static_cast<double>(replay_->rows_with(asked, 0)) / static_cast<double>(replay_->rows());
  }

  /// The mixture in which the earliest possible conclusive answer always wins; no real one is better in any statistic.
  double mixture_at(const std::vector<std::int64_t>& reach, Statistic statistic) {
    order_.clear();
    for (int a = 0; a < bounds_.answer_count(); ++a) order_.push_back(a);
    std::sort(order_.begin(), order_.end(),
              [&](int a, int b) { return reach[static_cast<std::size_t>(a)] < reach[static_cast<std::size_t>(b)]; });
    double left = 1, mean = 0;
    std::uint32_t asked = 0;
    for (int a : order_) {
      const double value = Span(reach[static_cast<std::size_t>(a)]).seconds().value();
      const double weight = weight_of(a, left, asked);
      mean += weight * value;
      left -= weight;
      if (statistic != Statistic::mean && left <= allowed_late(statistic)) return value;
      if (bounds_.answers()[static_cast<std::size_t>(a)] < 0) return statistic == Statistic::mean ? mean : value;
    }
    return mean;
  }

  double bound_of(const std::vector<std::int64_t>& reach) {
    for (std::int64_t time : reach)
      if (time >= Bounds::never) return std::numeric_limits<double>::infinity();
    if (goal_.collector != nullptr) return goal_.collector->rank(bounds_.answers(), reach);
    if (goal_.kind == Goal::Kind::statistic) return mixture_at(reach, goal_.statistic);
    if (goal_.limit && Span::from(Seconds(mixture_at(reach, goal_.statistic))) > *goal_.limit)
      return std::numeric_limits<double>::infinity();
    return mixture_at(reach, Statistic::mean);
  }

  bool is_hopeless(double bound) const {
    return std::isinf(bound) || (outcome_.best && bound >= outcome_.best->value_s * (1 - 1e-12));
  }

  bool is_over() {
    constexpr std::size_t nodes_between_questions = 64;
    if (effort_.should_stop && !is_stopped_ && nodes_ >= asked_at_ + nodes_between_questions) {
      asked_at_ = nodes_;
      is_stopped_ = effort_.should_stop();
    }
    return is_stopped_ || nodes_ > effort_.nodes || leaves_ > effort_.leaves;
  }

  void place_from(std::size_t depth) {
    if (depth == candidates_.layers.size()) return try_plan();
    const LayerId id = candidates_.layers[depth];
    std::vector<Choice> choices;
    for (int p : candidates_.by_layer[static_cast<std::size_t>(id)]) {
      Choice choice{p, place(id, p), 0};
      look_from(depth, id, choice.placed);
      choice.bound = bound_of(reach_[depth + 1]);
      if (!is_hopeless(choice.bound)) choices.push_back(choice);
    }
    nodes_ += choices.size();
    std::stable_sort(choices.begin(), choices.end(), [](const auto& a, const auto& b) { return a.bound < b.bound; });
    for (const Choice& choice : choices) {
      if (is_hopeless(choice.bound)) continue;
      if (is_over()) {
        outcome_.is_complete = false;
        open_bound_ = std::min(open_bound_, choice.bound);
        if (goal_.collector == nullptr) continue;
        look_from(depth, id, choice.placed);
        goal_.collector->leave(bounds_.answers(), reach_[depth + 1]);
        continue;
      }
      at(id) = choice.placed;
      plan_.placement[static_cast<std::size_t>(id)] = candidates_.places[static_cast<std::size_t>(choice.place)];
      for (std::size_t k = 0; k < net_.exits.size(); ++k)
        if (net_.exits[k].layer == id) decided_[k] = choice.placed.finish + bounds_.exit_check(choice.place);
      look_from(depth, id, choice.placed);
      // What was collected since may make this branch needless.
      if (goal_.collector != nullptr && is_hopeless(bound_of(reach_[depth + 1]))) continue;
      place_from(depth + 1);
    }
  }

  void try_undivided(int place) {
    for (LayerId id : candidates_.layers) {
      const auto& may = candidates_.by_layer[static_cast<std::size_t>(id)];
      const int p = std::find(may.begin(), may.end(), place) != may.end() ? place : may[0];
      plan_.placement[static_cast<std::size_t>(id)] = candidates_.places[static_cast<std::size_t>(p)];
    }
    try_plan();
  }

  void try_plan() {
    ++leaves_;
    if (goal_.collector == nullptr) {
      const auto value = value_of(scenario_, goal_, plan_);
      if (value && (!outcome_.best || *value < outcome_.best->value_s * (1 - 1e-12)))
        outcome_.best = Found{plan_, *value, 0};
      return;
    }
    if (goal_.has_memory_limits && !pools_over(scenario_, plan_).empty()) return;
    if (const auto graph = deployment::lower(scenario_, plan_)) goal_.collector->take(plan_, *graph);
  }

  const Scenario& scenario_;
  const model::Model& net_;
  const Candidates& candidates_;
  Goal goal_;
  Effort effort_;
  Bounds bounds_;
  deployment::Plan plan_;
  std::vector<Placed> placed_;
  std::vector<std::int64_t> decided_;
  std::vector<std::vector<std::int64_t>> reach_;  // by depth, by answer
  std::vector<double> probability_;               // by answer
  std::optional<scenarios::ExitReplay> replay_;   // in place of probabilities, when there is a trace
  std::vector<CallPricer> pricers_;
  std::vector<LayerId> path_;
  std::vector<std::int64_t> arrivals_;
  std::vector<int> order_;
  SearchOutcome outcome_;
  double open_bound_ = std::numeric_limits<double>::infinity();
  std::size_t nodes_ = 0, leaves_ = 0, asked_at_ = 0;
  bool is_stopped_ = false;
};

}  // namespace

SearchOutcome search_graph(const Scenario& scenario, const Candidates& candidates, const Goal& goal,
                           const Effort& effort, const std::optional<Found>& known) {
  return GraphSearch(scenario, candidates, goal, effort).run(known);
}

}  // namespace tiercut::planner
