// SPDX-License-Identifier: Apache-2.0
#include "simulator/draws.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/random.hpp"

namespace tiercut::simulator {

namespace {

std::uint64_t key(std::int64_t sample) { return static_cast<std::uint64_t>(sample); }

/// The picosecond grid ends after 106 days.
Instant checked(long double picoseconds) {
  if (!(picoseconds < 9.2e18L))
    throw std::overflow_error("samples would arise after the 106 days that can be simulated");
  return Instant(std::llroundl(picoseconds));
}

double jitter(const scenarios::Jitter& law, RandomStream& stream) {
  using Kind = scenarios::Jitter::Kind;
  const double mean = law.mean.value(), deviation = law.deviation.value();
  if (deviation == 0) return mean;
  switch (law.kind) {
    case Kind::none:
      return 0;
    case Kind::normal:
      return stream.normal(mean, deviation);
    case Kind::lognormal:
      return mean > 0 ? stream.lognormal_with(mean, deviation / mean) : 0;
    case Kind::gamma:
      return mean > 0 ? stream.gamma(mean * mean / (deviation * deviation), deviation * deviation / mean) : 0;
    case Kind::uniform:
      return mean + (2 * stream.uniform() - 1) * std::sqrt(3.0) * deviation;
  }
  return 0;
}

}  // namespace

Span Draws::cost(const CompiledCompute& compute, std::int64_t sample) const {
  if (compute.variation == 0) return compute.work.cost;
  RandomStream stream(seed_, compute.entity, key(sample));
  return Span::from(Seconds(stream.lognormal_with(compute.work.cost.seconds().value(), compute.variation)));
}

std::int64_t Draws::row(std::int64_t sample) const {
  const auto rows = graph_.source->replay->rows();
  if (graph_.source->replay->is_in_order) return sample % rows;
  RandomStream stream(seed_, trace_entity_, key(sample));
  return std::min(rows - 1, static_cast<std::int64_t>(stream.uniform() * static_cast<double>(rows)));
}

bool Draws::is_right(int answer, std::int64_t sample) const {
  return graph_.source->replay->is_right(answer, row(sample));
}

bool Draws::is_conclusive(int exit, std::int64_t sample) const {
  if (graph_.source->replay != nullptr) return graph_.source->replay->is_conclusive(exit, row(sample));
  const auto index = static_cast<std::size_t>(exit);
  RandomStream stream(seed_, graph_.exit_entities[index], key(sample));
  return stream.uniform() < graph_.source->exits[index].probability;
}

bool Draws::is_lost(const CompiledHop& hop, std::int64_t sample, int attempt) const {
  if (!hop.can_lose) return false;
  RandomStream stream(seed_, hop.loss_entity, key(sample));
  for (int i = 0; i < attempt; ++i) stream.uniform();
  return stream.uniform() < graph_.source->resource(hop.resource).loss.probability;
}

Span Draws::propagation(const CompiledHop& hop, std::int64_t sample, int attempt) const {
  const auto& link = graph_.source->resource(hop.resource);
  if (!hop.can_jitter) return link.latency;
  RandomStream stream(seed_, hop.jitter_entity, key(sample));
  for (int i = 0; i < attempt; ++i) jitter(link.jitter, stream);
  return std::max(Span(), link.fixed_latency + Span::from(Seconds(jitter(link.jitter, stream))));
}

ArrivalProcess::ArrivalProcess(const deployment::StageGraph& graph, std::uint64_t seed)
    : is_poisson_(graph.arrivals.process == scenarios::Arrivals::Process::poisson),
      period_picoseconds_(graph.arrivals.period.value() * 1e12),
      members_(graph.members),
      seed_(seed),
      entity_(entity_id("arrivals")) {}

ArrivalProcess::Arrival ArrivalProcess::next() {
  const std::int64_t sample = sample_++;
  if (!is_poisson_) {
    // Not by adding up: a period that is no whole number of picoseconds must not drift.
    const long double ticks = static_cast<long double>(sample) * period_picoseconds_ / members_;
    return {checked(ticks), static_cast<int>(sample % members_) + 1};
  }
  RandomStream stream(seed_, entity_, key(sample));
  const Span gap = Span::from(Seconds(stream.exponential(period_picoseconds_ / 1e12 / members_)));
  checked(static_cast<long double>(last_.picoseconds()) + static_cast<long double>(gap.picoseconds()));
  last_ = last_ + gap;
  if (members_ == 1) return {last_, 1};
  const int member = static_cast<int>(stream.uniform() * members_) + 1;
  return {last_, std::min(member, members_)};
}

}  // namespace tiercut::simulator
