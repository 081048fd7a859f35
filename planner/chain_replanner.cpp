// SPDX-License-Identifier: Apache-2.0
#include "planner/chain_replanner.hpp"

#include <algorithm>
#include <cmath>

#include "deployment/places.hpp"
#include "planner/call_pricer.hpp"
#include "planner/chain_labels.hpp"
#include "planner/chain_steps.hpp"
#include "planner/message_costs.hpp"

namespace tiercut::planner {

using model::LayerId;
using scenarios::Scenario;

namespace {

constexpr std::int64_t never = std::int64_t{1} << 60;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double most_table_bytes = 1024.0 * 1024 * 1024;

}  // namespace

struct ChainReplanner::State {
  Candidates candidates;
  std::vector<LayerId> layers;
  LayerId input = 0;
  std::size_t count = 0, places = 0;
  std::vector<std::int64_t> calls;  // by place, first layer, length less one; rows of falling length
  std::vector<double> shares;       // by layer and place; infinite where it may not run
  std::vector<double> openings;     // by place
  std::vector<int> message_unit;    // by device among the messages'
  std::vector<std::size_t> rows;    // where the calls of a first layer begin

  // Of the scenario at hand:
  std::vector<std::int64_t> messages;  // by layer (before it), place, place
  std::vector<std::int64_t> first, back;
  std::vector<double> rest;  // by position and place: from the end of a call there to the answer at least

  struct Entry {
    std::int64_t time = never;
    int place = -1;     // of the call before
    int position = -1;  // where that began
  };
  std::vector<Entry> entries;
  std::vector<int> last;  // places of the plan found last, by position
  std::size_t examined = 0;

  std::int64_t call(std::size_t from, std::size_t to, std::size_t place) const {
    return calls[place * rows.back() + rows[from] + (to - from - 1)];
  }
  std::int64_t message(std::size_t position, std::size_t from, std::size_t to) const {
    return messages[(position * places + from) * places + to];
  }
  double share(std::size_t position, std::size_t place) const { return shares[position * places + place]; }

  void price(const Scenario& scenario);
  void measure(const Scenario& scenario);
  void look_back();
  std::vector<int> relaxed_places() const;
  std::int64_t cost_of(const std::vector<int>& chosen) const;
  std::int64_t search(std::int64_t known, std::vector<int>& chosen);
};

void ChainReplanner::State::price(const Scenario& scenario) {
  rows.push_back(0);
  for (std::size_t i = 0; i < count; ++i) rows.push_back(rows.back() + count - i);
  calls.assign(places * rows.back(), never);
  shares.assign(count * places, infinity);
  openings.assign(places, infinity);
  for (std::size_t p = 0; p < places; ++p) {
    CallPricer pricer(scenario, candidates.places[p]);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& may = candidates.by_layer[static_cast<std::size_t>(layers[i])];
      if (std::find(may.begin(), may.end(), static_cast<int>(p)) == may.end()) continue;
      const auto alone = static_cast<double>(pricer.least_cost_of(layers[i]).picoseconds());
      const bool is_layered = pricer.runs_layer_by_layer();
      shares[i * places + p] = is_layered ? alone : pricer.least_seconds(layers[i]) * 1e12;
      // A call's sum may round down where its first layer by itself rounds up.
      openings[p] = std::min(openings[p], std::max(-1.0, alone - shares[i * places + p] - (is_layered ? 0 : 1)));
    }
    for (std::size_t i = 0; i < count; ++i) {
      pricer.restart();
      for (std::size_t j = i; j < count && share(j, p) < infinity; ++j) {
        pricer.append(layers[j]);
        calls[p * rows.back() + rows[i] + (j - i)] = pricer.cost().picoseconds();
      }
    }
  }
}

