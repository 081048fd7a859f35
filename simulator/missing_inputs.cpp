// SPDX-License-Identifier: Apache-2.0
// Which inputs of a sample an exit or the final answer has not seen, because they were lost or came too late for a
// join.
#include <algorithm>
#include <iterator>

#include "simulator/simulation.hpp"

namespace tiercut::simulator {

using Kind = CompiledStage::Kind;

bool Simulation::is_fallback(const CompiledStage& stage, int input) const {
  const auto& from = graph_.stage(graph_.inputs[static_cast<std::size_t>(stage.first_input + input)].from);
  return from.kind == Kind::join && graph_.joins[static_cast<std::size_t>(from.detail)].fallback >= 0;
}

/// The inputs whose data reaches a stage: of a sample those that did, without one all that can. Decisions and controls
/// carry no data.
void Simulation::walk_back(StageId stage, SampleState* sample, std::vector<model::LayerId>& inputs) {
  if (is_visited_[static_cast<std::size_t>(stage)]) return;
  is_visited_[static_cast<std::size_t>(stage)] = true;
  const auto& compiled = graph_.stage(stage);
  if (compiled.kind == Kind::source) {
    inputs.push_back(std::get<deployment::Source>(graph_.source->stage(stage).work).input);
    return;
  }
  for (int i = 0; i < compiled.inputs; ++i) {
    const auto& edge = graph_.inputs[static_cast<std::size_t>(compiled.first_input + i)];
    const auto& from = graph_.stage(edge.from);
    if (from.kind == Kind::decision || (from.kind == Kind::message && message(edge.from).is_control)) continue;
    // Of several candidates the final answer comes last, but for a fallback.
    if (is_fallback(compiled, i)) continue;
    if (compiled.kind == Kind::first_conclusive && i + 1 < compiled.inputs && !is_fallback(compiled, i + 1)) continue;
    if (sample != nullptr && !has_fired(*sample, edge)) continue;
    if (sample != nullptr && compiled.kind == Kind::join &&
        state(*sample, edge.from).since > state(*sample, stage).since)
      continue;
    walk_back(edge.from, sample, inputs);
  }
}

std::vector<model::LayerId> Simulation::inputs_behind(StageId stage, SampleState* sample) {
  is_visited_.assign(graph_.stages.size(), false);
  std::vector<model::LayerId> inputs;
  walk_back(stage, sample, inputs);
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

Missing Simulation::missing_inputs(SampleState& sample, StageId stage) {
  const auto all = inputs_behind(stage, nullptr), seen = inputs_behind(stage, &sample);
  Missing missing;
  missing.is_loss = !sample.cause.is_none();
  std::set_difference(all.begin(), all.end(), seen.begin(), seen.end(), std::back_inserter(missing.inputs));
  return missing;
}

/// Of an exit its decision, else the answer itself.
StageId Simulation::stage_of_answer(int answer) const {
  for (std::size_t stage = 0; stage < graph_.stages.size(); ++stage) {
    if (graph_.stages[stage].kind == Kind::decision && graph_.stages[stage].detail == answer)
      return static_cast<StageId>(stage);
  }
  return graph_.source->answer;
}

}  // namespace tiercut::simulator
