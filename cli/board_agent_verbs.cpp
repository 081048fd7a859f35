// SPDX-License-Identifier: Apache-2.0
// The verbs of the agent for boards.
#include <array>

#include "cli/simulator_entry.hpp"
#include "cli/verb.hpp"

namespace tiercut::cli {

std::span<const Verb> all_verbs() {
  static const std::array<Verb, 1> verbs = {agent_verb()};
  return verbs;
}

std::string_view first_steps() {
  return "This is the agent alone, for a board; start with\n"
         "  ./tiercut-agent agent --init-keys --name NAME --keys keys\n"
         "  ./tiercut-agent agent --name NAME --keys keys\n";
}

void remember_command(char**) {}

}  // namespace tiercut::cli
