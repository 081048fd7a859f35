// SPDX-License-Identifier: Apache-2.0
#include "planner/knob.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "planner/chain_steps.hpp"
#include "planner/message_costs.hpp"
#include "planner/what_if.hpp"

namespace tiercut::planner {
namespace {

using scenarios::Scenario;
using Kind = Knob::Kind;

constexpr double factor_ticks = 1e9;
// So that no message or call outgrows what searches take for endless.
constexpr std::int64_t most_factor = 10'000;
constexpr std::int64_t longest_ticks = 3'600'000'000'000'000;  // an hour
constexpr std::int64_t slowest_ticks = 1'000'000'000'000'000;  // 1 kB/s

void scale(profiles::CostLaw& law, double factor) {
  if (auto* piecewise = std::get_if<profiles::PiecewiseLaw>(&law.form)) {
    for (auto& point : piecewise->points) point.cost = point.cost * factor;
  } else if (auto* roofline = std::get_if<profiles::RooflineLaw>(&law.form)) {
    roofline->arithmetic = FlopsPerSecond(roofline->arithmetic.value() / factor);
    roofline->memory = BytesPerSecond(roofline->memory.value() / factor);
    roofline->overhead = roofline->overhead * factor;
  } else {
    for (auto& piece : std::get<profiles::FeatureLaw>(law.form).pieces)
      for (auto& term : piece.terms) term.time = term.time * factor;
  }
}

profiles::ProfilePointer scaled(const profiles::Profile& profile, double factor) {
  auto made = std::make_shared<profiles::Profile>(profile);
  for (auto& unit : made->units) {
    for (auto& law : unit.laws) scale(law, factor);
    for (auto& entry : unit.table) entry.cost = entry.cost * factor;
    for (auto& call : unit.calls) call.cost = call.cost * factor;
    unit.overhead_per_call = unit.overhead_per_call * factor;
    unit.overhead_per_layer = unit.overhead_per_layer * factor;
    unit.exit_check = unit.exit_check * factor;
  }
  return made;
}

const scenarios::Link& link(const Scenario& scenario, const Knob& knob) {
  return scenario.links[static_cast<std::size_t>(knob.index)];
}

}  // namespace

std::vector<Knob> knobs_of(const Scenario& scenario) {
  std::vector<Knob> knobs;
  for (int i = 0; i < static_cast<int>(scenario.links.size()); ++i) {
    knobs.push_back({Kind::link_latency, i});
    knobs.push_back({Kind::link_bandwidth, i});
  }
  for (int i = 0; i < static_cast<int>(scenario.devices.size()); ++i)
    if (scenario.devices[static_cast<std::size_t>(i)].profile) knobs.push_back({Kind::device_cost, i});
  if (scenario.requirement.latency) knobs.push_back({Kind::budget, 0});
  return knobs;
}

std::string name_of(const Scenario& scenario, const Knob& knob) {
  switch (knob.kind) {
    case Kind::link_latency:
      return "links." + link(scenario, knob).name + ".latency";
    case Kind::link_bandwidth:
      return "links." + link(scenario, knob).name + ".bandwidth";
    case Kind::device_cost:
      return "devices." + scenario.devices[static_cast<std::size_t>(knob.index)].name + ".cost";
    case Kind::budget:
      break;
  }
  return "requirement.latency.at_most";
}

Result<Knob> find_knob(const Scenario& scenario, const std::string& name) {
  std::vector<std::string> names;
  for (const Knob& knob : knobs_of(scenario)) {
    names.push_back(name_of(scenario, knob));
    if (names.back() == name) return knob;
  }
  const std::string guess = did_you_mean(name, names);
  return fail("unknown-knob", "'" + name + "' is nothing that can be varied here",
              guess.empty() ? "there are " + list_words(names) : "did you mean " + guess + "?");
}

Dimension dimension_of(const Knob& knob) {
  if (knob.kind == Kind::device_cost) return Dimension::ratio;
  return knob.kind == Kind::link_bandwidth ? Dimension::bandwidth : Dimension::time;
}

double value_now(const Scenario& scenario, const Knob& knob) {
  switch (knob.kind) {
    case Kind::link_latency:
      return link(scenario, knob).latency.value();
    case Kind::link_bandwidth:
      return link(scenario, knob).bandwidth.value();
    case Kind::device_cost:
      return 1;
    case Kind::budget:
      break;
  }
  return scenario.requirement.latency->at_most.value();
}

std::int64_t ticks_of(const Knob& knob, double value) {
  if (knob.kind == Kind::device_cost) return std::llround(value * factor_ticks);
  if (knob.kind == Kind::link_bandwidth) return std::isinf(value) ? 0 : std::llround(bandwidth_ticks / value);
  return Span::from(Seconds(value)).picoseconds();
}

double value_at(const Knob& knob, std::int64_t ticks) {
  if (knob.kind == Kind::device_cost) return static_cast<double>(ticks) / factor_ticks;
  if (knob.kind == Kind::link_bandwidth)
    return ticks == 0 ? std::numeric_limits<double>::infinity() : bandwidth_of(ticks).value();
  return Span(ticks).seconds().value();
}

std::int64_t most_ticks(const Knob& knob) {
  if (knob.kind == Kind::device_cost) return most_factor * static_cast<std::int64_t>(factor_ticks);
  return knob.kind == Kind::link_bandwidth ? slowest_ticks : longest_ticks;
}

Scenario turned(const Scenario& scenario, const Knob& knob, std::int64_t ticks) {
  const double value = value_at(knob, ticks);
  if (knob.kind == Kind::link_latency) return scenarios::with_link_latency(scenario, {knob.index}, Seconds(value));
  Scenario changed = scenario;
  changed.hash.clear();
  if (knob.kind == Kind::link_bandwidth) {
    changed.links[static_cast<std::size_t>(knob.index)].bandwidth = BytesPerSecond(value);
  } else if (knob.kind == Kind::budget) {
    changed.requirement.latency->at_most = Seconds(value);
  } else {
    auto& device = changed.devices[static_cast<std::size_t>(knob.index)];
    device.profile = scaled(*device.profile, value);
  }
  return changed;
}

bool have_same_routes(const Scenario& a, const Scenario& b) {
  const auto devices = devices_of(a, a.places());
  return std::all_of(devices.begin(), devices.end(), [&](const auto& from) {
    return std::all_of(devices.begin(), devices.end(),
                       [&](const auto& to) { return a.route(from, to) == b.route(from, to); });
  });
}

bool is_linear_between(const Scenario& a, const Scenario& b) {
  const auto has_window = [](const scenarios::Link& each) {
    return each.transport.kind != scenarios::Transport::Kind::ideal;
  };
  if (std::any_of(a.links.begin(), a.links.end(), has_window)) return false;
  const auto candidates = candidates_of(a);
  return candidates && chain_steps(a, *candidates) && have_same_routes(a, b);
}

}  // namespace tiercut::planner
