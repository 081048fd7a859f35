// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime_agent/virtual_deployment.hpp"

#include <map>
#include <set>

#include "runtime/agent/program_maker.hpp"
#include "runtime/agent/stage_machine.hpp"

namespace tiercut::runtime {
namespace {

// The machines only compare and add times, so they may as well be picoseconds.
using Time = std::int64_t;

struct Step {
  std::optional<std::pair<int, int>> resource;  // and copy; nothing for a delay
  Time duration = 0;
  bool leaves_connection = false;
};

class World {
 public:
  World(const scenarios::Scenario& scenario, const deployment::StageGraph& graph, std::uint32_t conclusive)
      : graph_(graph), base_(program_of(scenario, graph, {})) {
    for (std::size_t i = 0; i < graph.stages.size(); ++i) {
      const auto* join = std::get_if<deployment::Join>(&graph.stages[i].work);
      if (join != nullptr && join->deadline) base_.stages[i].deadline = join->deadline->picoseconds();
      const auto* source = std::get_if<deployment::Source>(&graph.stages[i].work);
      if (source != nullptr) base_.stages[i].deadline = source->offset.picoseconds();
    }
    id_ = {1, 0, 1, conclusive};
    for (std::size_t e = 0; e < base_.endpoints.size(); ++e) {
      auto device = std::make_unique<Device>(*this, base_, static_cast<std::uint16_t>(e), *scenario.model);
      devices_.push_back(std::move(device));
    }
    steps_.resize(graph.stages.size());
    for (std::size_t i = 0; i < graph.stages.size(); ++i) steps_[i] = steps_of(graph.stages[i]);
    at_.assign(graph.stages.size(), 0);
  }

  std::optional<Span> run() {
    for (int stage = 0; stage < base_.stage_count(); ++stage) {
      if (base_.stage(stage).kind == StageKind::source) due_.insert({base_.stage(stage).deadline, stage});
    }
    for (Time now = 0; !answered_ && next_moment(now);) {
      while (!due_.empty() && due_.begin()->first == now) {
        const int stage = due_.begin()->second;
        due_.erase(due_.begin());
        handle(stage, now);
      }
      for (const auto& device : devices_) {
        if (device->machine.next_deadline() <= now) device->machine.pass_deadlines(now);
      }
      start_idle(now);
    }
    if (!answered_) return std::nullopt;
    return Span(*answered_);
  }

 private:
  struct Device : StageMachine::Actions {
    Device(World& around, Program of_all, std::uint16_t endpoint, const model::Model& model)
        : world(around), program(std::move(of_all)), machine((program.endpoint = endpoint, program), model, *this) {}
    void start_compute(const SamplePointer& sample, int stage) override { world.begin(*this, sample, stage); }
    void start_message(const SamplePointer& sample, int stage) override { world.begin(*this, sample, stage); }
    bool withdraw(const SamplePointer&, int stage) override { return world.withdraw(stage); }
    void report(TraceEvent event) override {
      if (event.kind == TraceEvent::Kind::fired && event.stage == world.graph_.answer) world.answered_ = event.fired;
    }
    World& world;
    Program program;
    StageMachine machine;
  };

  bool next_moment(Time& now) {
    Time next = INT64_MAX;
    if (!due_.empty()) next = due_.begin()->first;
    for (const auto& device : devices_) next = std::min(next, device->machine.next_deadline());
    if (next == INT64_MAX) return false;
    now = next;
    return true;
  }

  std::pair<int, int> copy_of(deployment::ResourceUse use) const {
    const int own = use.member == 0 ? 0 : use.member - 1;
    return {use.resource, graph_.resource(use.resource).copies == 1 ? 0 : own};
  }

  std::vector<Step> steps_of(const deployment::Stage& stage) const {
    std::vector<Step> steps;
    if (const auto* compute = std::get_if<deployment::Compute>(&stage.work)) {
      return {{copy_of(compute->unit), (compute->cost + compute->exit_check).picoseconds(), false}};
    }
    const deployment::Message* message = nullptr;
    if (const auto* transfer = std::get_if<deployment::Transfer>(&stage.work)) message = &transfer->message;
    if (const auto* control = std::get_if<deployment::Control>(&stage.work)) message = &control->message;
    if (message == nullptr) return steps;
    if (message->serialise.cost > Span()) {
      steps.push_back({copy_of(message->serialise.unit), message->serialise.cost.picoseconds(), false});
    }
    for (const deployment::ResourceUse hop : message->hops) {
      const deployment::Resource& link = graph_.resource(hop.resource);
      steps.push_back({copy_of(hop), transmission(link, message->size).picoseconds(), false});
      steps.push_back({std::nullopt, link.latency.picoseconds(), false});
    }
    if (!message->hops.empty()) steps.back().leaves_connection = true;
    if (message->deserialise.cost > Span()) {
      steps.push_back({copy_of(message->deserialise.unit), message->deserialise.cost.picoseconds(), false});
    }
    return steps;
  }

