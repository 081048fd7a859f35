// SPDX-License-Identifier: Apache-2.0
#include "deployment/replay.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

namespace tiercut::deployment {

namespace {

/// A stage goes through steps: each is work on a resource (queued) or a plain delay.
struct Step {
  std::optional<std::pair<int, int>> resource;  // (resource, copy); nothing for a delay
  Span duration{};
  bool is_fair = false;
  bool enters_connection = false;
  bool leaves_connection = false;
};

struct Progress {
  bool is_dead = false;
  bool has_begun = false;
  std::optional<Instant> fired;
  std::size_t step = 0;
  std::vector<Step> steps;
};

struct Waiting {
  Instant ready;
  StageId stage;
  auto operator<=>(const Waiting&) const = default;
};

struct ConnectionState {
  Bytes window{};
  Instant last_delivery{};
  std::set<Waiting> entered;  // not yet delivered, in order of entry
  std::set<StageId> arrived;  // of those, the ones that only wait for their turn
};

class Replay {
 public:
  Replay(const StageGraph& graph, const std::vector<bool>& conclusive)
      : graph_(graph), conclusive_(conclusive), stages_(graph.stages.size()), connections_(graph.connections.size()) {
    for (std::size_t i = 0; i < stages_.size(); ++i) stages_[i].steps = steps_of(graph.stages[i]);
    for (std::size_t c = 0; c < connections_.size(); ++c) connections_[c].window = first_window(static_cast<int>(c));
  }

  std::optional<Span> run() {
    for (StageId id = 0; id < count(); ++id) {
      if (const auto* source = std::get_if<Source>(&graph_.stage(id).work))
        due_.insert({Instant() + source->offset, id});
    }
    while (!due_.empty()) {
      const Instant now = due_.begin()->first;
      while (!due_.empty() && due_.begin()->first == now) handle_everything_due(now);
    }
    const auto& answer = stages_[static_cast<std::size_t>(graph_.answer)];
    if (!answer.fired) return std::nullopt;
    return *answer.fired - Instant();
  }

  bool overlapped() const { return overlapped_; }

  /// Back from the answer along what came first, until an edge says whose answer it is.
  int answered_by() {
    for (StageId id = graph_.answer;;) {
      const auto& stage = graph_.stage(id);
      const bool is_race = std::holds_alternative<FirstConclusive>(stage.work);
      const Edge* first = nullptr;
      for (const auto& edge : stage.inputs) {
        if (state_of(edge) != EdgeState::fired) continue;
        if (!is_race && edge.when == Condition::conclusive) return decided_by(edge);
        const auto key = [this](const Edge& of) { return std::pair(*at(of.from).fired, of.from); };
        if (first == nullptr || key(edge) < key(*first)) first = &edge;
      }
      if (is_race && first->when == Condition::conclusive) return decided_by(*first);
      const bool goes_on = is_race || std::holds_alternative<Answer>(stage.work);
      if (!goes_on) return static_cast<int>(graph_.exits.size());
      id = first->from;
    }
  }

 private:
  int decided_by(const Edge& edge) const { return std::get<Decision>(graph_.stage(edge.from).work).exit; }

  int count() const { return static_cast<int>(stages_.size()); }
  Progress& at(StageId id) { return stages_[static_cast<std::size_t>(id)]; }
  ConnectionState& connection(int index) { return connections_[static_cast<std::size_t>(index)]; }

  std::pair<int, int> copy_of(ResourceUse use) const {
    return {use.resource, graph_.resource(use.resource).copies == 1 || use.member == 0 ? 0 : use.member - 1};
  }

  Bytes first_window(int index) const {
    const auto& transport = graph_.connections[static_cast<std::size_t>(index)].transport;
    if (graph_.arrivals.period > transport.idle_restart) return transport.initial_window;
    Bytes largest = transport.initial_window;
    for (const auto& stage : graph_.stages) {
      const Message* message = message_of(stage);
      if (message != nullptr && message->connection == index) largest = std::max(largest, message->size);
    }
    return std::min(largest, transport.largest_window);
  }

