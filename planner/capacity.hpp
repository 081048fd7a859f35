// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::planner {

/// What the latency requirement leaves one place for computing, when the whole network runs there.
struct PlaceCapacity {
  scenarios::Scenario::Place place;
  std::string name;          ///< `pi`
  Seconds compute_budget{};  ///< at_most less the way of the inputs there and of the answer back; < 0: none
  Seconds network_time{};    ///< that way
  std::optional<double>
      max_weights;  ///< the largest fully connected network by the place's law and memory; nothing without a law
  bool is_memory_bound = false;
  bool is_extrapolated = false;  ///< the law was used beyond its points
  // With the scenario's own model, run whole at this place:
  std::optional<Seconds> model_cost;
  std::optional<Seconds> slowest_link;  ///< largest one-way latency of all links on the way at which the promise still
                                        ///< holds; nothing when no link is on the way or none is slow enough
  std::optional<BytesPerSecond>
      narrowest_link;  ///< least bandwidth of all links on the way at which the promise holds, at their present latency
};

/// For each place of the scenario. Fails with missing-requirement when the scenario has no latency requirement.
Result<std::vector<PlaceCapacity>> capacity(const scenarios::Scenario& scenario);

}  // namespace tiercut::planner
