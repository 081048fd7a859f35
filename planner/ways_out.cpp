// SPDX-License-Identifier: Apache-2.0
#include "planner/ways_out.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "deployment/lowering.hpp"
#include "planner/capacity.hpp"
#include "planner/chain_replanner.hpp"
#include "planner/judgement.hpp"
#include "planner/monotone_search.hpp"
#include "planner/solve.hpp"
#include "planner/what_if.hpp"

namespace tiercut::planner {
namespace {

using deployment::Plan;
using scenarios::Scenario;

/// `6,500,000`.
std::string grouped(double count) {
  std::string digits = fmt::format("{:.0f}", std::floor(count));
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

double statistic_of(const Scenario& scenario, const Plan& plan) {
  const auto graph = deployment::lower(scenario, plan);
  if (!graph) return Seconds::infinite().value();
  const auto latency = estimate_latency(*graph);
  return latency ? latency->at(scenario.requirement.latency->statistic) : Seconds::infinite().value();
}

/// The best plan by the required statistic when it is known for sure. Only links differ from what was prepared.
std::optional<Found> nearest_plan(const Scenario& changed, std::optional<ChainReplanner>& replanner) {
  if (replanner) return replanner->replan(changed);
  auto solved = solve_nearest(changed, true);
  if (!solved || !solved->outcome.is_complete) return std::nullopt;
  return std::move(solved->outcome.best);
}

/// The greatest x of a family of scenarios, each slower than the one before, at which some plan keeps the requirement.
/// From the best plan of one x the greatest x that this plan allows; ends where no plan is left one tick further on.
std::optional<std::int64_t> last_solvable(const std::function<Scenario(std::int64_t)>& at, double limit,
                                          std::int64_t low, std::int64_t high) {
  std::optional<std::int64_t> last;
  auto replanner = ChainReplanner::prepare(at(low));
  for (std::int64_t x = low; x <= high;) {
    const auto best = nearest_plan(at(x), replanner);
    if (!best || best->value_s > limit) return last;
    last = last_within([&](std::int64_t y) { return statistic_of(at(y), best->plan); }, limit, x, high);
    if (!last) return std::nullopt;
    x = *last + 1;
  }
  return last;
}

class WaysOut {
 public:
  WaysOut(const Scenario& scenario, const deployment::StageGraph& graph, double least)
      : scenario_(scenario),
        least_(least),
        limit_(scenario.requirement.latency->at_most.value()),
        links_(links_crossed(graph, scenario)) {}

  Result<std::vector<WayOut>> find() {
    add_budget();
    if (!links_.empty()) add_link_latency();
    if (auto added = add_network(); !added) return tl::unexpected(added.error());
    if (!links_.empty()) add_bandwidth();
    return std::move(ways_);
  }

 private:
  void add_budget() {
    if (!std::isfinite(least_)) return;
    ways_.push_back({"budget", "", limit_, least_,
                     fmt::format("a promise of {} ({}) can be kept", milliseconds(least_, true),
                                 to_text(scenario_.requirement.latency->statistic))});
  }

  std::string which_links() const {
    return (links_.size() == 1 ? "link " : "each of the links ") + names_of_links(scenario_, links_);
  }

  void add_link_latency() {
    const auto last = last_solvable(
        [this](std::int64_t ticks) { return with_link_latency(scenario_, links_, Span(ticks).seconds()); }, limit_, 0,
        Span::from(Seconds(limit_)).picoseconds());
    double now = 0;
    for (int link : links_) now = std::max(now, scenario_.links[static_cast<std::size_t>(link)].latency.value());
    if (!last || Span(*last).seconds().value() >= now) return;
    const double needed = Span(*last).seconds().value();
    ways_.push_back(
        {"link latency", names_of_links(scenario_, links_), now, needed,
         fmt::format("with at most {} one way on {} the promise holds", milliseconds(needed, false), which_links())});
  }

  void add_bandwidth() {
    constexpr std::int64_t slowest = 1'000'000'000'000'000'000;  // one byte a second
    const auto last = last_solvable(
        [this](std::int64_t ticks) { return with_link_bandwidth(scenario_, links_, bandwidth_of(ticks)); }, limit_, 1,
        slowest);
    double now = std::numeric_limits<double>::infinity();
    for (int link : links_) now = std::min(now, scenario_.links[static_cast<std::size_t>(link)].bandwidth.value());
    if (!last || bandwidth_of(*last).value() <= now) return;
    const double needed = bandwidth_of(*last).value();
    ways_.push_back({"link bandwidth", names_of_links(scenario_, links_), now, needed,
                     fmt::format("with at least {:.6g} Mbit/s on {} the promise holds", needed * 8e-6 * (1 + 5e-7),
                                 which_links())});
  }

  /// One undivided network in place of the scenario's, where the most of it fits.
  Result<void> add_network() {
    const auto candidates = candidates_of(scenario_);
    if (!candidates) return tl::unexpected(candidates.error());
    const auto places = capacity(scenario_);
    if (!places) return tl::unexpected(places.error());
    const PlaceCapacity* roomiest = nullptr;
    for (const auto& place : *places) {
      if (!place.max_weights || *place.max_weights < 1) continue;
      const bool may_hold_all =
          std::all_of(candidates->layers.begin(), candidates->layers.end(), [&](model::LayerId id) {
            const auto& may = candidates->by_layer[static_cast<std::size_t>(id)];
            return std::any_of(may.begin(), may.end(),
                               [&](int p) { return candidates->places[static_cast<std::size_t>(p)] == place.place; });
          });
      if (may_hold_all && (roomiest == nullptr || *place.max_weights > *roomiest->max_weights)) roomiest = &place;
    }
    double now = 0;
    for (model::LayerId id : candidates->layers) now += static_cast<double>(scenario_.model->layer(id).weights);
    if (roomiest == nullptr || *roomiest->max_weights >= now) return {};
    ways_.push_back(
        {"network weights", roomiest->name, now, *roomiest->max_weights,
         fmt::format("a network of at most {} weights, whole on {}, keeps it{}", grouped(*roomiest->max_weights),
                     roomiest->name, roomiest->is_memory_bound ? " (memory is what limits it)" : "")});
    return {};
  }

  const Scenario& scenario_;
  double least_;
  double limit_;
  std::vector<int> links_;
  std::vector<WayOut> ways_;
};

}  // namespace

Result<std::vector<WayOut>> find_ways_out(const Scenario& scenario, const deployment::StageGraph& graph,
                                          double least_statistic_s) {
  return WaysOut(scenario, graph, least_statistic_s).find();
}

}  // namespace tiercut::planner
