// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <vector>

#include "kernels/binary_norm.hpp"
#include "kernels/tasks.hpp"
#include "kernels/window_range.hpp"

/// What the binary convolution blocks share: geometry, and all that follows the sums (internal to kernels/).
namespace tiercut::kernels {

/// Number is float for a float input, int32_t for a packed one.
template <class Number>
class PoolAndSign {
 public:
  PoolAndSign(const model::Layer& layer, std::vector<SignInterval<Number>> intervals)
      : outputs_(layer.parameters.outputs), intervals_(std::move(intervals)) {
    const model::Window& window = layer.parameters.window;
    const auto slide = [](Index input, int kernel, int stride, int pad) {
      return (input + 2 * Index{pad} - kernel) / stride + 1;
    };
    const Index in_height = layer.input_shape.extents[1], in_width = layer.input_shape.extents[2];
    height =
        vertical(window, in_height, slide(in_height, window.kernel_height, window.stride_height, window.pad_height));
    width = horizontal(window, in_width, slide(in_width, window.kernel_width, window.stride_width, window.pad_width));
    pool_height_ = vertical(layer.parameters.pool, height.output, layer.shape.extents[1]);
    pool_width_ = horizontal(layer.parameters.pool, width.output, layer.shape.extents[2]);
    sums = Buffer(static_cast<std::size_t>(outputs_ * height.output * width.output) * sizeof(Number));
  }

  /// From the sums, [outputs][height.output][width.output], to the packed output.
  void run(ThreadPool& threads, Buffer& output) const {
    const Index elements = outputs_ * pool_height_.output * pool_width_.output;
    const Index work = elements * (4 + pool_height_.kernel * pool_width_.kernel);
    for_each_piece(threads, (elements + 63) / 64, 4, work, [&](Index begin, Index end) {
      Position at(64 * begin, pool_height_.output, pool_width_.output);
      for (Index word = begin; word < end; ++word) {
        std::uint64_t bits = 0;
        const Index count = std::min<Index>(64, elements - 64 * word);
        for (Index i = 0; i < count; ++i, at.advance(pool_height_.output, pool_width_.output)) {
          bits |= std::uint64_t{sign_of(at)} << i;
        }
        output.words()[word] = bits;
      }
    });
  }

  Number* row(Index output, Index y) { return plane(output) + y * width.output; }

  Side height{}, width{};  ///< of the convolution
  Buffer sums;

 private:
  Number* plane(Index output) { return static_cast<Number*>(sums.data()) + output * height.output * width.output; }

  bool sign_of(const Position& at) const {
    const Range rows = pool_height_.covered(at.y), columns = pool_width_.covered(at.x);
    const Number* plane = static_cast<const Number*>(sums.data()) + at.channel * height.output * width.output;
    Number largest = plane[rows.begin * width.output + columns.begin];
    for (Index at_y = rows.begin; at_y < rows.end; ++at_y) {
      for (Index at_x = columns.begin; at_x < columns.end; ++at_x) {
        const Number sum = plane[at_y * width.output + at_x];
        // Not a number stays the largest.
        if (sum > largest || sum != sum) largest = sum;
      }
    }
    return intervals_[static_cast<std::size_t>(at.channel)].holds(largest);
  }

  Index outputs_;
  Side pool_height_{}, pool_width_{};
  std::vector<SignInterval<Number>> intervals_;
};

}  // namespace tiercut::kernels
