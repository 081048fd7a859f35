// SPDX-License-Identifier: Apache-2.0
#include "deployment/lowering.hpp"

#include <algorithm>

#include "deployment/fault_lowering.hpp"
#include "deployment/messages.hpp"
#include "deployment/places.hpp"
#include "deployment/pricing_notes.hpp"

namespace tiercut::deployment {
namespace {

using model::LayerId;
using scenarios::DeviceRef;

class Lowering {
 public:
  Lowering(const scenarios::Scenario& scenario, const Plan& plan)
      : scenario_(scenario),
        net_(*scenario.model),
        plan_(plan),
        structure_(structure_of(scenario, plan)),
        network_(scenario, graph_, errors_),
        messages_(scenario, plan, structure_, network_, drafts_) {
    drafts_.reserve(4 * structure_.groups.size() + 4 * net_.exits.size() + 8);
  }

  Result<StageGraph> run() {
    describe_exits();
    draft_sources();
    for (int level = 0; level <= final_level(); ++level) draft_level(level);
    draft_answer();
    if (plan_.cancel) draft_cancels();
    add_faults(scenario_, network_, graph_, errors_);
    if (has_errors(errors_)) return tl::unexpected(std::move(errors_));
    graph_.stages = in_order(std::move(drafts_));
    graph_.answer = static_cast<StageId>(graph_.stages.size()) - 1;
    graph_.members = scenario_.workload.source_members;
    graph_.arrivals = scenario_.workload.arrivals;
    graph_.warm_up = scenario_.workload.warm_up;
    return std::move(graph_);
  }

 private:
  int final_level() const { return static_cast<int>(net_.exits.size()); }
  bool is_used(int exit) const { return plan_.uses_exit[static_cast<std::size_t>(exit)]; }
  int guard_of(int level) const { return structure_.guard[static_cast<std::size_t>(level)]; }
  int group_of(LayerId layer) const { return structure_.group_of[static_cast<std::size_t>(layer)]; }

  StageId draft(std::string name, std::vector<Edge> inputs, StageWork work, int level, LayerId layer) {
    drafts_.push_back({{std::move(name), std::move(inputs), std::move(work)}, level, layer});
    return static_cast<StageId>(drafts_.size()) - 1;
  }

  /// Exits of a trace are decided row by row; the probability shown is the share of all rows.
  void describe_replay() {
    const auto chosen = thresholds_of(scenario_, plan_);
    for (int k = 0; k < final_level(); ++k) {
      const auto index = static_cast<std::size_t>(k);
      graph_.exits.push_back({net_.exits[index].name, 0, k});
      if (is_used(k) && !chosen[index])
        errors_.push_back({Severity::error, "missing-threshold",
                           Location{scenario_.file, 0, 0, "exits." + net_.exits[index].name},
                           "exit `" + net_.exits[index].name + "` is used, but has no threshold",
                           "state one in the scenario or in the plan, or do not use the exit"});
    }
    auto replay = std::make_shared<scenarios::ExitReplay>(scenarios::replay_of(scenario_, chosen));
    for (int k = 0; k < final_level(); ++k) {
      const std::uint32_t bit = 1U << k;
      graph_.exits[static_cast<std::size_t>(k)].probability =
          static_cast<double>(replay->rows_with(bit, bit)) / static_cast<double>(replay->rows());
    }
    graph_.replay = std::move(replay);
  }

  void describe_exits() {
    if (scenario_.exit_trace) return describe_replay();
    for (int k = 0; k < final_level(); ++k) {
      const auto index = static_cast<std::size_t>(k);
      ExitPoint point{net_.exits[index].name, 0, k};
      if (index < scenario_.exits.size() && scenario_.exits[index]) {
        point.probability = scenario_.exits[index]->probability;
      } else if (is_used(k)) {
        errors_.push_back(
            {Severity::error, "missing-exit-probability", Location{scenario_.file, 0, 0, "exits." + point.name},
             "exit `" + point.name + "` is used, but the scenario does not say how often it is conclusive",
             "state its probability, or do not use the exit"});
      }
      graph_.exits.push_back(std::move(point));
    }
  }

