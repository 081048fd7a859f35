// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "training/dataset.hpp"

/// Which samples when, and where on the image. All of it is a function of (seed, epoch, sample), so that training that
/// goes on after a stop sees what it would have seen.
namespace tiercut::training {

/// The same indices in a random order, that of `entity` and `turn`.
std::vector<std::size_t> shuffled(std::vector<std::size_t> indices, std::uint64_t seed, std::string_view entity,
                                  std::uint64_t turn);

/// A share of 0 to count - 1 chosen at random, to the nearest whole sample, and all the others; both ascending.
struct IndexSplit {
  std::vector<std::size_t> chosen, others;
};
IndexSplit split_indices(std::size_t count, double share, std::uint64_t seed, std::string_view entity);

/// Copies of some samples, each moved by up to `most` pixels along both axes at random; what comes in from outside is
/// the input's smallest value. The one input is an image, or a vector that is a square image row by row.
class Shifter {
 public:
  Shifter(const Dataset& data, int most, std::uint64_t seed);
  /// Whether this data can be moved.
  static bool can_move(const Dataset& data);
  const Dataset& moved(std::span<const std::size_t> samples, std::uint64_t epoch);

 private:
  const Dataset& data_;
  int most_;
  std::uint64_t seed_;
  std::int64_t channels_ = 1, height_ = 0, width_ = 0;
  float background_ = 0;
  Dataset batch_;
};

}  // namespace tiercut::training
