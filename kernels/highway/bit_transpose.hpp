// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

/// Packed tensors turned around (internal to kernels/highway/).
namespace tiercut::kernels {

/// Bit j of word i becomes bit i of word j.
void transpose_bits(std::span<std::uint64_t, 64> words);

/// Planes of `pixels` bits following one another without gap, to a run of `pixel_words` words for each pixel.
void planes_to_pixels(const std::uint64_t* planes, std::int64_t plane_count, std::int64_t pixels,
                      std::int64_t pixel_words, std::uint64_t* to);
/// The other way round; `to` is clear before.
void pixels_to_planes(const std::uint64_t* from, std::int64_t plane_count, std::int64_t pixels,
                      std::int64_t pixel_words, std::uint64_t* planes);

}  // namespace tiercut::kernels
