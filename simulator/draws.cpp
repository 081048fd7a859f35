// SPDX-License-Identifier: Apache-2.0
#include "simulator/draws.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/random.hpp"

namespace tiercut::simulator {

namespace {

DurationLaw cost_law(const CompiledCompute& compute) {
  using Kind = DurationLaw::Kind;
  const Seconds cost = compute.work.cost.seconds();
  if (compute.shape != nullptr) return {Kind::measured, {}, cost.value(), {}, compute.shape};
  if (compute.family == scenarios::CostVariation::Family::lognormal) return {Kind::lognormal, cost, compute.variation};
  return {compute.variation == 1 ? Kind::exponential : Kind::gamma, cost, compute.variation * cost.value()};
}

}  // namespace

Draws::Draws(const CompiledGraph& graph, const Options& options) : graph_(graph), courses_(options.courses.get()) {
  const std::uint64_t seed = options.seed;
  for (const auto& compute : graph.computes) {
    const bool is_constant = compute.variation == 0 || compute.work.cost == Span();
    cost_of_.push_back(is_constant ? -1 : static_cast<int>(durations_.size()));
    if (!is_constant) durations_.emplace_back(cost_law(compute), seed, compute.entity);
  }
  for (const auto& hop : graph.hops) {
    const auto& link = graph.source->resource(hop.resource);
    loss_of_.push_back(hop.can_lose ? static_cast<int>(chances_.size()) : -1);
    if (hop.can_lose) chances_.emplace_back(link.loss.probability, seed, hop.loss_entity);
    add_jitter(hop, link, seed);
  }
  for (std::size_t e = 0; e < graph.exit_entities.size(); ++e) {
    exits_.emplace_back(graph.source->exits[e].probability, seed, graph.exit_entities[e]);
  }
  if (graph.source->replay != nullptr) rows_.emplace(seed, entity_id("exit trace"));
}

void Draws::add_jitter(const CompiledHop& hop, const deployment::Resource& link, std::uint64_t seed) {
  using Kind = scenarios::Jitter::Kind;
  const double mean = link.jitter.mean.value(), deviation = link.jitter.deviation.value();
  DurationLaw law{DurationLaw::Kind::normal, link.jitter.mean, deviation, link.fixed_latency};
  // What does not vary: no jitter at all, none about its mean, and shapes that have no place for a mean of zero.
  const bool needs_mean = link.jitter.kind == Kind::lognormal || link.jitter.kind == Kind::gamma;
  const bool is_constant = deviation == 0 || (needs_mean && !(mean > 0));
  const Span constant = link.fixed_latency + Span::from(Seconds(deviation == 0 ? mean : 0));
  latency_of_.push_back(hop.can_jitter ? std::max(Span(), constant) : link.latency);
  jitter_of_.push_back(hop.can_jitter && !is_constant ? static_cast<int>(durations_.size()) : -1);
  if (jitter_of_.back() < 0) return;
  switch (link.jitter.kind) {
    case Kind::none:
    case Kind::normal:
      break;
    case Kind::lognormal:
      law.kind = DurationLaw::Kind::lognormal;
      law.spread = deviation / mean;
      break;
    case Kind::gamma:
      law.kind = DurationLaw::Kind::gamma;
      break;
    case Kind::uniform:
      law.kind = DurationLaw::Kind::uniform;
      break;
    case Kind::measured:
      law.kind = DurationLaw::Kind::measured;
      law.shape = link.jitter.shape.get();
      break;
  }
  durations_.emplace_back(law, seed, hop.jitter_entity);
}

std::int64_t Draws::row(std::int64_t sample) {
  const auto rows = graph_.source->replay->rows();
  if (graph_.source->replay->is_in_order) return sample % rows;
  return std::min(rows - 1, static_cast<std::int64_t>(rows_->at(sample) * static_cast<double>(rows)));
}

bool Draws::is_right(int answer, std::int64_t sample) { return graph_.source->replay->is_right(answer, row(sample)); }

/// Null: the answer is that with all inputs.
const scenarios::ExitReplay::Loss* Draws::loss(int answer, const Missing& missing) const {
  if (missing.inputs.empty()) return nullptr;
  const auto* loss = graph_.source->replay->find_loss(missing.inputs);
  if (loss != nullptr && (loss->known >> answer & 1U) != 0) return loss;
  if (missing.is_loss) throw UnknownLoss{answer, missing.inputs};
  return nullptr;
}

bool Draws::is_conclusive(int exit, std::int64_t sample, const Missing& missing) {
  const auto* known = loss(exit, missing);
  if (known == nullptr) return is_conclusive(exit, sample);
  return (known->conclusive[static_cast<std::size_t>(row(sample))] >> exit & 1U) != 0;
}

bool Draws::is_right(int answer, std::int64_t sample, const Missing& missing) {
  const auto* known = loss(answer, missing);
  if (known == nullptr) return is_right(answer, sample);
  return (known->right[static_cast<std::size_t>(row(sample))] >> answer & 1U) != 0;
}

ArrivalProcess::ArrivalProcess(const deployment::StageGraph& graph, const Options& options)
    : is_poisson_(graph.arrivals.process == scenarios::Arrivals::Process::poisson),
      mean_gap_(graph.arrivals.period.value() / graph.members),
      members_(graph.members),
      others_(graph, options.seed),
      seed_(options.seed),
      entity_(entity_id("arrivals")),
      key_(stream_key(options.seed, entity_)),
      courses_(options.courses.get()) {}

ArrivalProcess::Arrival ArrivalProcess::next() {
  const std::int64_t sample = sample_++;
  if (courses_ != nullptr) {
    const Course& course = (*courses_)[static_cast<std::size_t>(sample)];
    return {course.arrival, course.member};
  }
  if (!is_poisson_) return others_.next();
  const auto lane = static_cast<std::size_t>(sample % draw_kernels::lanes);
  if (lane == 0) draw_block();
  const Span gap(gaps_[lane]);
  if (gap > Instant::never() - last_)
    throw std::overflow_error("samples would arise after the 106 days that can be simulated");
  last_ = last_ + gap;
  if (members_ == 1) return {last_, 1};
  return {last_, std::min(static_cast<int>(places_[lane] * members_) + 1, members_)};
}

void ArrivalProcess::draw_block() {
  const auto first = static_cast<std::uint64_t>(sample_ - 1);
  draw_kernels::Uniforms u;
  draw_kernels::uniforms(key_, first, u, places_);
  draw_kernels::exponential(u, mean_gap_, gaps_);
  for (std::size_t i = 0; i < gaps_.size(); ++i) {
    if (gaps_[i] != draw_kernels::unsettled) continue;
    RandomStream stream(seed_, entity_, first + i);
    gaps_[i] = Span::from(Seconds(stream.exponential(mean_gap_))).picoseconds();
  }
}

}  // namespace tiercut::simulator
