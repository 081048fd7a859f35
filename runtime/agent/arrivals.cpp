// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/arrivals.hpp"

#include <algorithm>
#include <cmath>

#include "core/random.hpp"

namespace tiercut::runtime {

Arrivals::Arrivals(const deployment::StageGraph& graph, std::uint64_t seed)
    : is_poisson_(graph.arrivals.process == scenarios::Arrivals::Process::poisson),
      period_picoseconds_(graph.arrivals.period.value() * 1e12),
      members_(graph.members),
      seed_(seed) {}

Arrivals::Arrival Arrivals::next() {
  const std::int64_t sample = sample_++;
  if (!is_poisson_) {
    const long double ticks = static_cast<long double>(sample) * period_picoseconds_ / members_;
    return {Instant(std::llroundl(ticks)), static_cast<int>(sample % members_) + 1};
  }
  RandomStream stream(seed_, entity_id("arrivals"), static_cast<std::uint64_t>(sample));
  last_ = last_ + Span::from(Seconds(stream.exponential(period_picoseconds_ / 1e12 / members_)));
  if (members_ == 1) return {last_, 1};
  const int member = static_cast<int>(stream.uniform() * members_) + 1;
  return {last_, std::min(member, members_)};
}

std::uint32_t drawn_outcomes(const deployment::StageGraph& graph, std::uint64_t seed, std::int64_t sample) {
  const auto key = static_cast<std::uint64_t>(sample);
  std::uint32_t outcomes = 0;
  std::int64_t row = 0;
  if (graph.replay != nullptr) {
    const std::int64_t rows = graph.replay->rows();
    RandomStream stream(seed, entity_id("exit trace"), key);
    row = graph.replay->is_in_order
              ? sample % rows
              : std::min(rows - 1, static_cast<std::int64_t>(stream.uniform() * static_cast<double>(rows)));
  }
  for (std::size_t k = 0; k < graph.exits.size() && k < 32; ++k) {
    bool is_conclusive = false;
    if (graph.replay != nullptr) {
      is_conclusive = graph.replay->is_conclusive(static_cast<int>(k), row);
    } else {
      RandomStream stream(seed, entity_id("exit/" + graph.exits[k].name), key);
      is_conclusive = stream.uniform() < graph.exits[k].probability;
    }
    if (is_conclusive) outcomes |= 1U << k;
  }
  return outcomes;
}

}  // namespace tiercut::runtime
