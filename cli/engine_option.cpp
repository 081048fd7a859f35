// SPDX-License-Identifier: Apache-2.0
#include "cli/engine_option.hpp"

#include <algorithm>

#include "cli/simulator_entry.hpp"

namespace tiercut::cli {

namespace {

bool may_share(const scenarios::Scenario& scenario) {
  return std::ranges::any_of(scenario.links,
                             [](const auto& link) { return link.discipline == scenarios::Discipline::fair; });
}

}  // namespace

Result<simulator::Engine> engine_of(const Arguments& arguments) {
  if (!arguments.engine) return simulator::Engine::automatic;
  if (const auto engine = simulator::engine_named(*arguments.engine)) return *engine;
  return fail("bad-usage", "there is no engine '" + *arguments.engine + "'",
              "engines are fast, simgrid, simgrid-timers");
}

Result<Deployment> read_deployment_to_simulate(const Arguments& arguments, simulator::Engine engine, Console& console) {
  const bool is_open = engine == simulator::Engine::automatic;
  if (!is_open && engine != simulator::Engine::fast) {
    if (const auto entered = enter_simulator(); !entered) return tl::unexpected(entered.error());
  }
  auto scenario = scenarios::read_scenario(arguments.files.front(), arguments.overrides);
  if (!scenario) return tl::unexpected(std::move(scenario.error()));
  // Before anything is told: the other program tells it all again.
  if (is_open && may_share(**scenario)) {
    if (const auto entered = enter_simulator(); !entered) return tl::unexpected(entered.error());
  }
  console.tell((*scenario)->warnings);
  scenario = calibrated(arguments, std::move(*scenario), console);
  if (!scenario) return tl::unexpected(std::move(scenario.error()));
  return deploy(arguments, std::move(*scenario), console);
}

}  // namespace tiercut::cli
