// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/bit_transpose.hpp"

#include <algorithm>
#include <array>

#include "kernels/bits.hpp"

namespace tiercut::kernels {
namespace {

using Index = std::int64_t;
using Square = std::array<std::uint64_t, 64>;

}  // namespace

// Swaps the off-diagonal quarters of ever smaller squares.
void transpose_bits(std::span<std::uint64_t, 64> words) {
  std::uint64_t mask = 0x00000000ffffffffU;
  for (std::size_t half = 32; half != 0; half /= 2, mask ^= mask << half) {
    for (std::size_t base = 0; base < 64; base += 2 * half) {
      for (std::size_t i = base; i < base + half; ++i) {
        const std::uint64_t swapped = ((words[i] >> half) ^ words[i + half]) & mask;
        words[i] ^= swapped << half;
        words[i + half] ^= swapped;
      }
    }
  }
}

void planes_to_pixels(const std::uint64_t* planes, Index plane_count, Index pixels, Index pixel_words,
                      std::uint64_t* to) {
  for (Index first = 0; first < pixels; first += 64) {
    const Index width = std::min<Index>(64, pixels - first);
    for (Index word = 0; word < pixel_words; ++word) {
      Square square{};
      const Index count = std::min<Index>(64, plane_count - 64 * word);
      for (Index i = 0; i < count; ++i) {
        square[static_cast<std::size_t>(i)] = read_bits(
            planes, static_cast<std::size_t>((64 * word + i) * pixels + first), static_cast<std::size_t>(width));
      }
      transpose_bits(square);
      for (Index i = 0; i < width; ++i) to[(first + i) * pixel_words + word] = square[static_cast<std::size_t>(i)];
    }
  }
}

void pixels_to_planes(const std::uint64_t* from, Index plane_count, Index pixels, Index pixel_words,
                      std::uint64_t* planes) {
  for (Index first = 0; first < pixels; first += 64) {
    const Index width = std::min<Index>(64, pixels - first);
    for (Index word = 0; word < pixel_words; ++word) {
      Square square{};
      for (Index i = 0; i < width; ++i) square[static_cast<std::size_t>(i)] = from[(first + i) * pixel_words + word];
      transpose_bits(square);
      const Index count = std::min<Index>(64, plane_count - 64 * word);
      for (Index i = 0; i < count; ++i) {
        or_bits(planes, static_cast<std::size_t>((64 * word + i) * pixels + first), square[static_cast<std::size_t>(i)],
                static_cast<std::size_t>(width));
      }
    }
  }
}

}  // namespace tiercut::kernels
