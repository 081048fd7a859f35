// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/highway/large_buffer.hpp"

/// Filters of packed signs, and their products with packed and with float inputs (internal to kernels/highway/).
namespace tiercut::kernels {

/// Each filter is `segments` runs of `segment_bits` signs, a run in whole words of 32 bits. Filters stand in blocks of
/// 32 (the last rounded up to 16), word after word: a word of every filter of the block side by side. What is unused is
/// clear.
class SignFilters {
 public:
  static constexpr std::int64_t block_rows = 32, row_multiple = 16;

  SignFilters() = default;
  SignFilters(std::int64_t rows, std::int64_t segments, std::int64_t segment_bits);
  /// Makes it +1; all are -1 before.
  void set(std::int64_t row, std::int64_t segment, std::int64_t bit);

  std::int64_t rows() const { return rows_; }
  std::int64_t padded_rows() const { return (rows_ + row_multiple - 1) / row_multiple * row_multiple; }
  std::int64_t segments() const { return segments_; }
  std::int64_t segment_words() const { return segment_words_; }
  std::int64_t words() const { return segments_ * segment_words_; }  ///< of one filter
  std::int64_t blocks() const { return (rows_ + block_rows - 1) / block_rows; }
  std::int64_t block_width(std::int64_t block) const;
  const std::uint32_t* block(std::int64_t block) const { return bits() + block * block_rows * words(); }
  std::size_t bytes() const { return memory_.bytes(); }

 private:
  const std::uint32_t* bits() const { return reinterpret_cast<const std::uint32_t*>(memory_.floats()); }

  std::int64_t rows_ = 0, segments_ = 0, segment_words_ = 0;
  LargeBuffer memory_;
};

/// Inputs side by side: segment s of pixel p begins at words + p * pixel_stride + s * segment_stride.
struct SignPixels {
  const std::uint32_t* words;
  std::int64_t count, pixel_stride, segment_stride;
};

/// sums[p * padded_rows + row] = offsets[p][row] - 2 * (in how many bits filter and pixel differ), for all filters.
/// Each pixel's offsets are padded_rows long.
void sum_signs(const SignFilters& filters, const SignPixels& pixels, const std::int32_t* const* offsets,
               std::int32_t* sums);

/// Fully connected: sums[row] = inputs - 2 * differing bits for the filters of a block; sums holds block_rows.
void sum_signs(const SignFilters& filters, std::int64_t block, const std::uint32_t* input, std::int32_t inputs,
               std::int32_t* sums);

/// What sum_signed reads instead of a float input of so many elements: this many floats.
std::int64_t signed_input_floats(std::int64_t inputs);
void prepare_signed_input(const float* input, std::int64_t inputs, float* prepared);
/// sums[row] = sum of the inputs under the filter's signs, for the filters of a block.
void sum_signed(const SignFilters& filters, std::int64_t block, const float* prepared, float* sums);

/// gamma * (x - mean) / deviation + beta in float64, for `count` sums.
struct NormRows {
  std::vector<double> gamma, beta, mean, deviation;
};
void normalize(const NormRows& norm, std::int64_t first, std::int64_t count, const double* sums, float* output);

}  // namespace tiercut::kernels
