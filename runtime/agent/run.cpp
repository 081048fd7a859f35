// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/run.hpp"

#include "core/random.hpp"
#include "runtime/agent/program_maker.hpp"

namespace tiercut::runtime {

std::string_view to_text(SampleStatus status) {
  switch (status) {
    case SampleStatus::answered:
      return "answered";
    case SampleStatus::fallback:
      return "fallback";
    case SampleStatus::failed:
      return "failed";
  }
  return "failed";
}

RunInput made_up_input(const model::Model& model, std::uint64_t seed) {
  constexpr std::int64_t rows = 16;
  RunInput input;
  input.rows = rows;
  for (const model::LayerId layer : model.inputs()) {
    const auto elements = static_cast<std::size_t>(model.layer(layer).shape.elements());
    std::vector<float> values;
    values.reserve(elements * rows);
    for (std::int64_t row = 0; row < rows; ++row) {
      RandomStream stream(seed, entity_id("input/" + model.layer(layer).name), static_cast<std::uint64_t>(row));
      for (std::size_t i = 0; i < elements; ++i) values.push_back(static_cast<float>(stream.uniform()));
    }
    input.values.push_back(std::move(values));
  }
  return input;
}

std::vector<std::optional<double>> thresholds_in_use(const scenarios::Scenario& scenario, const deployment::Plan& plan,
                                                     bool has_weights) {
  std::vector<std::optional<double>> chosen(scenario.model->exits.size());
  if (!has_weights) return chosen;
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    if (k < scenario.exits.size() && scenario.exits[k]) chosen[k] = scenario.exits[k]->threshold;
    if (k < plan.thresholds.size() && plan.thresholds[k]) chosen[k] = plan.thresholds[k];
  }
  return chosen;
}

std::vector<std::string> devices_in_use(const scenarios::Scenario& scenario, const deployment::StageGraph& graph) {
  const Program program = program_of(scenario, graph, {});
  const std::vector<bool> in_use = endpoints_in_use(program, graph.members);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < in_use.size(); ++i) {
    if (in_use[i]) names.push_back(program.endpoints[i].name);
  }
  return names;
}

}  // namespace tiercut::runtime
