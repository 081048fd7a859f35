// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/quantile_table.hpp"
#include "core/random.hpp"
#include "core/units.hpp"
#include "simulator/draw_kernels.hpp"

namespace tiercut::simulator {

/// A random duration: its law, and what is added to each draw.
struct DurationLaw {
  enum class Kind { exponential, uniform, normal, lognormal, gamma, measured };
  Kind kind = Kind::lognormal;
  Seconds mean{};
  double spread = 0;  ///< lognormal: coefficient of variation; else the standard deviation in seconds
  Span offset{};
  const QuantileTable* shape = nullptr;  ///< measured: mean + spread times a draw of it

  /// From the stream of one sample; never below zero.
  Span draw(RandomStream& stream) const;
};

/// Draws are functions of the sample, and samples come by nearly in order. So the draws of one thing are computed for
/// 64 samples at once; where samples come in no order, one by one.
template <class Values>
class BlockCache {
 public:
  /// The values of the sample's block, or null when it does not pay to compute them: `fill(first, values)`.
  template <class Fill>
  Values* find(std::int64_t sample, Fill fill) {
    const std::int64_t block = sample / draw_kernels::lanes;
    Entry& entry = place_of(block);
    if (entry.block == block) [[likely]] {
      credit_ += credit_ < most_credit ? 1 : 0;
      return &entry.values;
    }
    if (entry.block > block && entries_.size() < most_ways) {  // thrown out, and still wanted
      grow();
      return find(sample, fill);
    }
    if (credit_ < 0) {
      ++credit_;
      return nullptr;
    }
    credit_ -= price;
    entry.block = block;
    fill(static_cast<std::uint64_t>(block) * draw_kernels::lanes, entry.values);
    return &entry.values;
  }

 private:
  static constexpr std::size_t least_ways = 4, most_ways = 256;
  static constexpr int price = 8, most_credit = 64;  // a block costs about as much as eight single draws
  struct Entry {
    std::int64_t block = -1;
    Values values;
  };
  Entry& place_of(std::int64_t block) { return entries_[static_cast<std::size_t>(block) & (entries_.size() - 1)]; }

  /// More samples are under way than it has room for. What it holds stays: places differ, so they do in a larger one.
  void grow() {
    std::vector<Entry> before(2 * entries_.size());
    before.swap(entries_);
    for (Entry& entry : before) {
      if (entry.block >= 0) place_of(entry.block) = entry;
    }
  }

  std::vector<Entry> entries_ = std::vector<Entry>(least_ways);  // a power of two
  int credit_ = most_credit;
};

/// Durations of one thing, by sample.
class DurationDraws {
 public:
  DurationDraws(const DurationLaw& law, std::uint64_t seed, std::uint64_t entity)
      : law_(law), seed_(seed), entity_(entity), key_(stream_key(seed, entity)) {}

  Span at(std::int64_t sample) {
    const bool is_single = law_.kind == DurationLaw::Kind::gamma || law_.kind == DurationLaw::Kind::measured;
    auto* values = is_single ? nullptr : cache_.find(sample, [this](auto first, auto& out) { fill(first, out); });
    if (values == nullptr) return at(sample, 0);
    std::int64_t& value = (*values)[static_cast<std::size_t>(sample) % draw_kernels::lanes];
    if (value == draw_kernels::unsettled) [[unlikely]]
      value = at(sample, 0).picoseconds();
    return Span(value);
  }
  /// The draw of a later attempt: behind those of the earlier ones in the sample's stream.
  Span at(std::int64_t sample, std::uint32_t attempt) const;

 private:
  void fill(std::uint64_t first_sample, draw_kernels::Picoseconds& out) const;

  DurationLaw law_;
  std::uint64_t seed_, entity_, key_;
  BlockCache<draw_kernels::Picoseconds> cache_;
};

/// Yes or no with a probability, by sample: whether the first uniform of its stream is below it.
class ChanceDraws {
 public:
  ChanceDraws(double probability, std::uint64_t seed, std::uint64_t entity)
      : probability_(probability), seed_(seed), entity_(entity), key_(stream_key(seed, entity)) {}

  bool at(std::int64_t sample) {
    const auto* bits = cache_.find(sample, [this](auto first, auto& out) { out = fill(first); });
    if (bits == nullptr) return at(sample, 0);
    return (*bits >> (sample % draw_kernels::lanes) & 1) != 0;
  }
  bool at(std::int64_t sample, std::uint32_t attempt) const;

 private:
  std::uint64_t fill(std::uint64_t first_sample) const;

  double probability_;
  std::uint64_t seed_, entity_, key_;
  BlockCache<std::uint64_t> cache_;
};

/// Uniform numbers in (0, 1) by sample: the first of its stream.
class UniformDraws {
 public:
  UniformDraws(std::uint64_t seed, std::uint64_t entity)
      : seed_(seed), entity_(entity), key_(stream_key(seed, entity)) {}

  double at(std::int64_t sample);

 private:
  std::uint64_t seed_, entity_, key_;
  BlockCache<draw_kernels::Uniforms> cache_;
};

}  // namespace tiercut::simulator