  int connection_of(int stage) const {
    const auto& work = graph_.stage(stage).work;
    if (const auto* transfer = std::get_if<deployment::Transfer>(&work)) return transfer->message.connection;
    if (const auto* control = std::get_if<deployment::Control>(&work)) return control->message.connection;
    return -1;
  }

  Device& device_at(const Location& place) { return *devices_[static_cast<std::size_t>(base_.endpoint_of(place, 1))]; }

  void begin(Device&, const SamplePointer& sample, int stage) {
    samples_[stage] = sample;
    advance(stage, sample->stages[static_cast<std::size_t>(stage)].ready);
  }

  void handle(int stage, Time now) {
    if (base_.stage(stage).kind == StageKind::source) {
      device_at(base_.stage(stage).at).machine.arise(id_, stage, nullptr, now);
      return;
    }
    const Step& step = steps_[static_cast<std::size_t>(stage)][at_[static_cast<std::size_t>(stage)]];
    if (step.resource) busy_.erase(*step.resource);
    finish_step(stage, now);
  }

  void finish_step(int stage, Time now) {
    const Step& step = steps_[static_cast<std::size_t>(stage)][at_[static_cast<std::size_t>(stage)]];
    ++at_[static_cast<std::size_t>(stage)];
    if (!step.leaves_connection) return advance(stage, now);
    const int connection = connection_of(stage);
    arrived_.insert(stage);
    auto& entered = entered_[connection];
    while (!entered.empty() && arrived_.contains(entered.begin()->second)) {
      const int next = entered.begin()->second;
      entered.erase(entered.begin());
      arrived_.erase(next);
      advance(next, now);
    }
  }

  void advance(int stage, Time now) {
    const auto index = static_cast<std::size_t>(stage);
    if (at_[index] == steps_[index].size()) return complete(stage, now);
    const Step& step = steps_[index][at_[index]];
    const bool is_first_hop = connection_of(stage) >= 0 && step.resource &&
                              graph_.resource(step.resource->first).kind == deployment::Resource::Kind::link &&
                              !has_entered_.contains(stage);
    if (is_first_hop) {
      has_entered_.insert(stage);
      entered_[connection_of(stage)].insert({now, stage});
    }
    if (step.resource) {
      waiting_[*step.resource].insert({now, stage});
    } else if (step.duration == 0) {
      finish_step(stage, now);
    } else {
      due_.insert({now + step.duration, stage});
    }
  }

  void complete(int stage, Time now) {
    const ProgramStage& work = base_.stage(stage);
    TraceEvent event;
    event.stage = static_cast<std::int16_t>(stage);
    event.deciding = samples_[stage]->stages[static_cast<std::size_t>(stage)].deciding;
    event.fired = now;
    Device& there = device_at(work.to);
    if (work.kind == StageKind::compute) {
      there.machine.computed(samples_[stage], stage, {}, {}, event);
    } else if (&there == &device_at(work.at)) {
      there.machine.moved(samples_[stage], stage, event);
    } else {
      device_at(work.at).machine.sent(samples_[stage], stage);
      there.machine.deliver(id_, stage, nullptr, event);
    }
  }

  bool withdraw(int stage) {
    const auto index = static_cast<std::size_t>(stage);
    if (at_[index] != 0 || steps_[index].empty() || !steps_[index][0].resource) return false;
    auto& queue = waiting_[*steps_[index][0].resource];
    const auto found = std::find_if(queue.begin(), queue.end(), [&](const auto& each) { return each.second == stage; });
    if (found == queue.end()) return false;
    queue.erase(found);
    for (auto& [connection, entered] : entered_) {
      std::erase_if(entered, [&](const auto& each) { return each.second == stage; });
    }
    return true;
  }

  void start_idle(Time now) {
    for (auto& [resource, queue] : waiting_) {
      if (queue.empty() || busy_.contains(resource)) continue;
      const int stage = queue.begin()->second;
      queue.erase(queue.begin());
      busy_.insert(resource);
      due_.insert(
          {now + steps_[static_cast<std::size_t>(stage)][at_[static_cast<std::size_t>(stage)]].duration, stage});
    }
  }

  const deployment::StageGraph& graph_;
  Program base_;
  SampleId id_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::vector<std::vector<Step>> steps_;
  std::vector<std::size_t> at_;
  std::map<int, SamplePointer> samples_;
  std::set<std::pair<Time, int>> due_;
  std::map<std::pair<int, int>, std::set<std::pair<Time, int>>> waiting_;
  std::set<std::pair<int, int>> busy_;
  std::map<int, std::set<std::pair<Time, int>>> entered_;
  std::set<int> arrived_, has_entered_;
  std::optional<Time> answered_;
};

}  // namespace

std::optional<Span> run_on_machines(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                                    std::uint32_t conclusive) {
  return World(scenario, graph, conclusive).run();
}

}  // namespace tiercut::runtime