  void draft_sources() {
    for (const scenarios::InputSource& input : scenario_.workload.inputs) {
      if (!structure_.is_needed(input.input)) continue;
      const int level = structure_.level[static_cast<std::size_t>(input.input)];
      const StageId stage = draft("source " + net_.layer(input.input).name, {},
                                  Source{input.input, input.device, Span::from(input.offset)}, level, input.input);
      messages_.produced(input.input, {input.device, message_unit(scenario_, input.device), stage, -1, 0});
    }
  }

  void draft_level(int level) {
    for (; next_group_ < structure_.groups.size() && structure_.groups[next_group_].level == level; ++next_group_) {
      draft_group(structure_.groups[next_group_]);
    }
    if (level < final_level() && is_used(level)) draft_decision(level);
  }

  void draft_group(const Group& group) {
    std::vector<Edge> inputs;
    int carried = -1;
    for (const LayerId layer : group.layers) {
      carried = std::max(carried, gather(group, layer, inputs));
    }
    messages_.add_guard(inputs, carried, group.place.device, group.level);
    Compute compute;
    compute.unit = network_.unit(group.place.device, group.place.unit);
    compute.layers = group.layers;
    compute.execution = group.execution;
    price(group, compute);
    const StageId stage = draft(name_of(group), std::move(inputs), std::move(compute), group.level, group.layers[0]);
    for (const LayerId layer : group.layers) {
      messages_.produced(layer, {group.place.device, group.place.unit, stage, guard_of(group.level), group.level});
    }
  }

  /// Adds what a layer takes from outside its group, by way of a join when it aggregates. Returns the guard that
  /// these inputs wait for.
  int gather(const Group& group, LayerId layer, std::vector<Edge>& inputs) {
    int carried = -1;
    int unguarded = 0;
    std::vector<Edge> outside;
    for (const LayerId input : net_.layer(layer).inputs) {
      if (group_of(input) >= 0 && group_of(input) == group_of(layer)) continue;
      const Copy copy = messages_.arrival(input, group.place, group.level);
      outside.push_back({copy.stage, Condition::always});
      carried = std::max(carried, copy.guard);
      if (copy.guard < guard_of(group.level)) ++unguarded;
    }
    if (model::is_join(net_.layer(layer).type) && outside.size() >= 2) {
      Join join;
      join.quorum = static_cast<int>(outside.size());
      if (const scenarios::JoinPolicy* policy = partial_join(scenario_, layer)) {
        join.quorum = std::max(1, policy->quorum);
        if (policy->deadline) join.deadline = Span::from(*policy->deadline);
      }
      // Enough inputs that exist in any case would complete the join without the guard.
      if (unguarded >= join.quorum) carried = -1;
      outside = {
          {draft("join " + net_.layer(layer).name, std::move(outside), join, group.level, layer), Condition::always}};
    }
    for (const Edge& edge : outside) {
      const auto is_same = [&edge](const Edge& other) { return other.from == edge.from; };
      if (std::none_of(inputs.begin(), inputs.end(), is_same)) inputs.push_back(edge);
    }
    return carried;
  }

  void price(const Group& group, Compute& compute) {
    const profiles::Profile& profile = *scenario_.device(group.place.device).profile;
    const profiles::Unit& unit = unit_at(scenario_, group.place);
    std::vector<const model::Layer*> layers;
    layers.reserve(group.layers.size());
    for (const LayerId layer : group.layers) layers.push_back(&net_.layer(layer));
    const Result<profiles::Price> price = group.execution == profiles::Execution::call
                                              ? profiles::price_call(profile, unit, layers)
                                              : profiles::price_layer(profile, unit, *layers[0]);
    if (!price) return add_new(price.error(), errors_);
    compute.cost = Span::from(price->cost);
    compute.coefficient_of_variation = price->coefficient_of_variation;
    compute.shape = price->shape;
    if (const auto& stated = scenario_.device(group.place.device).variation) {
      compute.coefficient_of_variation = stated->coefficient;
      compute.family = stated->family;
      compute.shape = nullptr;
    }
    graph_.is_random = graph_.is_random || compute.coefficient_of_variation > 0;
    if (price->is_extrapolated) add_new(extrapolation_notes(profile, unit, layers), graph_.notes);
    for (int k = 0; k < final_level(); ++k) {
      const LayerId last = net_.exits[static_cast<std::size_t>(k)].layer;
      if (is_used(k) && std::binary_search(group.layers.begin(), group.layers.end(), last)) {
        compute.exit_check += Span::from(unit.exit_check);
      }
    }
  }