  static const Message* message_of(const Stage& stage) {
    if (const auto* transfer = std::get_if<Transfer>(&stage.work)) return &transfer->message;
    if (const auto* control = std::get_if<Control>(&stage.work)) return &control->message;
    return nullptr;
  }

  std::vector<Step> steps_of(const Stage& stage) const {
    if (const auto* compute = std::get_if<Compute>(&stage.work)) {
      return {{copy_of(compute->unit), compute->cost + compute->exit_check}};
    }
    const Message* message = message_of(stage);
    std::vector<Step> steps;
    if (message == nullptr) return steps;
    if (message->serialise.cost > Span()) steps.push_back({copy_of(message->serialise.unit), message->serialise.cost});
    if (!message->hops.empty()) add_hops(*message, steps);
    if (message->deserialise.cost > Span()) {
      steps.push_back({copy_of(message->deserialise.unit), message->deserialise.cost});
    }
    return steps;
  }

  void add_hops(const Message& message, std::vector<Step>& steps) const {
    const std::size_t first = steps.size();
    if (graph_.resource(message.hops.front().resource).discipline == scenarios::Discipline::fair) {
      // Alone on its route a message gets the narrowest link; overheads go before, latencies after.
      Span before{}, after{};
      BytesPerSecond share = BytesPerSecond::infinite();
      for (const auto& hop : message.hops) {
        const auto& link = graph_.resource(hop.resource);
        before += link.overhead;
        after += link.latency;
        share = std::min(share, link.bandwidth);
      }
      steps.push_back({std::nullopt, before});
      steps.push_back({std::nullopt, Span::from(message.size / share), true});
      steps.push_back({std::nullopt, after});
    } else {
      for (const auto& hop : message.hops) {
        const auto& link = graph_.resource(hop.resource);
        steps.push_back({copy_of(hop), transmission(link, message.size)});
        steps.push_back({std::nullopt, link.latency});
      }
    }
    steps[first].enters_connection = true;
    steps.back().leaves_connection = true;
  }

  void handle_everything_due(Instant now) {
    std::vector<StageId> events;
    while (!due_.empty() && due_.begin()->first == now) {
      events.push_back(due_.begin()->second);
      due_.erase(due_.begin());
    }
    for (StageId id : events) handle(id, now);
    start_idle_resources(now);
  }

  void handle(StageId id, Instant now) {
    auto& stage = at(id);
    if (std::holds_alternative<Source>(graph_.stage(id).work)) return fire(id, now);
    if (std::holds_alternative<Join>(graph_.stage(id).work)) return consider(id, now);  // its deadline
    if (stage.steps[stage.step].resource) busy_.erase(*stage.steps[stage.step].resource);
    if (stage.steps[stage.step].is_fair) {
      for (const auto& hop : message_of(graph_.stage(id))->hops) --sharing_[copy_of(hop)];
    }
    finish_step(id, now);
  }

  void finish_step(StageId id, Instant now) {
    auto& stage = at(id);
    const bool leaves_connection = stage.steps[stage.step].leaves_connection;
    ++stage.step;
    if (!leaves_connection) return advance(id, now);
    auto& state = connection(message_of(graph_.stage(id))->connection);
    state.arrived.insert(id);
    while (!state.entered.empty() && state.arrived.contains(state.entered.begin()->stage)) {
      const StageId next = state.entered.begin()->stage;
      state.entered.erase(state.entered.begin());
      state.arrived.erase(next);
      state.last_delivery = now;
      advance(next, now);
    }
  }

  /// Begins the stage's next step, or fires it after its last.
  void advance(StageId id, Instant now) {
    auto& stage = at(id);
    if (stage.step == stage.steps.size()) return fire(id, now);
    if (stage.steps[stage.step].enters_connection) entering_.insert(id);
    const Step& step = stage.steps[stage.step];
    if (step.resource) {
      waiting_[*step.resource].insert({now, id});
      return;
    }
    if (step.is_fair) {
      for (const auto& hop : message_of(graph_.stage(id))->hops) {
        if (++sharing_[copy_of(hop)] > 1) overlapped_ = true;
      }
    } else if (step.duration == Span()) {
      return finish_step(id, now);
    }
    due_.insert({now + step.duration, id});
  }

