// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "core/random.hpp"
#include "deployment/stage_graph.hpp"

namespace tiercut::testing {

/// The contract of a stage graph once more, for periodic arrivals, constant costs and fifo links without loss, jitter
/// or windows: by brute force, without SimGrid and without a line of the simulator. At each moment every stage of every
/// sample is looked at again until nothing changes.
class ReferenceSimulation {
 public:
  ReferenceSimulation(const deployment::StageGraph& graph, std::int64_t samples, std::uint64_t seed)
      : graph_(graph), seed_(seed), samples_(static_cast<std::size_t>(samples)) {
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      auto& sample = samples_[i];
      const double ticks = graph.arrivals.period.value() * 1e12 * static_cast<double>(i) / graph.members;
      sample.arrival = Instant(static_cast<std::int64_t>(ticks + 0.5));
      sample.member = static_cast<int>(i % static_cast<std::size_t>(graph.members)) + 1;
      sample.stages.resize(graph.stages.size());
      for (std::size_t s = 0; s < graph.stages.size(); ++s) {
        sample.stages[s].steps = steps_of(graph.stages[s], sample.member);
        if (const auto* source = std::get_if<deployment::Source>(&graph.stages[s].work)) {
          moments_.insert(sample.arrival + source->offset);
        }
      }
    }
  }

  /// Latency by sample; nothing where no answer comes.
  std::vector<std::optional<Span>> run() {
    while (!moments_.empty()) {
      now_ = *moments_.begin();
      moments_.erase(moments_.begin());
      while (finish_what_ends_now() || look_at_everything() || hand_out()) {
      }
    }
    std::vector<std::optional<Span>> latencies;
    for (const auto& sample : samples_) {
      const auto fired = sample.stages[static_cast<std::size_t>(graph_.answer)].fired;
      latencies.push_back(fired ? std::optional(*fired - sample.arrival) : std::nullopt);
    }
    return latencies;
  }

 private:
  using Copy = std::pair<int, int>;
  struct Step {
    std::optional<Copy> resource;  // else a delay
    Span duration{};
  };
  struct State {
    std::vector<Step> steps;
    std::size_t step = 0;
    bool is_dead = false, is_under_way = false, has_begun = false, is_waiting = false;
    std::optional<Instant> ends, fired;
  };
  struct Sample {
    Instant arrival;
    int member = 1;
    std::vector<State> stages;
  };

  Copy copy_of(deployment::ResourceUse use, int member) const {
    if (graph_.resource(use.resource).copies == 1) return {use.resource, 1};
    return {use.resource, use.member == 0 ? member : use.member};
  }

  std::vector<Step> steps_of(const deployment::Stage& stage, int member) const {
    std::vector<Step> steps;
    const auto add = [&](deployment::ResourceUse use, Span duration) {
      steps.push_back({copy_of(use, member), duration});
    };
    if (const auto* c = std::get_if<deployment::Compute>(&stage.work)) add(c->unit, c->cost + c->exit_check);
    const auto* transfer = std::get_if<deployment::Transfer>(&stage.work);
    const auto* control = std::get_if<deployment::Control>(&stage.work);
    if (transfer == nullptr && control == nullptr) return steps;
    const auto& message = transfer != nullptr ? transfer->message : control->message;
    if (message.serialise.cost > Span()) add(message.serialise.unit, message.serialise.cost);
    for (const auto& hop : message.hops) {
      add(hop, deployment::transmission(graph_.resource(hop.resource), message.size));
      steps.push_back({std::nullopt, graph_.resource(hop.resource).latency});
    }
    if (message.deserialise.cost > Span()) add(message.deserialise.unit, message.deserialise.cost);
    return steps;
  }

  bool finish_what_ends_now() {
    bool changed = false;
    for (auto& sample : samples_) {
      for (auto& stage : sample.stages) {
        if (!stage.ends || *stage.ends != now_) continue;
        changed = true;
        stage.ends.reset();
        if (stage.steps[stage.step].resource) busy_.erase(*stage.steps[stage.step].resource);
        ++stage.step;
      }
    }
    return changed;
  }

