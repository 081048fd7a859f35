// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

/// Counter-based random numbers (Philox4x32-10, Salmon et al., SC 2011, from Random123): a draw is a pure function of
/// (seed, entity, sample, index). Two plans see the same luck, and neither the order of events nor the number of
/// threads changes a result.
namespace tiercut {

/// A stable 64-bit id of a named thing: `exit/little`, `link/up`, `arrivals`. Equal names give equal ids on all
/// machines.
std::uint64_t entity_id(std::string_view name);

/// What keys the streams of a thing for a seed, whatever the sample: the key of Philox4x32-10, whose counter holds the
/// sample below and the number of the block above.
std::uint64_t stream_key(std::uint64_t seed, std::uint64_t entity);

class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t entity, std::uint64_t sample);

  double uniform();                       ///< in (0, 1): odd multiples of 2^-53; never 0 or 1
  double exponential(double mean);        ///< mean > 0
  double normal(double mean, double sd);  ///< Box-Muller, two uniforms a draw
  double lognormal_with(double mean, double coefficient_of_variation);  ///< by its own mean, not its logarithm's
  double gamma(double shape, double scale);                             ///< Marsaglia and Tsang 2000; shape > 0
 private:
  std::uint64_t next();
  std::uint64_t key_;
  std::uint64_t sample_;
  std::uint64_t index_ = 0;
  std::uint64_t spare_ = 0;  // the second draw of the last block
};

}  // namespace tiercut