  /// Messages that reached their first hop in this round, in the order of stages: the window acts here.
  void enter_connections(Instant now) {
    for (StageId id : entering_) {
      const Message& message = *message_of(graph_.stage(id));
      const auto& definition = graph_.connections[static_cast<std::size_t>(message.connection)];
      auto& state = connection(message.connection);
      if (definition.transport.kind == scenarios::Transport::Kind::tcp) {
        if (state.entered.empty() && state.last_delivery > Instant() &&
            (now - state.last_delivery).seconds() > definition.transport.idle_restart) {
          state.window = definition.transport.initial_window;
        }
        BytesPerSecond slowest = BytesPerSecond::infinite();
        for (const auto& hop : message.hops) slowest = std::min(slowest, graph_.resource(hop.resource).bandwidth);
        const Span delay = window_delay(definition, message.size, slowest, state.window);
        for (auto& step : at(id).steps) {
          if (step.leaves_connection) step.duration += delay;
        }
      }
      state.entered.insert({now, id});
    }
    entering_.clear();
  }

  void start_idle_resources(Instant now) {
    enter_connections(now);
    for (auto& [resource, queue] : waiting_) {
      while (!queue.empty()) {
        const StageId id = queue.begin()->stage;
        const Step& step = at(id).steps[at(id).step];
        if (busy_.contains(resource)) break;
        queue.erase(queue.begin());
        at(id).has_begun = true;
        busy_.insert(resource);
        due_.insert({now + step.duration, id});
      }
    }
  }

  void fire(StageId id, Instant now) {
    auto& stage = at(id);
    if (stage.fired || stage.is_dead) return;
    stage.fired = now;
    if (const auto* decision = std::get_if<Decision>(&graph_.stage(id).work)) {
      if (conclusive_[static_cast<std::size_t>(decision->exit)]) cancel(decision->cancels, now);
    }
    if (const auto* control = std::get_if<Control>(&graph_.stage(id).work)) cancel(control->cancels, now);
    for (StageId next = id + 1; next < count(); ++next) {
      if (depends_on(next, id)) consider(next, now);
    }
  }

  void cancel(const std::vector<StageId>& victims, Instant now) {
    for (StageId id : victims) {
      auto& stage = at(id);
      if (stage.fired || stage.has_begun || stage.is_dead) continue;
      for (auto& [resource, queue] : waiting_) std::erase_if(queue, [id](const Waiting& w) { return w.stage == id; });
      kill(id, now);
    }
  }

  bool depends_on(StageId stage, StageId on) const {
    const auto& inputs = graph_.stage(stage).inputs;
    return std::any_of(inputs.begin(), inputs.end(), [on](const Edge& edge) { return edge.from == on; });
  }

  enum class EdgeState { open, fired, dead };
  EdgeState state_of(const Edge& edge) {
    const auto& from = at(edge.from);
    if (from.is_dead) return EdgeState::dead;
    if (!from.fired) return EdgeState::open;
    const auto* decision = std::get_if<Decision>(&graph_.stage(edge.from).work);
    if (decision == nullptr || edge.when == Condition::always) return EdgeState::fired;
    const bool came_out = conclusive_[static_cast<std::size_t>(decision->exit)];
    return came_out == (edge.when == Condition::conclusive) ? EdgeState::fired : EdgeState::dead;
  }

