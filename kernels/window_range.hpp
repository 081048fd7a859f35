// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "model/layer.hpp"

/// Where a window lies along one side of an image (internal to kernels/ and training/).
namespace tiercut::kernels {

using Index = std::int64_t;

struct Range {
  Index begin, end;
  Index size() const { return end - begin; }
};

struct Side {
  Index input, output;
  Index kernel, stride, pad;

  /// Input positions that window `at` covers, padding left out.
  Range covered(Index at) const {
    const Index start = at * stride - pad;
    return {std::max<Index>(start, 0), std::min(start + kernel, input)};
  }
  /// The same with the padding on both sides, as average pooling counts it.
  Index covered_with_padding(Index at) const {
    const Index start = at * stride - pad;
    return std::min(start + kernel, input + pad) - start;
  }
  /// Output positions whose window has tap `tap` inside the input.
  Range outputs_of(Index tap) const {
    const Index first = tap - pad;  // input position seen by output 0
    const Index begin = first >= 0 ? 0 : (-first + stride - 1) / stride;
    const Index end = input - first <= 0 ? 0 : (input - first - 1) / stride + 1;
    return {std::min(begin, output), std::max(std::min(end, output), std::min(begin, output))};
  }
};

/// outputs_of() each tap, worked out once: it divides.
inline std::vector<Range> outputs_of_taps(const Side& side) {
  std::vector<Range> ranges;
  for (Index tap = 0; tap < side.kernel; ++tap) ranges.push_back(side.outputs_of(tap));
  return ranges;
}

/// The sides of a window over an image of `from` into one of `to`, both [channels, height, width].
inline Side vertical(const model::Window& window, Index input, Index output) {
  return {input, output, window.kernel_height, window.stride_height, window.pad_height};
}
inline Side horizontal(const model::Window& window, Index input, Index output) {
  return {input, output, window.kernel_width, window.stride_width, window.pad_width};
}

/// Walks over the elements of an image, [channels, height, width], without dividing at each.
struct Position {
  Index channel, y, x;
  Position(Index element, Index height, Index width)
      : channel(element / width / height), y(element / width % height), x(element % width) {}
  void advance(Index height, Index width) {
    if (++x < width) return;
    x = 0;
    if (++y < height) return;
    y = 0;
    ++channel;
  }
};

}  // namespace tiercut::kernels
