// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/document.hpp"
#include "scenarios/scenario.hpp"

// Any bytes give a scenario or diagnostics; an accepted scenario holds what lowering and interpreters rely on.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tiercut;
  constexpr std::size_t most_asked = 64;
  const Result<Document> document = parse_document(std::string(reinterpret_cast<const char*>(data), size), "fuzz.yaml");
  if (!document) return 0;
  const Result<scenarios::ScenarioPointer> read = scenarios::scenario_from(*document);
  if (!read) {
    if (!has_errors(read.error())) std::abort();
    return 0;
  }
  const scenarios::Scenario& scenario = **read;
  const std::size_t exits = scenario.model->exits.size();
  if (scenario.exits.size() != exits || scenario.policy.escalation.size() != exits) std::abort();
  if (scenario.workload.inputs.size() != scenario.model->inputs().size()) std::abort();
  for (const scenarios::InputSource& source : scenario.workload.inputs) {
    if (!scenario.route(source.device, scenario.workload.answer_at)) std::abort();
    std::size_t asked = 0;
    for (const scenarios::Scenario::Place& place : scenario.places()) {
      if (++asked > most_asked) break;
      const auto route = scenario.route(source.device, place.device);
      if (!route) continue;
      for (const scenarios::Hop& hop : *route) {
        if (hop.link < 0 || hop.link >= static_cast<int>(scenario.links.size()) || hop.member < 0) std::abort();
      }
    }
  }
  return 0;
}
