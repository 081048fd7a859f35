// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "deployment/plan.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::testing {

/// What a random case may contain.
struct CaseOptions {
  bool is_chain = false;  ///< one input, trunk and branches are chains
  bool with_fair_links = false;
  bool with_tcp = false;
  bool with_joins = true;  ///< quorum and deadline on some joins
  int most_devices = 4;
  int most_layers = 12;
};

/// A scenario with a random model (several inputs, joins, exits), a connected random platform, laws of both scopes, and
/// a random plan for it. The same seed gives the same case on every machine. Costs are constant, links neither jitter
/// nor lose.
struct RandomCase {
  scenarios::Scenario scenario;
  deployment::Plan plan;
};
RandomCase random_case(std::uint64_t seed, const CaseOptions& options = {});

}  // namespace tiercut::testing
