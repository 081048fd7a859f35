// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/filter_product.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/filter_product.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "kernels/highway/partial_vectors.hpp"

HWY_BEFORE_NAMESPACE();
namespace tiercut::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Index = std::int64_t;

using Floats = hn::CappedTag<float, 16>;
constexpr Index tile = FilterTiles::tile_rows;
// A vector of rows: half a register with AVX-512, of which two start in a cycle.
using Rows = hn::CappedTag<float, FilterTiles::tile_rows>;

// Sums held in registers: rows_at_once x panel_vectors, with room for the operands.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
constexpr int rows_at_once = 8, panel_vectors = 3;
#elif HWY_TARGET == HWY_AVX2
constexpr int rows_at_once = 4, panel_vectors = 3;
#else
constexpr int rows_at_once = 4, panel_vectors = 2;
#endif

/// A block's pixels as vectors; what is left over is multiplied a pixel at a time when that takes less.
struct Panels {
  Index lanes, vectors, last_lanes, spare;  // spare: pixels behind the last vector

  explicit Panels(Index pixels)
      : lanes(static_cast<Index>(hn::Lanes(Floats()))),
        vectors(pixels / lanes),
        last_lanes(lanes),
        spare(pixels % lanes) {
    if (2 * spare <= lanes) return;
    ++vectors;
    last_lanes = spare;
    spare = 0;
  }
  /// How many vectors the panel that begins at `vector` has; 2 and 2 instead of 3 and 1.
  Index width(Index vector) const {
    const Index left = vectors - vector;
    return left == panel_vectors + 1 && panel_vectors > 2 ? 2 : std::min<Index>(left, panel_vectors);
  }
};

struct Run {
  Index from, to, vectors;
};

/// Pixels first .. first + count - 1 as runs within rows of the image.
HWY_INLINE Index find_runs(const PatchSource& source, Index first, Index count, Index lanes, Run* runs) {
  Index found = 0;
  for (Index done = 0; done < count;) {
    const Index y = (first + done) / source.width, x = (first + done) % source.width;
    const Index length = std::min(source.width - x, count - done);
    runs[found++] = {y * source.row_stride + x, done, (length + lanes - 1) / lanes};
    done += length;
  }
  return found;
}

// Whole vectors are stored: what goes past a run is overwritten by the next, which begins there.
HWY_INLINE float* copy_panel(const PatchSource& source, Index depth, const Run* runs, Index count, Index width,
                             float* to) {
  const Floats d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  for (Index k = 0; k < depth; ++k, to += width) {
    const float* image = source.image + source.taps[k];
    for (Index i = 0; i < count; ++i) {
      const float* from = image + runs[i].from;
      float* start = to + runs[i].to;
      for (Index v = 0; v < runs[i].vectors; ++v) hn::StoreU(hn::LoadU(d, from + v * lanes), d, start + v * lanes);
    }
  }
  return to;
}

#if HWY_TARGET <= HWY_AVX3

/// A panel whose vectors are each put together from at most `pieces` runs: loads of some lanes cost no more than loads
/// of all, and every vector is stored once, on its own line.
template <int vectors, int pieces>
HWY_INLINE float* join_panel(const PatchSource& source, Index depth, const Run* runs, Index found, Index pixels,
                             float* HWY_RESTRICT to) {
  const Floats d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  Index from[vectors][pieces] = {};
  hn::Mask<Floats> kept[vectors][pieces];
  for (Index v = 0; v < vectors; ++v) {
    int piece = 0;
    for (int p = 0; p < pieces; ++p) kept[v][p] = hn::FirstN(d, 0);
    for (Index i = 0; i < found; ++i) {
      const Index begin = std::max<Index>(runs[i].to - v * lanes, 0);
      const Index end = std::min((i + 1 < found ? runs[i + 1].to : pixels) - v * lanes, lanes);
      if (begin >= end) continue;
      from[v][piece] = runs[i].from - runs[i].to + v * lanes;
      kept[v][piece++] =
          hn::AndNot(hn::FirstN(d, static_cast<std::size_t>(begin)), hn::FirstN(d, static_cast<std::size_t>(end)));
    }
  }
  for (Index k = 0; k < depth; ++k) {
    const float* image = source.image + source.taps[k];
#pragma GCC unroll 3
    for (int v = 0; v < vectors; ++v) {
      auto joined = hn::MaskedLoad(kept[v][0], d, image + from[v][0]);
#pragma GCC unroll 4
      for (int p = 1; p < pieces; ++p) joined = hn::Or(joined, hn::MaskedLoad(kept[v][p], d, image + from[v][p]));
      hn::StoreU(joined, d, to);
      to += lanes;
    }
  }
  return to;
}

