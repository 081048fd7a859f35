// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/row_product.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/row_product.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tiercut::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Index = std::int64_t;

// Never more lanes than the narrowest block has rows.
using Floats = hn::CappedTag<float, RowBlocks::row_multiple>;

// No prefetching by instruction: the stream is sequential, and where that was measured (Zen 4) it cost up to a quarter.
template <int vectors, int unrolled>
HWY_INLINE void multiply_strip(const float* weights, Index width, Index columns, const float* x, float* sums) {
  const Floats d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  hn::Vec<Floats> sum[unrolled][vectors];
  for (int u = 0; u < unrolled; ++u) {
    for (int v = 0; v < vectors; ++v) sum[u][v] = hn::Zero(d);
  }
  Index column = 0;
  for (; column + unrolled <= columns; column += unrolled) {
#pragma GCC unroll 8
    for (int u = 0; u < unrolled; ++u) {
      const float* from = weights + (column + u) * width;
      const auto factor = hn::Set(d, x[column + u]);
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) sum[u][v] = hn::MulAdd(hn::LoadU(d, from + v * lanes), factor, sum[u][v]);
    }
  }
  for (; column < columns; ++column) {
    const auto factor = hn::Set(d, x[column]);
    for (int v = 0; v < vectors; ++v) {
      sum[0][v] = hn::MulAdd(hn::LoadU(d, weights + column * width + v * lanes), factor, sum[0][v]);
    }
  }
  for (int v = 0; v < vectors; ++v) {
    for (int u = 1; u < unrolled; ++u) sum[0][v] = hn::Add(sum[0][v], sum[u][v]);
    hn::StoreU(sum[0][v], d, sums + v * lanes);
  }
}

/// Sums of one block, by as many rows at a time as eight registers hold.
HWY_INLINE void multiply_block(const float* weights, Index width, Index columns, const float* x, float* sums) {
  const Index lanes = static_cast<Index>(hn::Lanes(Floats()));
  for (Index first = 0; first < width;) {
    const Index vectors = std::min<Index>(8, (width - first) / lanes);
    const float* from = weights + first;
    float* to = sums + first;
    if (vectors == 8) {
      multiply_strip<8, 1>(from, width, columns, x, to);
      first += 8 * lanes;
    } else if (vectors >= 4) {
      multiply_strip<4, 2>(from, width, columns, x, to);
      first += 4 * lanes;
    } else if (vectors >= 2) {
      multiply_strip<2, 4>(from, width, columns, x, to);
      first += 2 * lanes;
    } else {
      multiply_strip<1, 8>(from, width, columns, x, to);
      first += lanes;
    }
  }
}

void multiply_rows_in(const RowBlocks& matrix, Index first_block, Index last_block, const float* x, const float* bias,
                      float* y) {
  HWY_ALIGN float sums[RowBlocks::block_rows];
  for (Index block = first_block; block < last_block; ++block) {
    const Index begin = block * RowBlocks::block_rows, rows = std::min(RowBlocks::block_rows, matrix.rows() - begin);
    const Index width = (rows + RowBlocks::row_multiple - 1) / RowBlocks::row_multiple * RowBlocks::row_multiple;
    multiply_block(matrix.floats() + begin * matrix.columns(), width, matrix.columns(), x, sums);
    for (Index row = 0; row < rows; ++row) y[begin + row] = bias ? sums[row] + bias[begin + row] : sums[row];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tiercut::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiercut::kernels {

RowBlocks::RowBlocks(const float* row_major, std::int64_t rows, std::int64_t columns)
    : rows_(rows),
      columns_(columns),
      floats_(static_cast<std::size_t>((rows + row_multiple - 1) / row_multiple * row_multiple * columns)) {
  constexpr std::int64_t columns_at_once = 16;
  for (std::int64_t begin = 0; begin < rows; begin += block_rows) {
    const std::int64_t end = std::min(begin + block_rows, rows);
    const std::int64_t width = (end - begin + row_multiple - 1) / row_multiple * row_multiple;
    float* block = floats_.floats() + begin * columns;
    for (std::int64_t first = 0; first < columns; first += columns_at_once) {
      for (std::int64_t row = begin; row < end; ++row) {
        for (std::int64_t column = first; column < std::min(first + columns_at_once, columns); ++column) {
          block[column * width + row - begin] = row_major[row * columns + column];
        }
      }
    }
  }
}

HWY_EXPORT(multiply_rows_in);
void multiply_rows(const RowBlocks& matrix, std::int64_t first_block, std::int64_t last_block, const float* x,
                   const float* bias, float* y) {
  HWY_DYNAMIC_DISPATCH(multiply_rows_in)(matrix, first_block, last_block, x, bias, y);
}

}  // namespace tiercut::kernels
#endif
