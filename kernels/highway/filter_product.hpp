// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/highway/large_buffer.hpp"

/// Filters times patches, a block of depth and of pixels at a time (internal to kernels/highway/).
namespace tiercut::kernels {

/// Filters of one group in tiles of 8: element (row, k) stands at (row / 8 * depth + k) * 8 + row % 8; rows past the
/// end are zero.
class FilterTiles {
 public:
  static constexpr std::int64_t tile_rows = 8;

  FilterTiles() = default;
  FilterTiles(const float* row_major, std::int64_t rows, std::int64_t depth);
  std::int64_t rows() const { return rows_; }
  std::int64_t depth() const { return depth_; }
  const float* tile(std::int64_t row) const { return floats_.floats() + row * depth_; }
  std::size_t bytes() const { return floats_.bytes(); }

 private:
  std::int64_t rows_ = 0, depth_ = 0;
  LargeBuffer floats_;
};

/// Where patches come from: tap k of output pixel (y, x) is image[taps[k] + y * row_stride + x], x < width. Up to 15
/// floats past the last may be read.
struct PatchSource {
  const float* image;
  const std::int64_t* taps;
  std::int64_t row_stride, width;
};

/// Floats that lay_out_patches may write.
constexpr std::int64_t panel_floats(std::int64_t depth, std::int64_t pixels) {
  return (pixels + 15) / 16 * 16 * depth + 16;
}

/// Taps 0 .. depth - 1 of pixels first .. first + pixels - 1, in the order in which multiply_filters reads them.
void lay_out_patches(const PatchSource& source, std::int64_t depth, std::int64_t first, std::int64_t pixels,
                     float* panels);

/// output[row * output_stride + pixel] (+)= sum over k of filters(row, k) * patches(k, pixel).
struct FilterProduct {
  const float* filters;        ///< of the first row and the first tap of the block
  std::int64_t filter_stride;  ///< floats from one tile to the next
  std::int64_t rows, depth, pixels;
  const float* panels;
  float* output;
  std::int64_t output_stride;
  const float* bias;  ///< null: the product is added to what the output holds
};
void multiply_filters(const FilterProduct& product);

}  // namespace tiercut::kernels