  void consider(StageId id, Instant now) {
    auto& stage = at(id);
    if (stage.fired || stage.is_dead || started_.contains(id)) return;
    int fired = 0, dead = 0;
    std::optional<Instant> first;
    const auto& inputs = graph_.stage(id).inputs;
    for (const auto& edge : inputs) {
      const auto state = state_of(edge);
      if (state == EdgeState::dead) ++dead;
      if (state != EdgeState::fired) continue;
      ++fired;
      const Instant when = *at(edge.from).fired;
      first = first ? std::min(*first, when) : when;
    }
    const int all = static_cast<int>(inputs.size());
    if (std::holds_alternative<FirstConclusive>(graph_.stage(id).work)) {
      if (fired > 0) return fire(id, now);
      if (dead == all) kill(id, now);
      return;
    }
    if (const auto* join = std::get_if<Join>(&graph_.stage(id).work))
      return consider_join(id, *join, fired, dead, first, now);
    if (dead > 0) return kill(id, now);
    if (fired < all) return;
    started_.insert(id);
    advance(id, now);
  }

  void consider_join(StageId id, const Join& join, int fired, int dead, std::optional<Instant> first, Instant now) {
    if (join.fallback >= 0) return;
    const int live = static_cast<int>(graph_.stage(id).inputs.size()) - dead;
    if (live < join.quorum) return kill(id, now);
    if (fired == live) return fire(id, now);
    if (!join.deadline || !first) return;
    const Instant deadline = *first + *join.deadline;
    if (now >= deadline && fired >= join.quorum) return fire(id, now);
    if (now < deadline) due_.insert({deadline, id});
  }

  void kill(StageId id, Instant now) {
    at(id).is_dead = true;
    for (StageId next = id + 1; next < count(); ++next) {
      if (depends_on(next, id)) consider(next, now);
    }
  }

  const StageGraph& graph_;
  const std::vector<bool>& conclusive_;
  std::vector<Progress> stages_;
  std::vector<ConnectionState> connections_;
  std::set<std::pair<Instant, StageId>> due_;
  std::map<std::pair<int, int>, std::set<Waiting>> waiting_;
  std::set<std::pair<int, int>> busy_;
  std::map<std::pair<int, int>, int> sharing_;  // messages on each fair link
  std::set<StageId> started_;
  std::set<StageId> entering_;
  bool overlapped_ = false;
};

}  // namespace

std::optional<Span> replay(const StageGraph& graph, const std::vector<bool>& conclusive, bool* overlapped) {
  Replay sample(graph, conclusive);
  const auto latency = sample.run();
  if (overlapped != nullptr && sample.overlapped()) *overlapped = true;
  return latency;
}

std::optional<int> answered_by(const StageGraph& graph, const std::vector<bool>& conclusive) {
  Replay sample(graph, conclusive);
  if (!sample.run()) return std::nullopt;
  return sample.answered_by();
}

Result<Summary> replay_mixture(const StageGraph& graph, bool* overlapped) {
  std::vector<std::size_t> asked;
  for (const auto& stage : graph.stages) {
    if (const auto* decision = std::get_if<Decision>(&stage.work))
      asked.push_back(static_cast<std::size_t>(decision->exit));
  }
  if (asked.size() > 12) return fail("too-many-outcomes", "the checker evaluates at most 12 exits");
  std::vector<WeightedValue> mixture;
  for (unsigned combination = 0; combination < (1u << asked.size()); ++combination) {
    std::vector<bool> conclusive(graph.exits.size(), false);
    double weight = 1;
    std::uint32_t decided = 0, said = 0;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const bool is_conclusive = (combination >> i & 1u) != 0;
      conclusive[asked[i]] = is_conclusive;
      const double p = graph.exits[asked[i]].probability;
      weight *= is_conclusive ? p : 1 - p;
      decided |= 1u << asked[i];
      if (is_conclusive) said |= 1u << asked[i];
    }
    if (graph.replay)
      weight = static_cast<double>(graph.replay->rows_with(decided, said)) / static_cast<double>(graph.replay->rows());
    if (weight == 0) continue;
    const auto latency = replay(graph, conclusive, overlapped);
    mixture.push_back({latency ? latency->seconds().value() : std::numeric_limits<double>::infinity(), weight});
  }
  return summarise(std::move(mixture));
}

}  // namespace tiercut::deployment