template <int vectors>
HWY_INLINE float* lay_out_panel(const PatchSource& source, Index depth, Index first, Index pixels, float* to) {
  const Index lanes = static_cast<Index>(hn::Lanes(Floats()));
  Run runs[3 * 16];
  const Index found = find_runs(source, first, pixels, lanes, runs);
  if (found == 1) return join_panel<vectors, 1>(source, depth, runs, found, pixels, to);
  if (source.width >= lanes) return join_panel<vectors, 2>(source, depth, runs, found, pixels, to);
  if (source.width >= 5) return join_panel<vectors, 4>(source, depth, runs, found, pixels, to);
  return copy_panel(source, depth, runs, found, vectors * lanes, to);
}

HWY_INLINE float* lay_out_panel(const PatchSource& source, Index depth, Index first, Index pixels, Index vectors,
                                float* to) {
  if (vectors == 3) return lay_out_panel<3>(source, depth, first, pixels, to);
  if (vectors == 2) return lay_out_panel<2>(source, depth, first, pixels, to);
  return lay_out_panel<1>(source, depth, first, pixels, to);
}

#else

HWY_INLINE float* lay_out_panel(const PatchSource& source, Index depth, Index first, Index pixels, Index vectors,
                                float* to) {
  const Index lanes = static_cast<Index>(hn::Lanes(Floats()));
  Run runs[3 * 16];
  const Index found = find_runs(source, first, pixels, lanes, runs);
  return copy_panel(source, depth, runs, found, vectors * lanes, to);
}

#endif

void lay_out_patches_in(const PatchSource& source, Index depth, Index first, Index pixels, float* to) {
  const Panels panels(pixels);
  Index vector = 0;
  while (vector < panels.vectors) {
    const Index width = panels.width(vector), start = vector * panels.lanes;
    const Index count = std::min(width * panels.lanes, pixels - start);
    to = lay_out_panel(source, depth, first + start, count, width, to);
    vector += width;
  }
  if (panels.spare != 0) lay_out_panel(source, depth, first + vector * panels.lanes, panels.spare, 1, to);
}

/// `rows` filters of a tile (filters: first of them, tap 0) times one panel.
template <int rows, int vectors>
HWY_NOINLINE void multiply_panel(const FilterProduct& product, const float* HWY_RESTRICT filters,
                                 const float* HWY_RESTRICT panel, Index row, Index pixel, Index last_lanes) {
  const Floats d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  hn::Vec<Floats> sum[rows][vectors];
  float* HWY_RESTRICT output = product.output + row * product.output_stride + pixel;
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sum[r][v] = hn::Zero(d);
  }
  for (Index k = 0; k < product.depth; ++k) {
    hn::Vec<Floats> patch[vectors];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) patch[v] = hn::LoadU(d, panel + v * lanes);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const auto factor = hn::Set(d, filters[r]);
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) sum[r][v] = hn::MulAdd(patch[v], factor, sum[r][v]);
    }
    panel += vectors * lanes;
    filters += tile;
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
    float* to = output + r * product.output_stride;
    const auto bias = hn::Set(d, product.bias ? product.bias[row + r] : 0.0F);
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      const bool is_whole = v + 1 < vectors || last_lanes == lanes;
      if (is_whole) {
        const auto base = product.bias ? bias : hn::LoadU(d, to + v * lanes);
        hn::StoreU(hn::Add(base, sum[r][v]), d, to + v * lanes);
      } else {
        const auto base = product.bias ? bias : load_first(d, to + v * lanes, last_lanes);
        store_first(d, hn::Add(base, sum[r][v]), to + v * lanes, last_lanes);
      }
    }
  }
}

template <int rows>
HWY_INLINE void multiply_rows_of_tile(const FilterProduct& product, Index row, const float* panel, Index vectors,
                                      Index pixel, Index last_lanes) {
  const float* filters = product.filters + row / tile * product.filter_stride + row % tile;
  switch (vectors) {
    case 3:
      return multiply_panel<rows, 3>(product, filters, panel, row, pixel, last_lanes);
    case 2:
      return multiply_panel<rows, 2>(product, filters, panel, row, pixel, last_lanes);
    default:
      return multiply_panel<rows, 1>(product, filters, panel, row, pixel, last_lanes);
  }
}

/// Rows first .. end - 1, at most a tile's, times one panel.
HWY_INLINE void multiply_tile(const FilterProduct& product, Index first, Index end, const float* panel, Index vectors,
                              Index pixel, Index last_lanes) {
  while (first < end) {
    const Index left = end - first;
    if (rows_at_once == 8 && left == 8) {
      multiply_rows_of_tile<8>(product, first, panel, vectors, pixel, last_lanes);
      first += 8;
    } else if (left >= 4) {
      multiply_rows_of_tile<4>(product, first, panel, vectors, pixel, last_lanes);
      first += 4;
    } else if (left >= 2) {
      multiply_rows_of_tile<2>(product, first, panel, vectors, pixel, last_lanes);
      first += 2;
    } else {
      multiply_rows_of_tile<1>(product, first, panel, vectors, pixel, last_lanes);
      first += 1;
    }
  }
}

