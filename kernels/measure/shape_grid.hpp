// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/measure/bench_case.hpp"

namespace tiercut::kernels {

/// How many shapes, and how large.
struct GridOptions {
  double scale = 1;          ///< of the number of shapes of each kind: 1 is shapes_at_scale_1 in all
  double most_macs = 1.5e9;  ///< of one layer
  double most_bytes = 1e9;   ///< bytes_needed of one layer
  std::uint64_t first = 0;   ///< index of the sequences to begin with; others give shapes that are not in the grid
  CacheState cache = CacheState::warm;
};

inline constexpr double shapes_at_scale_1 = 3020;

/// Shapes of every layer type that does something, as networks have them, spread evenly over the logarithms of their
/// extents by additive recurrences with the generalised golden ratio (Roberts, The unreasonable effectiveness of
/// quasirandom sequences, 2018). What they cover, and with them the laws that are fitted to them:
/// - Linear and BinaryFC from 16 to 8192 features into 2 to 8192;
/// - images of 4 to 231 pixels a side (BinaryConvP 4 to 112) with 4 to 1024 channels, pictures with 1 or 3;
/// - convolutions into 4 to 1024 channels, 1x1, 3x3, 5x5 and 7x7 with stride 1 or 2 and 11x11 with stride 4, padded by
///   half a window or not, never larger than the image; in groups of at least 4 channels, or depthwise 3x3, 5x5 and
///   7x7; or one window that is all of an image of 1 to 8 pixels a side with up to 4096 channels;
/// - pooling 2x2 by 2 and by 1, 3x3 by 2 (padded or not), by 1 (padded) and by 3, and over the whole image;
/// - BinaryConvP of 1x1, 3x3 and 5x5 with 4 to 512 filters, its pooling none, 2x2 by 2 or 3x3 by 2;
/// - joins of 2 to 8 tensors.
/// Any beginning of a kind is as even as the whole. No two have the same key.
std::vector<BenchCase> shape_grid(const GridOptions& options);

/// Every `step`th case with cold caches, for the difference that they make.
std::vector<BenchCase> cold_sample(const std::vector<BenchCase>& grid, std::size_t step);

}  // namespace tiercut::kernels
