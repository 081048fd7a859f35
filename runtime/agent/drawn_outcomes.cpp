// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/drawn_outcomes.hpp"

#include <algorithm>

#include "core/random.hpp"

namespace tiercut::runtime {

std::uint32_t drawn_outcomes(const deployment::StageGraph& graph, std::uint64_t seed, std::int64_t sample) {
  const auto key = static_cast<std::uint64_t>(sample);
  std::uint32_t outcomes = 0;
  std::int64_t row = 0;
  if (graph.replay != nullptr) {
    const std::int64_t rows = graph.replay->rows();
    RandomStream stream(seed, entity_id("exit trace"), key);
    row = graph.replay->is_in_order
              ? sample % rows
              : std::min(rows - 1, static_cast<std::int64_t>(stream.uniform() * static_cast<double>(rows)));
  }
  for (std::size_t k = 0; k < graph.exits.size() && k < 32; ++k) {
    bool is_conclusive = false;
    if (graph.replay != nullptr) {
      is_conclusive = graph.replay->is_conclusive(static_cast<int>(k), row);
    } else {
      RandomStream stream(seed, entity_id("exit/" + graph.exits[k].name), key);
      is_conclusive = stream.uniform() < graph.exits[k].probability;
    }
    if (is_conclusive) outcomes |= 1U << k;
  }
  return outcomes;
}

}  // namespace tiercut::runtime