/// Spare pixels: vectors of rows instead, `groups` of them from row on, times `pixels` single pixels.
template <int groups, int pixels>
HWY_NOINLINE void multiply_pixels(const FilterProduct& product, const float* panel, Index panel_width, Index row,
                                  Index pixel) {
  const Rows d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  hn::Vec<Rows> sum[groups][pixels];
  const float* filters[groups];
  for (int g = 0; g < groups; ++g) {
    const Index first = row + g * lanes;
    filters[g] = product.filters + first / tile * product.filter_stride + first % tile;
    for (int p = 0; p < pixels; ++p) sum[g][p] = hn::Zero(d);
  }
  for (Index k = 0; k < product.depth; ++k) {
    hn::Vec<Rows> filter[groups];
#pragma GCC unroll 4
    for (int g = 0; g < groups; ++g) filter[g] = hn::LoadU(d, filters[g] + k * tile);
#pragma GCC unroll 4
    for (int p = 0; p < pixels; ++p) {
      const auto patch = hn::Set(d, panel[k * panel_width + p]);
#pragma GCC unroll 4
      for (int g = 0; g < groups; ++g) sum[g][p] = hn::MulAdd(patch, filter[g], sum[g][p]);
    }
  }
  HWY_ALIGN float sums[static_cast<std::size_t>(tile)];
  for (int g = 0; g < groups; ++g) {
    for (int p = 0; p < pixels; ++p) {
      hn::StoreU(sum[g][p], d, sums);
      for (Index r = row + g * lanes, i = 0; i < lanes && r < product.rows; ++i, ++r) {
        float& to = product.output[r * product.output_stride + pixel + p];
        to = (product.bias ? product.bias[r] : to) + sums[i];
      }
    }
  }
}

template <int groups>
HWY_INLINE void multiply_spare(const FilterProduct& product, const float* panel, Index panel_width, Index row,
                               Index pixel, Index spare) {
  for (; spare >= 4; spare -= 4, pixel += 4, panel += 4) {
    multiply_pixels<groups, 4>(product, panel, panel_width, row, pixel);
  }
  if (spare == 3) multiply_pixels<groups, 3>(product, panel, panel_width, row, pixel);
  if (spare == 2) multiply_pixels<groups, 2>(product, panel, panel_width, row, pixel);
  if (spare == 1) multiply_pixels<groups, 1>(product, panel, panel_width, row, pixel);
}

void multiply_filters_in(const FilterProduct& product) {
  const Panels panels(product.pixels);
  for (Index row = 0; row < product.rows; row += tile) {
    const Index end = std::min(row + tile, product.rows);
    for (Index vector = 0; vector < panels.vectors;) {
      const Index width = panels.width(vector), next = vector + width, pixel = vector * panels.lanes;
      const float* panel = product.panels + pixel * product.depth;
      const Index last_lanes = next == panels.vectors ? panels.last_lanes : panels.lanes;
      multiply_tile(product, row, end, panel, width, pixel, last_lanes);
      vector = next;
    }
  }
  if (panels.spare == 0) return;
  const Index pixel = panels.vectors * panels.lanes, rows_lanes = static_cast<Index>(hn::Lanes(Rows()));
  const float* panel = product.panels + pixel * product.depth;
  for (Index row = 0; row < product.rows;) {
    if (product.rows - row > rows_lanes) {
      const bool is_many = product.rows - row > 3 * rows_lanes;
      if (is_many) {
        multiply_spare<4>(product, panel, panels.lanes, row, pixel, panels.spare);
      } else {
        multiply_spare<2>(product, panel, panels.lanes, row, pixel, panels.spare);
      }
      row += (is_many ? 4 : 2) * rows_lanes;
    } else {
      multiply_spare<1>(product, panel, panels.lanes, row, pixel, panels.spare);
      row += rows_lanes;
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tiercut::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiercut::kernels {

FilterTiles::FilterTiles(const float* row_major, std::int64_t rows, std::int64_t depth)
    : rows_(rows),
      depth_(depth),
      floats_(static_cast<std::size_t>((rows + tile_rows - 1) / tile_rows * tile_rows * depth)) {
  for (std::int64_t row = 0; row < rows; ++row) {
    float* to = floats_.floats() + row / tile_rows * tile_rows * depth + row % tile_rows;
    for (std::int64_t k = 0; k < depth; ++k) to[k * tile_rows] = row_major[row * depth + k];
  }
}

HWY_EXPORT(lay_out_patches_in);
void lay_out_patches(const PatchSource& source, std::int64_t depth, std::int64_t first, std::int64_t pixels,
                     float* panels) {
  HWY_DYNAMIC_DISPATCH(lay_out_patches_in)(source, depth, first, pixels, panels);
}

HWY_EXPORT(multiply_filters_in);
void multiply_filters(const FilterProduct& product) { HWY_DYNAMIC_DISPATCH(multiply_filters_in)(product); }

}  // namespace tiercut::kernels
#endif
