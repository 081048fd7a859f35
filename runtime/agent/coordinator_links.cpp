// SPDX-License-Identifier: Apache-2.0
// The way to the first sample: agents found, compared with the plan, and asked for their time.
#include <fmt/format.h>

#include <algorithm>

#include "deployment/lowering.hpp"
#include "runtime/agent/coordinator.hpp"
#include "runtime/agent/host.hpp"
#include "runtime/agent/program_maker.hpp"

namespace tiercut::runtime {
namespace {

constexpr Nanoseconds millisecond = 1'000'000;
constexpr int pings_before_start = 8;
constexpr std::size_t most_endpoints = 1000;

}  // namespace

/// Opens a connection to every listed agent of a device of the scenario; those that the plan does not need may be
/// absent.
Result<void> Coordinator::open_links() {
  const Program program = program_of(*request_.scenario, request_.plan.graph, {});
  if (program.endpoints.size() > most_endpoints) {
    return fail("too-many-devices",
                fmt::format("the scenario has {} devices; {} can be run", program.endpoints.size(), most_endpoints),
                "simulate it instead, or make its groups smaller with --set");
  }
  const std::vector<bool> in_use = endpoints_in_use(program, request_.plan.graph.members);
  Diagnostics errors;
  for (std::size_t endpoint = 0; endpoint < in_use.size(); ++endpoint) {
    const std::string& device = program.endpoints[endpoint].name;
    const auto given = std::find_if(request_.agents.begin(), request_.agents.end(),
                                    [&](const AgentAddress& agent) { return agent.device == device; });
    if (given == request_.agents.end()) {
      if (!in_use[endpoint]) continue;
      errors.push_back({Severity::error,
                        "agents-missing",
                        {},
                        "the plan uses device '" + device + "', and there is no agent for it",
                        "`tiercut agent --name " + device + "` runs one there; --devices says where"});
      continue;
    }
    const auto route = port_.open(given->address, given->public_key);
    if (!route) {
      errors.insert(errors.end(), route.error().begin(), route.error().end());
      continue;
    }
    auto link = std::make_unique<Link>();
    link->address = *given;
    link->endpoint = static_cast<int>(endpoint);
    link->route = *route;
    link->is_needed = in_use[endpoint];
    by_route_[*route] = link.get();
    by_endpoint_[link->endpoint] = link.get();
    links_.push_back(std::move(link));
  }
  if (errors.empty()) return {};
  return tl::unexpected(std::move(errors));
}

Result<void> Coordinator::connect() {
  if (auto opened = open_links(); !opened) return opened;
  const Nanoseconds begun = monotonic_now();
  while (!is_stopped()) {
    const Nanoseconds now = monotonic_now();
    bool is_waiting = false, is_refused = false;
    for (const auto& link : links_) {
      const Nanoseconds patience = link->is_needed ? request_.connect_timeout : request_.connect_timeout / 10;
      is_refused = is_refused || (link->is_needed && (link->is_refused || link->is_busy));
      if (link->is_welcome || now > begun + patience) continue;
      is_waiting = true;
      if (now - link->hello_sent > 200 * millisecond) say_hello(*link);
    }
    if (!is_waiting || is_refused) break;
    wait_until(now + 20 * millisecond);
  }
  if (is_stopped()) return fail("interrupted", "interrupted while agents were looked for");
  return judge_connections();
}

Result<void> Coordinator::judge_connections() {
  Diagnostics errors;
  for (const auto& link : links_) {
    const std::string who = "agent '" + link->address.device + "' at " + link->address.address;
    if (link->is_welcome) continue;
    if (!link->is_needed) {
      link->is_lost = true;  // it may come yet
    } else if (link->is_busy) {
      errors.push_back(
          {Severity::error, "agent-busy", {}, who + " is at work for somebody else", "wait until that run is over"});
    } else if (link->is_refused) {
      errors.push_back({Severity::error,
                        "peer-refused",
                        {},
                        who + " and this coordinator do not know each other's keys",
                        "each needs the other's .public in its folder of keys; see `tiercut agent --help`"});
    } else {
      errors.push_back({Severity::error,
                        "agent-unreachable",
                        {},
                        who + " does not answer",
                        "is it running, and is that its address?"});
    }
  }
  if (errors.empty()) return {};
  return tl::unexpected(std::move(errors));
}

Result<void> Coordinator::compare_with_agents() const {
  Diagnostics errors;
  const auto uses = deployment::memory_use(*request_.scenario, request_.plan.plan);
  for (const auto& link : links_) {
    if (link->is_lost) continue;
    const std::string& device = link->address.device;
    if (link->about.version != request_.version) {
      errors.push_back({Severity::error,
                        "version-mismatch",
                        {},
                        "agent '" + device + "' is tiercut " + link->about.version + ", this is " + request_.version,
                        "install one version everywhere"});
    }
    if (link->about.name != device) {
      errors.push_back(
          {Severity::error,
           "agent-misnamed",
           {},
           "the agent at " + link->address.address + " is '" + link->about.name + "', not '" + device + "'",
           "correct the list of devices, or start the agent with --name " + device});
    }
    double needed = 0;
    for (const deployment::MemoryUse& use : uses) {
      const Program program = program_of(*request_.scenario, request_.plan.graph, {});
      if (program.endpoint_of({use.device.device, use.device.member}, 1) != link->endpoint) continue;
      needed += use.weights.value() + use.activations.value();
    }
    const double free = static_cast<double>(link->about.memory_limit) - static_cast<double>(link->about.memory_used);
    if (needed > free) {
      errors.push_back({Severity::error,
                        "memory-exhausted",
                        {},
                        "the plan needs " + std::to_string(static_cast<std::int64_t>(needed)) + " B on '" + device +
                            "', whose agent has " + std::to_string(static_cast<std::int64_t>(std::max(0.0, free))) +
                            " B",
                        "give the agent more with --memory, or place less there"});
    }
  }
  if (errors.empty()) return {};
  return tl::unexpected(std::move(errors));
}

Result<void> Coordinator::synchronise() {
  for (int i = 0; i < pings_before_start && !is_stopped(); ++i) {
    last_ping_ = 0;
    wait_until(monotonic_now() + 10 * millisecond);
  }
  if (is_stopped()) return fail("interrupted", "interrupted before the first sample");
  share_clocks();
  for (const auto& link : links_) {
    if (!link->clock.is_known() && !link->is_lost) {
      return fail("agent-unreachable", "agent '" + link->address.device + "' does not answer when asked for its time");
    }
  }
  return {};
}

/// Processes of one boot read one clock.
void Coordinator::share_clocks() {
  const std::string here = boot_id();
  for (const auto& link : links_) {
    const bool is_same_boot = request_.is_clock_sharing_believed && !here.empty() && link->about.boot == here;
    if (is_same_boot && link->clock.is_known() && link->clock.is_consistent_with_shared()) link->clock.share();
  }
}

}  // namespace tiercut::runtime