/// What messages cost, as bring() of the dynamic program over chains has it: they arrive at the unit for messages.
void ChainReplanner::State::measure(const Scenario& scenario) {
  const MessageCosts costs(scenario, devices_of(scenario, candidates.places));
  const model::Model& net = *scenario.model;
  message_unit.clear();
  for (const auto device : devices_of(scenario, candidates.places))
    message_unit.push_back(deployment::message_unit(scenario, device));
  std::vector<int> device_of;
  for (const auto& place : candidates.places) device_of.push_back(costs.index_of(place.device));
  const auto bring = [&](int from, std::size_t to, Bytes size) {
    const auto sent = costs.data(from, device_of[to], size);
    if (!sent) return never;
    const bool is_there = message_unit[static_cast<std::size_t>(device_of[to])] == candidates.places[to].unit;
    return (*sent + (is_there ? Span() : costs.unit_copy(device_of[to], size))).picoseconds();
  };
  messages.assign(count * places * places, 0);
  for (std::size_t i = 1; i < count; ++i) {
    const Bytes size = net.layer(layers[i - 1]).output_bytes;
    // Devices, not pairs of places, decide the way; few sizes differ from the one before.
    if (i > 1 && size == net.layer(layers[i - 2]).output_bytes) {
      std::copy_n(messages.begin() + static_cast<std::ptrdiff_t>((i - 1) * places * places), places * places,
                  messages.begin() + static_cast<std::ptrdiff_t>(i * places * places));
      continue;
    }
    for (std::size_t p = 0; p < places; ++p)
      for (std::size_t q = 0; q < places; ++q) {
        if (p == q) continue;
        messages[(i * places + p) * places + q] = device_of[p] == device_of[q]
                                                      ? costs.unit_copy(device_of[p], size).picoseconds()
                                                      : bring(device_of[p], q, size);
      }
  }
  const auto& source = scenario.workload.inputs.front();
  const int from = costs.index_of(source.device), wanted_at = costs.index_of(scenario.workload.answer_at);
  const std::int64_t offset = Span::from(source.offset).picoseconds();
  const Bytes answer = scenario.workload.answer_size.value_or(net.layer(layers.back()).output_bytes);
  first.assign(places, never);
  back.assign(places, never);
  for (std::size_t p = 0; p < places; ++p) {
    first[p] = std::min(never, offset + bring(from, p, net.layer(input).output_bytes));
    if (const auto sent = costs.data(device_of[p], wanted_at, answer)) back[p] = sent->picoseconds();
  }
}

void ChainReplanner::State::look_back() {
  rest.assign((count + 1) * places, infinity);
  for (std::size_t p = 0; p < places; ++p)
    if (back[p] < never) rest[count * places + p] = static_cast<double>(back[p]);
  for (std::size_t i = count; i-- > 0;)
    for (std::size_t p = 0; p < places; ++p) {
      double least = share(i, p) + rest[(i + 1) * places + p];
      for (std::size_t q = 0; q < places && i > 0; ++q) {
        if (q == p || message(i, p, q) >= never) continue;
        least = std::min(
            least, static_cast<double>(message(i, p, q)) + openings[q] + share(i, q) + rest[(i + 1) * places + q]);
      }
      rest[i * places + p] = least;
    }
}

/// The placement that the bounds take for the best.
std::vector<int> ChainReplanner::State::relaxed_places() const {
  std::vector<int> chosen;
  std::size_t here = 0;
  for (std::size_t i = 0; i < count; ++i) {
    double least = infinity;
    std::size_t best = 0;
    for (std::size_t q = 0; q < places; ++q) {
      const double to_go = share(i, q) + rest[(i + 1) * places + q];
      const std::int64_t way = i == 0 ? first[q] : q == here ? 0 : message(i, here, q);
      const double value =
          way >= never ? infinity : static_cast<double>(way) + to_go + (i == 0 || q != here ? openings[q] : 0.0);
      if (value < least) {
        least = value;
        best = q;
      }
    }
    here = best;
    chosen.push_back(static_cast<int>(best));
  }
  return chosen;
}

std::int64_t ChainReplanner::State::cost_of(const std::vector<int>& chosen) const {
  if (chosen.size() != count) return never;
  std::int64_t sum = 0;
  for (std::size_t i = 0, j = 0; i < count; i = j) {
    const auto place = static_cast<std::size_t>(chosen[i]);
    while (j < count && chosen[j] == chosen[i]) ++j;
    sum += (i == 0 ? first[place] : message(i, static_cast<std::size_t>(chosen[i - 1]), place)) + call(i, j, place);
    if (sum >= never) return never;
    if (j == count) sum += back[place];
  }
  return std::min(sum, never);
}

