// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/highway/large_buffer.hpp"

/// Matrix times vector, the matrix read once in one sequential stream (internal to kernels/highway/).
namespace tiercut::kernels {

/// Rows in blocks of 64 (the last block rounded up to 16), each block column after column: a column's 64 weights take
/// part in 64 sums at once, so no sum is ever added up across a vector. Element (row, column) of the block that begins
/// at row b and is w wide stands at b * columns + column * w + row - b.
class RowBlocks {
 public:
  static constexpr std::int64_t block_rows = 64, row_multiple = 16;

  RowBlocks() = default;
  RowBlocks(const float* row_major, std::int64_t rows, std::int64_t columns);
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  std::int64_t blocks() const { return (rows_ + block_rows - 1) / block_rows; }
  const float* floats() const { return floats_.floats(); }
  std::size_t bytes() const { return floats_.bytes(); }

 private:
  std::int64_t rows_ = 0, columns_ = 0;
  LargeBuffer floats_;
};

/// y = matrix * x + bias for the rows of blocks first_block .. last_block - 1; bias null: none. Adds up in the same
/// order however the blocks are shared out.
void multiply_rows(const RowBlocks& matrix, std::int64_t first_block, std::int64_t last_block, const float* x,
                   const float* bias, float* y);

}  // namespace tiercut::kernels
