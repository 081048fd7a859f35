// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/program_maker.hpp"

#include <algorithm>
#include <stdexcept>

namespace tiercut::runtime {
namespace {

using scenarios::DeviceRef;

Location location_of(DeviceRef ref) { return {ref.device, ref.member}; }

Nanoseconds nanoseconds(Span span) { return (span.picoseconds() + 500) / 1000; }

class ProgramMaker {
 public:
  ProgramMaker(const scenarios::Scenario& scenario, const deployment::StageGraph& graph) : graph_(graph) {
    program_.model = scenario.model->source;
    for (const scenarios::Device& device : scenario.devices) {
      program_.groups.push_back({device.name, static_cast<std::int32_t>(program_.endpoints.size()), device.count});
      for (int member = 1; member <= device.count; ++member) {
        const auto name = device.count == 1 ? device.name : device.name + "." + std::to_string(member);
        program_.endpoints.push_back({name, {}, {}});
      }
    }
    // Units stand in the graph device by device in the order of their profiles.
    int unit_of_device = 0, device = -1;
    for (const deployment::Resource& resource : graph.resources) {
      if (resource.kind != deployment::Resource::Kind::unit) continue;
      unit_of_device = resource.device.device == device ? unit_of_device + 1 : 0;
      device = resource.device.device;
      const auto& profile = scenario.devices[static_cast<std::size_t>(device)].profile;
      program_.units.push_back({profile->units[static_cast<std::size_t>(unit_of_device)].name, device});
    }
  }

  Program make(const scenarios::Scenario& scenario, const std::vector<std::optional<double>>& thresholds) {
    for (const deployment::Stage& stage : graph_.stages) program_.stages.push_back(made(stage));
    const model::Model& net = *scenario.model;
    for (std::size_t k = 0; k < net.exits.size(); ++k) {
      ProgramExit exit{net.exits[k].name, net.exits[k].layer, ProgramExit::Rule::drawn, 0};
      if (k < thresholds.size() && thresholds[k]) {
        exit.rule = ProgramExit::Rule::threshold;
        exit.threshold = *thresholds[k];
      }
      program_.exits.push_back(std::move(exit));
    }
    return std::move(program_);
  }

 private:
  ProgramStage made(const deployment::Stage& stage) {
    ProgramStage out;
    out.name = stage.name;
    for (const deployment::Edge& edge : stage.inputs) {
      out.inputs.push_back({static_cast<std::int16_t>(edge.from), static_cast<ProgramEdge::When>(edge.when)});
    }
    std::visit([&](const auto& work) { describe(work, out); }, stage.work);
    if (out.kind != StageKind::transfer && out.kind != StageKind::control) out.to = out.at;
    return out;
  }

  void describe(const deployment::Source& work, ProgramStage& out) {
    out.kind = StageKind::source;
    out.at = location_of(work.device);
    out.tensor = work.input;
    out.deadline = nanoseconds(work.offset);
  }
  void describe(const deployment::Compute& work, ProgramStage& out) {
    out.kind = StageKind::compute;
    out.unit = work.unit.resource;
    out.at = {graph_.resource(work.unit.resource).device.device, work.unit.member};
    out.layers.assign(work.layers.begin(), work.layers.end());
  }
  void describe(const deployment::Transfer& work, ProgramStage& out) {
    out.kind = StageKind::transfer;
    describe(work.message, out);
    out.tensor = work.message.tensor;
    out.encoding = static_cast<std::uint8_t>(work.message.encoding);
    // Work of cost 0 waits for no unit, in every interpreter.
    if (work.message.serialise.cost > Span()) out.serialise = work.message.serialise.unit.resource;
    if (work.message.deserialise.cost > Span()) out.deserialise = work.message.deserialise.unit.resource;
  }
  void describe(const deployment::Control& work, ProgramStage& out) {
    out.kind = StageKind::control;
    describe(work.message, out);
    out.cancels.assign(work.cancels.begin(), work.cancels.end());
  }
  static void describe(const deployment::Message& message, ProgramStage& out) {
    out.at = location_of(message.from);
    out.to = location_of(message.to);
    out.size = static_cast<std::uint64_t>(std::max(0.0, message.size.value()));
    out.is_return = message.is_return;
    out.is_networked = !message.hops.empty();
  }
  void describe(const deployment::Decision& work, ProgramStage& out) {
    out.kind = StageKind::decision;
    out.at = location_of(work.owner);
    out.exit = work.exit;
    out.cancels.assign(work.cancels.begin(), work.cancels.end());
  }
  void describe(const deployment::Join& work, ProgramStage& out) {
    out.kind = StageKind::join;
    out.at = place_of_inputs(out);
    out.quorum = work.quorum;
    if (work.deadline) out.deadline = nanoseconds(*work.deadline);
  }
  void describe(const deployment::FirstConclusive&, ProgramStage& out) {
    out.kind = StageKind::first_conclusive;
    out.at = place_of_inputs(out);
  }
  void describe(const deployment::Answer& work, ProgramStage& out) {
    out.kind = StageKind::answer;
    out.at = location_of(work.device);
  }

  /// Joins have no device of their own: they are where what they wait for fires.
  Location place_of_inputs(const ProgramStage& out) const {
    if (out.inputs.empty()) throw std::logic_error("stage '" + out.name + "' has no inputs");
    return program_.stage(out.inputs.front().from).to;
  }

  const deployment::StageGraph& graph_;
  Program program_;
};

}  // namespace

Program program_of(const scenarios::Scenario& scenario, const deployment::StageGraph& graph,
                   const std::vector<std::optional<double>>& thresholds) {
  return ProgramMaker(scenario, graph).make(scenario, thresholds);
}

}  // namespace tiercut::runtime
