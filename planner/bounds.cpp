// SPDX-License-Identifier: Apache-2.0
#include "planner/bounds.hpp"

#include <algorithm>

#include "deployment/grouping.hpp"
#include "deployment/places.hpp"

namespace tiercut::planner {

using model::LayerId;

Bounds::Bounds(const scenarios::Scenario& scenario, const Candidates& candidates)
    : scenario_(scenario), candidates_(candidates), messages_(scenario, devices_of(scenario, candidates.places)) {
  const model::Model& net = *scenario.model;
  for (const auto& place : candidates.places) {
    device_of_.push_back(messages_.index_of(place.device));
    takes_messages_.push_back(deployment::message_unit(scenario, place.device) == place.unit);
  }
  find_answers();
  quorum_.resize(net.layers.size());
  for (LayerId id = 0; id < net.layer_count(); ++id)
    if (const auto* join = deployment::partial_join(scenario, id))
      quorum_[static_cast<std::size_t>(id)] = std::max(1, join->quorum);
  ways_.resize(net.layers.size());
  for (LayerId id = 0; id < net.layer_count(); ++id)
    measure_ways(net.layer(id).output_bytes, ways_[static_cast<std::size_t>(id)]);
  for (int answer : answers_) {
    const LayerId last = net.answer_layer(answer < 0 ? static_cast<int>(net.exits.size()) : answer);
    measure_ways(scenario.workload.answer_size.value_or(net.layer(last).output_bytes), returns_.emplace_back());
  }
  price(scenario);
  look_ahead();
}

void Bounds::find_answers() {
  const model::Model& net = *scenario_.model;
  for (std::size_t k = 0; k < net.exits.size(); ++k)
    if (candidates_.plan.uses_exit[k]) answers_.push_back(static_cast<int>(k));
  answers_.push_back(-1);
  for (int answer : answers_) {
    auto& needed = needs_.emplace_back(net.layers.size(), false);
    needed[static_cast<std::size_t>(net.answer_layer(answer < 0 ? static_cast<int>(net.exits.size()) : answer))] = true;
    for (LayerId id = net.layer_count() - 1; id >= 0; --id)
      if (needed[static_cast<std::size_t>(id)])
        for (LayerId input : net.layer(id).inputs) needed[static_cast<std::size_t>(input)] = true;
  }
}

void Bounds::measure_ways(Bytes size, std::vector<std::int64_t>& ways) const {
  const int n = messages_.device_count();
  ways.assign(static_cast<std::size_t>(n * n), never);
  const auto at = [&](int from, int to) -> std::int64_t& { return ways[static_cast<std::size_t>(from * n + to)]; };
  for (int from = 0; from < n; ++from)
    for (int to = 0; to < n; ++to)
      if (const auto cost = messages_.data(from, to, size)) at(from, to) = cost->picoseconds();
  for (int by = 0; by < n; ++by)
    for (int from = 0; from < n; ++from)
      for (int to = 0; to < n; ++to) at(from, to) = std::min(at(from, to), at(from, by) + at(by, to));
}

std::int64_t Bounds::message(LayerId tensor, int from_place, int to_place) const {
  if (from_place == to_place) return 0;
  const int from = device_of_[static_cast<std::size_t>(from_place)],
            to = device_of_[static_cast<std::size_t>(to_place)];
  if (from == to) return messages_.unit_copy(to, scenario_.model->layer(tensor).output_bytes).picoseconds();
  return ways_[static_cast<std::size_t>(tensor)][static_cast<std::size_t>(from * messages_.device_count() + to)] +
         arrival(tensor, to_place);
}

/// Whatever comes to a device comes to its unit for messages, and is copied from there.
std::int64_t Bounds::arrival(LayerId tensor, int place) const {
  if (takes_messages_[static_cast<std::size_t>(place)]) return 0;
  return messages_.unit_copy(device_of_[static_cast<std::size_t>(place)], scenario_.model->layer(tensor).output_bytes)
      .picoseconds();
}

std::int64_t Bounds::from_source(LayerId input, int to_place) const {
  std::int64_t least = never;
  for (const auto& source : scenario_.workload.inputs) {
    if (source.input != input) continue;
    const int from = messages_.index_of(source.device), to = device_of_[static_cast<std::size_t>(to_place)];
    least = Span::from(source.offset).picoseconds() + arrival(input, to_place) +
            ways_[static_cast<std::size_t>(input)][static_cast<std::size_t>(from * messages_.device_count() + to)];
  }
  return least;
}

std::int64_t Bounds::delivery(int answer, int place) const {
  const int from = device_of_[static_cast<std::size_t>(place)], to = messages_.index_of(scenario_.workload.answer_at);
  return returns_[static_cast<std::size_t>(answer)][static_cast<std::size_t>(from * messages_.device_count() + to)];
}

void Bounds::price(const scenarios::Scenario& scenario) {
  const model::Model& net = *scenario.model;
  share_.resize(net.layers.size() * candidates_.places.size());
  alone_.resize(share_.size());
  for (std::size_t p = 0; p < candidates_.places.size(); ++p) {
    CallPricer pricer(scenario, candidates_.places[p]);
    exit_check_.push_back(pricer.exit_check().picoseconds());
    is_layered_.push_back(pricer.runs_layer_by_layer());
    for (LayerId id : candidates_.layers) {
      if (!pricer.has_price(id)) continue;
      share_[index(id, static_cast<int>(p))] = pricer.least_share(id).picoseconds();
      alone_[index(id, static_cast<int>(p))] = pricer.least_cost_of(id).picoseconds();
    }
  }
}

/// From the answers backwards: the next layer stays in the call (its share) or is called anew, wherever that is
/// cheapest.
void Bounds::look_ahead() {
  const model::Model& net = *scenario_.model;
  const auto count = answers_.size();
  to_go_.assign(share_.size(), std::vector<std::int64_t>(count, none));
  for (auto it = candidates_.layers.rbegin(); it != candidates_.layers.rend(); ++it) {
    const LayerId id = *it;
    for (int place : candidates_.by_layer[static_cast<std::size_t>(id)]) {
      auto& row = to_go_[index(id, place)];
      for (std::size_t a = 0; a < count; ++a) {
        const int exit = answers_[a];
        const LayerId last = net.answer_layer(exit < 0 ? static_cast<int>(net.exits.size()) : exit);
        if (last == id) row[a] = delivery(static_cast<int>(a), place) + (exit < 0 ? 0 : exit_check(place));
      }
      for (LayerId next : net.consumers(id)) {
        if (candidates_.by_layer[static_cast<std::size_t>(next)].empty() || is_partial_join(next)) continue;
        const bool is_same_level =
            candidates_.level[static_cast<std::size_t>(next)] == candidates_.level[static_cast<std::size_t>(id)];
        const bool is_single = net.layer(next).inputs.size() == 1;
        for (std::size_t a = 0; a < count; ++a) {
          if (!needs_[a][static_cast<std::size_t>(next)]) continue;
          const auto& places = candidates_.by_layer[static_cast<std::size_t>(next)];
          if (to_go(next, places.front(), static_cast<int>(a)) == none) continue;
          std::int64_t least = never;
          for (int q : places) {
            const bool may_join = !is_single || (q == place && is_same_level);
            least = std::min(least, message(id, place, q) + (may_join ? share(next, q) : alone(next, q)) +
                                        to_go_[index(next, q)][a]);
          }
          row[a] = std::max(row[a], std::min(least, never));
        }
      }
    }
  }
}

}  // namespace tiercut::planner
