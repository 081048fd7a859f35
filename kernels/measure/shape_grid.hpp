// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/measure/bench_case.hpp"

namespace tiercut::kernels {

/// How many shapes, and how large.
struct GridOptions {
  double scale = 1;          ///< of the number of shapes of each kind: 1 is about 2500 in all
  double most_macs = 1.5e9;  ///< of one layer
  double most_bytes = 1e9;   ///< bytes_needed of one layer
  std::uint64_t first = 0;   ///< index of the sequences to begin with; others give shapes that are not in the grid
  CacheState cache = CacheState::warm;
};

/// Shapes of every layer type that does something, spread evenly over the logarithms of the extents that models use
/// (Linear from 16 to 8192 features; images of 4 to 231 pixels a side with 1 to 1024 channels; kernels from 1 to 11),
/// by additive recurrences with the generalised golden ratio (Roberts, The unreasonable effectiveness of
/// quasirandom sequences, 2018). Any beginning of a kind is as even as the whole. No two have the same key.
std::vector<BenchCase> shape_grid(const GridOptions& options);

/// Every `step`th case with cold caches, for the difference that they make.
std::vector<BenchCase> cold_sample(const std::vector<BenchCase>& grid, std::size_t step);

}  // namespace tiercut::kernels
