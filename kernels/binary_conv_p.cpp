// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/bits.hpp"
#include "kernels/eigen_kernels.hpp"
#include "kernels/pool_and_sign.hpp"

namespace tiercut::kernels {
namespace {

/// Float input: each packed sign adds or subtracts a row of the image, where the filter is inside it.
class FloatBinaryConvP final : public Kernel {
 public:
  explicit FloatBinaryConvP(const KernelRequest& request)
      : threads_(request.threads),
        channels_(request.layer.input_shape.extents[0]),
        outputs_(request.layer.parameters.outputs),
        work_(request.layer.macs),
        signs_(request.weights.bits),
        after_(request.layer, float_sign_intervals(BinaryNorm(request.weights.floats))),
        columns_(outputs_of_taps(after_.width)) {}

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    for_each_piece(threads_, outputs_ * after_.height.output, 1, work_, [&](Index task, Index) {
      const Index filter = task / after_.height.output, y = task % after_.height.output;
      sum_row(inputs[0]->floats(), filter, y, after_.row(filter, y));
    });
    after_.run(threads_, output);
  }
  std::size_t scratch_bytes() const override { return after_.sums.bytes(); }

 private:
  void sum_row(const float* image, Index filter, Index y, float* sums) const {
    const Side &height = after_.height, &width = after_.width;
    std::fill_n(sums, width.output, 0.0F);
    const Range rows = height.covered(y);
    for (Index channel = 0; channel < channels_; ++channel) {
      for (Index from_y = rows.begin; from_y < rows.end; ++from_y) {
        const Index tap_y = from_y - (y * height.stride - height.pad);
        const Index sign = ((filter * channels_ + channel) * height.kernel + tap_y) * width.kernel;
        add_row(image + (channel * height.input + from_y) * width.input, static_cast<std::size_t>(sign), sums);
      }
    }
  }

  void add_row(const float* from, std::size_t first_sign, float* to) const {
    const Side& width = after_.width;
    for (Index tap = 0; tap < width.kernel; ++tap) {
      const Range xs = columns_[static_cast<std::size_t>(tap)];
      if (xs.size() <= 0) continue;
      const float sign = test_bit(signs_.data(), first_sign + static_cast<std::size_t>(tap)) ? 1.0F : -1.0F;
      const float* __restrict source = from + (xs.begin * width.stride - width.pad + tap);
      float* __restrict target = to + xs.begin;
      if (width.stride == 1) {
        for (Index x = 0; x < xs.size(); ++x) target[x] += sign * source[x];
      } else {
        for (Index x = 0; x < xs.size(); ++x) target[x] += sign * source[x * width.stride];
      }
    }
  }

  ThreadPool& threads_;
  Index channels_, outputs_, work_;
  std::vector<std::uint64_t> signs_;
  PoolAndSign<float> after_;
  std::vector<Range> columns_;  // of the convolution that see each tap
};

/// Packed input: what a filter sees at a pixel is gathered into one run of bits, in the order in which the filters
/// were repacked (tap by tap, all channels of it); then a filter is an exclusive or and a count.
class PackedBinaryConvP final : public Kernel {
 public:
  explicit PackedBinaryConvP(const KernelRequest& request)
      : threads_(request.threads),
        channels_(static_cast<std::size_t>(request.layer.input_shape.extents[0])),
        outputs_(request.layer.parameters.outputs),
        after_(request.layer, integer_sign_intervals(BinaryNorm(request.weights.floats), products(request.layer))),
        products_(static_cast<std::size_t>(products(request.layer))),
        patch_words_(words_for(products_)),
        pixel_words_(words_for(channels_)) {
    const Side &height = after_.height, &width = after_.width;
    pixels_ = Buffer(static_cast<std::size_t>(height.input * width.input) * pixel_words_ * sizeof(std::uint64_t));
    slots_ = slots_for(threads_, height.output, request.layer.macs / 8);
    patches_ = Buffer(static_cast<std::size_t>(slots_) * 2 * patch_words_ * sizeof(std::uint64_t));
    repack_filters(request.weights.bits);
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    for_each_task(threads_, slots_, after_.height.input, [&](int, Index y) { transpose_row(inputs[0]->words(), y); });
    for_each_task(threads_, slots_, after_.height.output, [&](int slot, Index y) {
      std::uint64_t* patch = patches_.words() + static_cast<std::size_t>(slot) * 2 * patch_words_;
      for (Index x = 0; x < after_.width.output; ++x) sum_pixel(y, x, patch);
    });
    after_.run(threads_, output);
  }
  std::size_t scratch_bytes() const override { return after_.sums.bytes() + pixels_.bytes() + patches_.bytes(); }

