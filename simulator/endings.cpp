// SPDX-License-Identifier: Apache-2.0
#include "simulator/endings.hpp"

#include <stdexcept>

namespace tiercut::simulator {

std::string_view to_text(Ending ending) {
  switch (ending) {
    case Ending::answered:
      return "answered";
    case Ending::dropped:
      return "dropped";
    case Ending::failed:
      return "failed";
  }
  throw std::logic_error("no such ending");
}

Ending Cause::ending(const deployment::StageGraph& graph) const {
  return number_ >= static_cast<std::int32_t>(graph.faults.size()) ? Ending::dropped : Ending::failed;
}

std::string Cause::text(const deployment::StageGraph& graph) const {
  if (*this == still_under_way()) return "still under way at the end";
  if (is_none()) return "nothing answers";
  const auto number = static_cast<std::size_t>(number_);
  if (number < graph.faults.size()) return "fault " + graph.faults[number].name;
  const auto limit = number - graph.faults.size();
  if (limit < graph.resources.size()) return "the queue of " + graph.resources[limit].name + " was full";
  return "too late for " + graph.resources[limit - graph.resources.size()].name;
}

}  // namespace tiercut::simulator