  std::string name_of(const Group& group) const {
    std::string name = scenario_.name_of(group.place) + ": " + net_.layer(group.layers.front()).name;
    return group.layers.size() == 1 ? name : name + ".." + net_.layer(group.layers.back()).name;
  }

  void draft_decision(int exit) {
    const model::Exit& point = net_.exits[static_cast<std::size_t>(exit)];
    const Copy scores = messages_.origin(point.layer);
    std::vector<Edge> inputs{{scores.stage, Condition::always}};
    messages_.add_guard(inputs, scores.guard, scores.device, exit);
    messages_.decided(
        exit, scores.device,
        draft("decision " + point.name, std::move(inputs), Decision{exit, scores.device, {}}, exit, point.layer));
    candidates_.push_back(messages_.deliver({static_cast<StageId>(drafts_.size()) - 1, Condition::conclusive},
                                            point.layer, "answer of " + point.name, exit));
  }

  void draft_answer() {
    const LayerId last = net_.answer_layer(final_level());
    Edge answer =
        messages_.deliver({messages_.origin(last).stage, Condition::always}, last, "final answer", final_level());
    const bool is_delivered = answer.from != messages_.origin(last).stage;
    if (!is_delivered && messages_.origin(last).guard < guard_of(final_level())) {
      // The last layer runs for an exit as well; its tensor is the final answer only once that exit was asked in vain.
      std::vector<Edge> both{answer};
      messages_.add_guard(both, -1, scenario_.workload.answer_at, final_level());
      answer = {draft("join answer", std::move(both), Join{2, {}, -1}, final_level(), last), Condition::always};
    }
    const LayerId end = net_.output();
    if (!candidates_.empty()) {
      candidates_.push_back(answer);
      const auto& fallback = scenario_.policy.fallback;
      if (fallback && is_used(fallback->exit)) draft_fallback(*fallback);
      answer = {draft("first conclusive", std::move(candidates_), FirstConclusive{}, final_level() + 1, end),
                Condition::always};
    }
    draft("answer", {answer}, Answer{scenario_.workload.answer_at}, final_level() + 2, end);
  }

  /// One more candidate: the unsure exit's answer, once what is behind that exit has not come in time.
  void draft_fallback(const scenarios::Fallback& fallback) {
    const model::Exit& point = net_.exits[static_cast<std::size_t>(fallback.exit)];
    const Edge unsure = messages_.deliver({messages_.decision_of(fallback.exit), Condition::inconclusive}, point.layer,
                                          "unsure answer of " + point.name, fallback.exit);
    std::size_t before = 0;  // candidates of earlier exits and this one
    for (int k = 0; k <= fallback.exit; ++k) before += is_used(k) ? 1 : 0;
    std::vector<Edge> better(candidates_.begin() + static_cast<std::ptrdiff_t>(before), candidates_.end());
    Edge rest = better.front();
    if (better.size() > 1) {
      rest = {draft("first conclusive behind " + point.name, std::move(better), FirstConclusive{}, final_level() + 1,
                    net_.output()),
              Condition::always};
    }
    candidates_.push_back({draft("fallback to " + point.name, {unsure, rest},
                                 Join{1, Span::from(fallback.after), fallback.exit}, final_level() + 1, net_.output()),
                           Condition::always});
  }

  void draft_cancels() {
    for (int k = 0; k < final_level(); ++k) {
      const bool is_eager = plan_.escalation[static_cast<std::size_t>(k)] == scenarios::Escalation::eager;
      if (is_used(k) && is_eager) messages_.cancel(k, graph_.notes);
    }
  }

  const scenarios::Scenario& scenario_;
  const model::Model& net_;
  const Plan& plan_;
  const Structure structure_;
  StageGraph graph_;
  Diagnostics errors_;
  std::vector<Draft> drafts_;
  Network network_;
  Messages messages_;
  std::size_t next_group_ = 0;
  std::vector<Edge> candidates_;  ///< for the answer: conclusive exits in order
};

}  // namespace

Result<StageGraph> lower(const scenarios::Scenario& scenario, const Plan& plan) {
  Diagnostics unfit = check_places(scenario, plan);
  if (has_errors(unfit)) return tl::unexpected(std::move(unfit));
  return Lowering(scenario, plan).run();
}

}  // namespace tiercut::deployment