 private:
  static Index products(const model::Layer& layer) {
    const model::Window& window = layer.parameters.window;
    return layer.input_shape.extents[0] * window.kernel_height * window.kernel_width;
  }

  void repack_filters(const std::vector<std::uint64_t>& bits) {
    filters_ = Buffer(static_cast<std::size_t>(outputs_) * patch_words_ * sizeof(std::uint64_t));
    const std::size_t taps = products_ / channels_;
    for (std::size_t filter = 0; filter < static_cast<std::size_t>(outputs_); ++filter) {
      std::uint64_t* row = filters_.words() + filter * patch_words_;
      for (std::size_t i = 0; i < products_; ++i) {
        const std::size_t channel = i % channels_, tap = i / channels_;
        or_bits(row, i, test_bit(bits.data(), filter * products_ + channel * taps + tap), 1);
      }
    }
  }

  /// The bits of all channels at one pixel side by side.
  void transpose_row(const std::uint64_t* image, Index y) {
    const auto width = static_cast<std::size_t>(after_.width.input), row = static_cast<std::size_t>(y);
    const auto plane = static_cast<std::size_t>(after_.height.input) * width;
    std::uint64_t* pixels = pixels_.words() + row * width * pixel_words_;
    std::fill_n(pixels, width * pixel_words_, 0);
    for (std::size_t channel = 0; channel < channels_; ++channel) {
      std::uint64_t* word = pixels + channel / 64;
      for (std::size_t x = 0; x < width; x += 64) {
        const std::size_t count = std::min<std::size_t>(64, width - x);
        std::uint64_t bits = read_bits(image, channel * plane + row * width + x, count);
        for (std::size_t i = 0; i < count; ++i, bits >>= 1) word[(x + i) * pixel_words_] |= (bits & 1) << channel % 64;
      }
    }
  }

  void sum_pixel(Index y, Index x, std::uint64_t* patch) {
    const Side &height = after_.height, &width = after_.width;
    const Range rows = height.covered(y), columns = width.covered(x);
    const Index top = y * height.stride - height.pad, left = x * width.stride - width.pad;
    std::uint64_t* mask = patch + patch_words_;
    std::fill_n(patch, 2 * patch_words_, 0);
    std::size_t valid = 0;
    for (Index from_y = rows.begin; from_y < rows.end; ++from_y) {
      for (Index from_x = columns.begin; from_x < columns.end; ++from_x) {
        const auto pixel = static_cast<std::size_t>(from_y * width.input + from_x) * pixel_words_;
        const auto tap = static_cast<std::size_t>((from_y - top) * width.kernel + from_x - left);
        append_bits(patch, tap * channels_, pixels_.words() + pixel, 0, channels_);
        valid += channels_;
      }
    }
    const bool is_inside = valid == products_;
    if (!is_inside) mark_inside(rows, columns, top, left, mask);
    const Index plane = height.output * width.output;
    std::int32_t* sum = after_.row(0, y) + x;
    for (Index filter = 0; filter < outputs_; ++filter, sum += plane) {
      const std::uint64_t* signs = filters_.words() + static_cast<std::size_t>(filter) * patch_words_;
      const std::int64_t differing =
          is_inside ? hamming_distance(signs, patch, patch_words_) : hamming_distance(signs, patch, mask, patch_words_);
      *sum = static_cast<std::int32_t>(static_cast<std::int64_t>(valid) - 2 * differing);
    }
  }

  // Padding is worth nothing: neither +1 nor -1, so its bits are left out of the count.
  void mark_inside(Range rows, Range columns, Index top, Index left, std::uint64_t* mask) const {
    for (Index from_y = rows.begin; from_y < rows.end; ++from_y) {
      const auto first = static_cast<std::size_t>((from_y - top) * after_.width.kernel + columns.begin - left);
      const std::size_t count = static_cast<std::size_t>(std::max<Index>(columns.size(), 0)) * channels_;
      for (std::size_t done = 0; done < count; done += 64) {
        const std::size_t step = std::min<std::size_t>(64, count - done);
        or_bits(mask, first * channels_ + done, low_bits(step), step);
      }
    }
  }

  ThreadPool& threads_;
  std::size_t channels_;
  Index outputs_;
  PoolAndSign<std::int32_t> after_;
  std::size_t products_, patch_words_, pixel_words_;
  int slots_ = 1;
  Buffer filters_, pixels_, patches_;
};

}  // namespace

KernelPointer binary_conv_p(const KernelRequest& request) {
  if (request.inputs[0]->encoding == model::Encoding::bit) return std::make_unique<PackedBinaryConvP>(request);
  return std::make_unique<FloatBinaryConvP>(request);
}

}  // namespace tiercut::kernels