std::int64_t ChainReplanner::State::search(std::int64_t known, std::vector<int>& chosen) {
  entries.assign(count * places, {});
  for (std::size_t p = 0; p < places; ++p) entries[p].time = first[p];
  std::int64_t best = known;
  int best_place = -1, best_position = -1;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t p = 0; p < places; ++p) {
      const std::int64_t start = entries[i * places + p].time;
      if (start >= never) continue;
      if (static_cast<double>(start) + openings[p] + share(i, p) + rest[(i + 1) * places + p] >=
          static_cast<double>(best))
        continue;
      for (std::size_t j = i + 1; j <= count; ++j) {
        const std::int64_t cost = call(i, j, p);
        if (cost >= never) break;
        ++examined;
        const std::int64_t end = start + cost;
        // A call never gets cheaper by a layer than its share, so longer ones are no better.
        if (static_cast<double>(end) + rest[j * places + p] >= static_cast<double>(best) + 1) break;
        if (j == count) {
          if (end + back[p] >= best) continue;
          best = end + back[p];
          best_place = static_cast<int>(p);
          best_position = static_cast<int>(i);
          continue;
        }
        for (std::size_t q = 0; q < places; ++q) {
          if (q == p || message(j, p, q) >= never) continue;
          auto& entry = entries[j * places + q];
          const std::int64_t arrival = end + message(j, p, q);
          if (arrival < entry.time) entry = {arrival, static_cast<int>(p), static_cast<int>(i)};
        }
      }
    }
  if (best_place < 0) return best;
  chosen.assign(count, best_place);
  for (int position = best_position, place = best_place, until = static_cast<int>(count);;) {
    std::fill(chosen.begin() + position, chosen.begin() + until, place);
    if (position == 0) return best;
    const Entry& entry = entries[static_cast<std::size_t>(position) * places + static_cast<std::size_t>(place)];
    until = position;
    place = entry.place;
    position = entry.position;
  }
}

ChainReplanner::ChainReplanner(std::unique_ptr<State> state) : state_(std::move(state)) {}
ChainReplanner::ChainReplanner(ChainReplanner&&) noexcept = default;
ChainReplanner& ChainReplanner::operator=(ChainReplanner&&) noexcept = default;
ChainReplanner::~ChainReplanner() = default;

std::optional<ChainReplanner> ChainReplanner::prepare(const Scenario& scenario) {
  auto candidates = candidates_of(scenario);
  if (!candidates) return std::nullopt;
  const auto steps = chain_steps(scenario, *candidates);
  if (!steps || steps->size() != 1) return std::nullopt;
  // Known calls may cost less than a part of them, which the bounds of the search do not expect.
  for (const auto& place : candidates->places)
    if (!deployment::unit_at(scenario, place).calls.empty()) return std::nullopt;
  const Ground ground(scenario, *candidates);
  if (ground.can_memory_bind() || ground.location_count() > 64) return std::nullopt;
  auto state = std::make_unique<State>();
  state->layers = steps->front().layers;
  state->input = steps->front().start;
  state->count = state->layers.size();
  state->places = candidates->places.size();
  const auto count = static_cast<double>(state->count);
  if (count * (count + 1) / 2 * static_cast<double>(state->places) * 8 > most_table_bytes) return std::nullopt;
  state->candidates = std::move(*candidates);
  if (ground.messages.window_count() > 0) return std::nullopt;
  state->price(scenario);
  return ChainReplanner(std::move(state));
}

std::optional<Found> ChainReplanner::replan(const Scenario& changed) {
  State& state = *state_;
  state.examined = 0;
  state.measure(changed);
  state.look_back();
  std::vector<int> chosen = state.relaxed_places();
  std::int64_t known = state.cost_of(chosen);
  if (const std::int64_t before = state.cost_of(state.last); before < known) {
    known = before;
    chosen = state.last;
  }
  const std::int64_t best = state.search(known, chosen);
  if (best >= never) return std::nullopt;
  state.last = chosen;
  const auto& required = changed.requirement.latency;
  if (required && Span(best) > Span::from(required->at_most)) return std::nullopt;
  const double value = Span(best).seconds().value();
  Found found{state.candidates.plan, value, value};
  for (std::size_t i = 0; i < state.count; ++i)
    found.plan.placement[static_cast<std::size_t>(state.layers[i])] =
        state.candidates.places[static_cast<std::size_t>(chosen[i])];
  return found;
}

std::size_t ChainReplanner::examined() const { return state_->examined; }

}  // namespace tiercut::planner
