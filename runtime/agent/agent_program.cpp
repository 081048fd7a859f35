// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/agent_program.hpp"

#include <algorithm>

namespace tiercut::runtime {
namespace {

class ProgramCheck {
 public:
  ProgramCheck(const Program& program, const model::Model& model) : program_(program), model_(model) {}

  /// What is wrong, or empty.
  std::string run() {
    constexpr std::size_t most = 30'000;
    if (program_.stages.empty() || program_.stages.size() > most) return "it has no stages, or too many";
    if (program_.endpoints.size() > most || program_.endpoint >= program_.endpoints.size()) return "bad endpoints";
    if (program_.exits.size() != model_.exits.size()) return "its exits are not the model's";
    for (const ProgramExit& exit : program_.exits) {
      if (!is_layer(exit.layer)) return "exit '" + exit.name + "' has no layer";
    }
    for (const ProgramGroup& group : program_.groups) {
      const auto end = static_cast<std::int64_t>(group.first_endpoint) + group.count;
      if (group.first_endpoint < 0 || group.count < 1 || end > static_cast<std::int64_t>(program_.endpoints.size())) {
        return "group '" + group.name + "' has no endpoints";
      }
    }
    for (const ProgramUnit& unit : program_.units) {
      if (unit.group < 0 || unit.group >= static_cast<int>(program_.groups.size())) return "a unit has no device";
    }
    for (const ProgramWeights& weights : program_.weights) {
      constexpr std::uint64_t most_values = std::uint64_t{1} << 40;
      if (!is_layer(weights.layer) || weights.floats > most_values || weights.words > most_values) return "bad weights";
    }
    for (int id = 0; id < program_.stage_count(); ++id) {
      if (const std::string why = misfit(id); !why.empty()) {
        return "stage " + std::to_string(id) + " (" + program_.stage(id).name + "): " + why;
      }
    }
    return {};
  }

 private:
  bool is_layer(int id) const { return id >= 0 && id < model_.layer_count(); }
  bool is_place(const Location& place) const {
    return place.group >= 0 && place.group < static_cast<int>(program_.groups.size()) && place.member >= 0 &&
           place.member <= program_.groups[static_cast<std::size_t>(place.group)].count;
  }
  bool is_unit(int unit, const Location& place) const {
    return unit >= 0 && unit < static_cast<int>(program_.units.size()) &&
           program_.units[static_cast<std::size_t>(unit)].group == place.group;
  }

  std::string misfit(int id) const {
    const ProgramStage& stage = program_.stage(id);
    if (!is_place(stage.at) || !is_place(stage.to)) return "no such place";
    for (const ProgramEdge& edge : stage.inputs) {
      if (edge.from < 0 || edge.from >= id) return "an input does not come before it";
      const ProgramStage& from = program_.stage(edge.from);
      if (edge.when != ProgramEdge::When::always && from.kind != StageKind::decision) return "waits for no decision";
      if (!(from.to == stage.at) && !is_alone(from.to, stage.at)) return "an input fires elsewhere: " + from.name;
    }
    if ((stage.kind == StageKind::source) != stage.inputs.empty()) return "inputs of a source, or none";
    for (const std::int16_t cancelled : stage.cancels) {
      if (cancelled < 0 || cancelled >= program_.stage_count()) return "cancels what is not there";
    }
    switch (stage.kind) {
      case StageKind::source:
        return is_layer(stage.tensor) ? "" : "no tensor";
      case StageKind::compute:
        return misfit_of_layers(stage);
      case StageKind::transfer:
        if (!is_layer(stage.tensor) || stage.encoding > static_cast<std::uint8_t>(model::Encoding::bit)) {
          return "no tensor";
        }
        if (stage.serialise >= 0 && !is_unit(stage.serialise, stage.at)) return "no unit to serialise";
        if (stage.deserialise >= 0 && !is_unit(stage.deserialise, stage.to)) return "no unit to deserialise";
        return stage.size <= largest_message_bytes ? "" : "too large";
      case StageKind::control:
        return stage.size <= largest_message_bytes ? "" : "too large";
      case StageKind::decision:
        return stage.exit >= 0 && stage.exit < static_cast<int>(program_.exits.size()) ? "" : "no such exit";
      case StageKind::join:
        return stage.quorum >= 1 && stage.quorum <= static_cast<int>(stage.inputs.size()) ? "" : "bad quorum";
      case StageKind::first_conclusive:
      case StageKind::answer:
        return "";
    }
    return "no such kind";
  }

  /// A group of one has one member, however it is named.
  bool is_alone(const Location& a, const Location& b) const {
    return a.group == b.group && program_.groups[static_cast<std::size_t>(a.group)].count == 1;
  }

  std::string misfit_of_layers(const ProgramStage& stage) const {
    if (!is_unit(stage.unit, stage.at)) return "no such unit there";
    int before = -1;
    for (const std::int32_t layer : stage.layers) {
      if (layer <= before || !is_layer(layer)) return "layers out of order";
      if (model_.layer(layer).type == model::LayerType::input) return "an input is not run";
      before = layer;
    }
    return stage.layers.empty() ? "no layers" : "";
  }

  static constexpr std::uint64_t largest_message_bytes = std::uint64_t{128} << 20;
  const Program& program_;
  const model::Model& model_;
};

}  // namespace

int Program::endpoint_of(const Location& place, int member) const {
  const ProgramGroup& group = groups[static_cast<std::size_t>(place.group)];
  if (group.count == 1) return group.first_endpoint;
  const int own = place.member > 0 ? place.member : member;
  return group.first_endpoint + std::clamp(own, 1, group.count) - 1;
}

std::vector<bool> endpoints_in_use(const Program& program, int members) {
  std::vector<bool> in_use(program.endpoints.size(), false);
  for (const ProgramStage& stage : program.stages) {
    for (int member = 1; member <= members; ++member) {
      in_use[static_cast<std::size_t>(program.endpoint_of(stage.at, member))] = true;
      in_use[static_cast<std::size_t>(program.endpoint_of(stage.to, member))] = true;
    }
  }
  return in_use;
}

Result<void> check_program(const Program& program, const model::Model& model) {
  const std::string why = ProgramCheck(program, model).run();
  if (why.empty()) return {};
  return fail("bad-program", "the program cannot be run: " + why, "coordinator and agent should be of one version");
}

}  // namespace tiercut::runtime
