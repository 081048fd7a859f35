// SPDX-License-Identifier: Apache-2.0
#include "planner/conflict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "planner/judgement.hpp"
#include "planner/solve.hpp"

namespace tiercut::planner {
namespace {

using scenarios::Scenario;

constexpr double roomy_bytes = 1e15;

struct Constraint {
  enum class Kind { pin, memory, latency } kind = Kind::latency;
  std::size_t index = 0;  // of the pin or device
  std::string name;
};

std::string name_of_pin(const Scenario& scenario, const scenarios::Pin& pin) {
  const auto& first = scenario.model->layer(pin.layers.front()).name;
  const std::string layers =
      pin.layers.size() == 1 ? first : first + " .. " + scenario.model->layer(pin.layers.back()).name;
  return fmt::format("pin of {} to {}", layers, scenario.name_of(pin.device));
}

class ConflictSearch {
 public:
  explicit ConflictSearch(const Scenario& scenario) : scenario_(scenario) {
    for (std::size_t p = 0; p < scenario.pins.size(); ++p)
      if (!scenario.pins[p].layers.empty())
        all_.push_back({Constraint::Kind::pin, p, name_of_pin(scenario, scenario.pins[p])});
    for (std::size_t d = 0; d < scenario.devices.size(); ++d)
      if (scenario.devices[d].profile && !scenario.devices[d].profile->pools.empty())
        all_.push_back({Constraint::Kind::memory, d, "memory of " + scenario.devices[d].name});
    if (scenario.requirement.latency) all_.push_back({Constraint::Kind::latency, 0, name_of_requirement(scenario)});
  }

  Result<Conflict> find(bool with_ways_out) {
    std::vector<bool> holds(all_.size(), true);
    for (std::size_t c = 0; c < all_.size(); ++c) {
      holds[c] = false;
      const auto is_possible = has_plan(with(holds));
      if (!is_possible) return tl::unexpected(is_possible.error());
      holds[c] = *is_possible;
    }
    Conflict conflict;
    for (std::size_t c = all_.size(); c-- > 0;) {
      if (!holds[c]) continue;
      conflict.names.push_back(all_[c].name);
      if (!with_ways_out || all_[c].kind == Constraint::Kind::latency) continue;
      if (auto added = add_way(c, conflict.ways_out); !added) return tl::unexpected(added.error());
    }
    return conflict;
  }

 private:
  Scenario with(const std::vector<bool>& holds) const {
    Scenario relaxed = scenario_;
    for (std::size_t c = all_.size(); c-- > 0;) {
      if (holds[c]) continue;
      if (all_[c].kind == Constraint::Kind::pin)
        relaxed.pins.erase(relaxed.pins.begin() + static_cast<std::ptrdiff_t>(all_[c].index));
      if (all_[c].kind == Constraint::Kind::memory) relaxed.devices[all_[c].index].usable_memory = Bytes(roomy_bytes);
      if (all_[c].kind == Constraint::Kind::latency) relaxed.requirement.latency.reset();
    }
    return relaxed;
  }

  static Result<bool> has_plan(const Scenario& scenario) {
    const auto solved = solve(scenario, goal_of(scenario, true));
    if (!solved) return tl::unexpected(solved.error());
    return solved->outcome.best.has_value();
  }

  Result<void> add_way(std::size_t c, std::vector<WayOut>& ways) const {
    std::vector<bool> holds(all_.size(), true);
    holds[c] = false;
    const auto helps = has_plan(with(holds));
    if (!helps) return tl::unexpected(helps.error());
    if (!*helps) return {};
    if (all_[c].kind == Constraint::Kind::pin) {
      ways.push_back({"pin", all_[c].name, 1, 0, "without the " + all_[c].name + " a plan exists"});
      return {};
    }
    const auto& device = scenario_.devices[all_[c].index];
    if (device.profile->pools.size() > 1) {
      ways.push_back({"memory", device.name, 0, 0, "with more memory on " + device.name + " a plan exists"});
      return {};
    }
    const double now = device.usable_memory.value_or(device.profile->pools.front().usable).value();
    const auto at = [&](double bytes) {
      Scenario changed = scenario_;
      changed.devices[all_[c].index].usable_memory = Bytes(bytes);
      return has_plan(changed);
    };
    double low = std::floor(now), high = std::max(1.0, low);  // none at `low`, one at `high`
    for (;;) {
      const auto is_enough = at(high = std::min(2 * high, roomy_bytes));
      if (!is_enough) return tl::unexpected(is_enough.error());
      if (*is_enough) break;
      low = high;
    }
    while (high - low > 1) {
      const double middle = std::floor(low + (high - low) / 2);
      const auto is_enough = at(middle);
      if (!is_enough) return tl::unexpected(is_enough.error());
      (*is_enough ? high : low) = middle;
    }
    ways.push_back(
        {"memory", device.name, now, high,
         fmt::format("with {} usable on {} a plan exists", format_quantity(high, Dimension::size), device.name)});
    return {};
  }

  const Scenario& scenario_;
  std::vector<Constraint> all_;
};

}  // namespace

Result<Conflict> minimal_conflict(const Scenario& scenario, bool with_ways_out) {
  return ConflictSearch(scenario).find(with_ways_out);
}

}  // namespace tiercut::planner
