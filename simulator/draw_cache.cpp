// SPDX-License-Identifier: Apache-2.0
#include "simulator/draw_cache.hpp"

#include <algorithm>
#include <cmath>

namespace tiercut::simulator {

namespace {

double seconds(const DurationLaw& law, RandomStream& stream) {
  const double mean = law.mean.value();
  switch (law.kind) {
    case DurationLaw::Kind::exponential:
      return stream.exponential(mean);
    case DurationLaw::Kind::uniform:
      return mean + (2 * stream.uniform() - 1) * std::sqrt(3.0) * law.spread;
    case DurationLaw::Kind::normal:
      return stream.normal(mean, law.spread);
    case DurationLaw::Kind::lognormal:
      return stream.lognormal_with(mean, law.spread);
    case DurationLaw::Kind::gamma:
      return stream.gamma(mean * mean / (law.spread * law.spread), law.spread * law.spread / mean);
    case DurationLaw::Kind::measured:
      return mean + law.spread * law.shape->at(stream.uniform());
  }
  return 0;
}

std::uint64_t counter(std::int64_t sample) { return static_cast<std::uint64_t>(sample); }

}  // namespace

Span DurationLaw::draw(RandomStream& stream) const {
  return std::max(Span(), offset + Span::from(Seconds(seconds(*this, stream))));
}

Span DurationDraws::at(std::int64_t sample, std::uint32_t attempt) const {
  RandomStream stream(seed_, entity_, counter(sample));
  for (std::uint32_t i = 0; i < attempt; ++i) seconds(law_, stream);
  return law_.draw(stream);
}

void DurationDraws::fill(std::uint64_t first_sample, draw_kernels::Picoseconds& out) const {
  draw_kernels::Uniforms u, v;
  draw_kernels::uniforms(key_, first_sample, u, v);
  const double mean = law_.mean.value();
  switch (law_.kind) {
    case DurationLaw::Kind::exponential:
      draw_kernels::exponential(u, mean, out);
      break;
    case DurationLaw::Kind::uniform:
      draw_kernels::uniform(u, mean, law_.spread, out);
      break;
    case DurationLaw::Kind::normal:
      draw_kernels::normal(u, v, mean, law_.spread, out);
      break;
    case DurationLaw::Kind::lognormal:
      draw_kernels::lognormal(u, v, mean, law_.spread, out);
      break;
    case DurationLaw::Kind::gamma:
    case DurationLaw::Kind::measured:
      out.fill(draw_kernels::unsettled);
      break;
  }
  for (auto& value : out) {
    if (value != draw_kernels::unsettled) value = std::max(std::int64_t{0}, law_.offset.picoseconds() + value);
  }
}

bool ChanceDraws::at(std::int64_t sample, std::uint32_t attempt) const {
  RandomStream stream(seed_, entity_, counter(sample));
  for (std::uint32_t i = 0; i < attempt; ++i) stream.uniform();
  return stream.uniform() < probability_;
}

std::uint64_t ChanceDraws::fill(std::uint64_t first_sample) const {
  draw_kernels::Uniforms u, v;
  draw_kernels::uniforms(key_, first_sample, u, v);
  return draw_kernels::below(u, probability_);
}

double UniformDraws::at(std::int64_t sample) {
  const auto* values = cache_.find(sample, [this](auto first, auto& out) {
    draw_kernels::Uniforms unused;
    draw_kernels::uniforms(key_, first, out, unused);
  });
  if (values == nullptr) return RandomStream(seed_, entity_, counter(sample)).uniform();
  return (*values)[static_cast<std::size_t>(sample) % draw_kernels::lanes];
}

}  // namespace tiercut::simulator
