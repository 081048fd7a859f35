// SPDX-License-Identifier: Apache-2.0
#include "planner/chain_outlook.hpp"

#include <algorithm>
#include <limits>

namespace tiercut::planner {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double ticks(std::optional<Span> span) { return span ? static_cast<double>(span->picoseconds()) : infinity; }

}  // namespace

ChainOutlook::ChainOutlook(const scenarios::Scenario& scenario, const Candidates& candidates,
                           const std::vector<ChainStep>& steps, const Ground& ground)
    : places_(candidates.places.size()), after_call_(steps.size()) {
  const model::Model& net = *scenario.model;
  const auto& messages = ground.messages;
  const int wanted_at = messages.index_of(scenario.workload.answer_at);
  std::vector<double> reaches{1};
  for (const auto& step : steps) reaches.push_back(reaches.back() * (1 - step.probability));
  double rest = 0;  // from the start of the step after
  for (std::size_t s = steps.size(); s-- > 0;) {
    const ChainStep& step = steps[s];
    const std::size_t length = step.layers.size();
    auto& after = after_call_[s];
    after.assign((length + 1) * places_, infinity);
    std::vector<double> at_call(length * places_, infinity);
    const auto device = [&](std::size_t p) { return ground.location_of_place(static_cast<int>(p)).device; };
    const double probability = s + 1 < steps.size() ? reaches[s] * step.probability : reaches[s];
    const Bytes answer = scenario.workload.answer_size.value_or(net.layer(step.layers.back()).output_bytes);
    for (std::size_t p = 0; p < places_; ++p) {
      const double back = probability > 0 ? probability * ticks(messages.data(device(p), wanted_at, answer)) : 0;
      after[length * places_ + p] = back + rest;
    }
    std::vector<CallPricer> pricers;
    for (const auto& place : candidates.places) pricers.emplace_back(scenario, place);
    for (std::size_t i = length; i-- > 0;) {
      const auto& may = candidates.by_layer[static_cast<std::size_t>(step.layers[i])];
      for (int place : may) {
        const auto p = static_cast<std::size_t>(place);
        pricers[p].restart();
        double& best = at_call[i * places_ + p];
        for (std::size_t j = i; j < length; ++j) {
          const auto& fits = candidates.by_layer[static_cast<std::size_t>(step.layers[j])];
          if (std::find(fits.begin(), fits.end(), place) == fits.end()) break;
          pricers[p].append(step.layers[j]);
          best = std::min(best, reaches[s] * ticks(pricers[p].cost()) + after[(j + 1) * places_ + p]);
        }
      }
      if (i == 0) break;
      const Bytes size = net.layer(step.layers[i - 1]).output_bytes;
      for (std::size_t p = 0; p < places_; ++p)
        for (int q : may) {
          if (static_cast<std::size_t>(q) == p) continue;
          const double way = device(p) == device(static_cast<std::size_t>(q))
                                 ? ticks(messages.unit_copy(device(p), size))
                                 : ticks(messages.data(device(p), device(static_cast<std::size_t>(q)), size));
          auto& least = after[i * places_ + p];
          least = std::min(
              least, (reaches[s] > 0 ? reaches[s] * way : 0) + at_call[i * places_ + static_cast<std::size_t>(q)]);
        }
    }
    rest = *std::min_element(at_call.begin(), at_call.begin() + static_cast<std::ptrdiff_t>(places_));
  }
}

}  // namespace tiercut::planner