  bool look_at_everything() {
    bool changed = false;
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      for (std::size_t s = 0; s < graph_.stages.size(); ++s) changed = look_at(i, s) || changed;
    }
    return changed;
  }

  bool look_at(std::size_t i, std::size_t s) {
    auto& stage = samples_[i].stages[s];
    if (stage.fired || stage.is_dead || stage.ends || stage.is_waiting) return false;
    if (!stage.is_under_way) return decide(i, s);
    if (stage.step == stage.steps.size()) return fire(i, s);
    const Step& step = stage.steps[stage.step];
    if (step.resource) {
      waiting_[*step.resource].insert({now_, s, i});
      stage.is_waiting = true;
    } else {
      end_at(stage, now_ + step.duration);
    }
    return true;
  }

  void end_at(State& stage, Instant end) {
    stage.ends = end;
    if (end > now_) moments_.insert(end);
  }

  bool outcome(std::size_t i, int exit) const {
    const auto& point = graph_.exits[static_cast<std::size_t>(exit)];
    return RandomStream(seed_, entity_id("exit/" + point.name), i).uniform() < point.probability;
  }

  enum class Input { open, fired, dead };
  Input input(std::size_t i, const deployment::Edge& edge) const {
    const auto& from = samples_[i].stages[static_cast<std::size_t>(edge.from)];
    if (from.is_dead) return Input::dead;
    if (!from.fired) return Input::open;
    if (edge.when == deployment::Condition::always) return Input::fired;
    const bool wants = edge.when == deployment::Condition::conclusive;
    const auto& decision = std::get<deployment::Decision>(graph_.stage(edge.from).work);
    return outcome(i, decision.exit) == wants ? Input::fired : Input::dead;
  }

  bool decide(std::size_t i, std::size_t s) {
    const auto& stage = graph_.stages[s];
    auto& state = samples_[i].stages[s];
    if (const auto* source = std::get_if<deployment::Source>(&stage.work)) {
      return now_ >= samples_[i].arrival + source->offset && fire(i, s);
    }
    int fired = 0, dead = 0;
    const int all = static_cast<int>(stage.inputs.size());
    std::optional<Instant> first;
    for (const auto& edge : stage.inputs) {
      const Input in = input(i, edge);
      dead += in == Input::dead ? 1 : 0;
      if (in != Input::fired) continue;
      ++fired;
      const Instant when = *samples_[i].stages[static_cast<std::size_t>(edge.from)].fired;
      first = first ? std::min(*first, when) : when;
    }
    if (std::holds_alternative<deployment::FirstConclusive>(stage.work)) {
      if (fired > 0) return fire(i, s);
      return state.is_dead = dead == all;
    }
    if (const auto* join = std::get_if<deployment::Join>(&stage.work)) {
      if (all - dead < join->quorum) return state.is_dead = true;
      if (fired == all - dead) return fire(i, s);
      if (!join->deadline || !first) return false;
      if (now_ < *first + *join->deadline) moments_.insert(*first + *join->deadline);
      return now_ >= *first + *join->deadline && fired >= join->quorum && fire(i, s);
    }
    if (dead > 0) return state.is_dead = true;
    if (fired < all) return false;
    return state.is_under_way = true;
  }

  bool fire(std::size_t i, std::size_t s) {
    samples_[i].stages[s].fired = now_;
    const auto& work = graph_.stages[s].work;
    if (const auto* decision = std::get_if<deployment::Decision>(&work)) {
      if (outcome(i, decision->exit)) cancel(i, decision->cancels);
    }
    if (const auto* control = std::get_if<deployment::Control>(&work)) cancel(i, control->cancels);
    return true;
  }

  void cancel(std::size_t i, const std::vector<deployment::StageId>& stages) {
    for (auto id : stages) {
      const auto s = static_cast<std::size_t>(id);
      auto& stage = samples_[i].stages[s];
      if (stage.fired || stage.has_begun) continue;
      stage.is_dead = true;
      for (auto& [copy, queue] : waiting_)
        std::erase_if(queue, [&](const auto& w) { return std::get<1>(w) == s && std::get<2>(w) == i; });
    }
  }

  bool hand_out() {
    bool changed = false;
    for (auto& [copy, queue] : waiting_) {
      if (queue.empty() || busy_.contains(copy)) continue;
      const auto [ready, s, i] = *queue.begin();
      queue.erase(queue.begin());
      auto& stage = samples_[i].stages[s];
      stage.is_waiting = false;
      stage.has_begun = true;
      busy_.insert(copy);
      end_at(stage, now_ + stage.steps[stage.step].duration);
      changed = true;
    }
    return changed;
  }

  const deployment::StageGraph& graph_;
  std::uint64_t seed_;
  std::vector<Sample> samples_;
  std::set<Instant> moments_;
  std::map<Copy, std::set<std::tuple<Instant, std::size_t, std::size_t>>> waiting_;  // by ready time, stage, sample
  std::set<Copy> busy_;
  Instant now_;
};

}  // namespace tiercut::testing
