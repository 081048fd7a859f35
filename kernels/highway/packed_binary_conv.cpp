// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "kernels/binary_norm.hpp"
#include "kernels/bits.hpp"
#include "kernels/highway/binary_sides.hpp"
#include "kernels/highway/bit_transpose.hpp"
#include "kernels/highway/sign_filters.hpp"
#include "kernels/highway/sign_pooling.hpp"
#include "kernels/highway/vector_kernels.hpp"
#include "kernels/tasks.hpp"
#include "kernels/window_range.hpp"

namespace tiercut::kernels {
namespace {

std::size_t index(Index i) { return static_cast<std::size_t>(i); }

/// Taps of window `at` that are inside the image.
Range taps_inside(const Side& side, Index at) {
  const Range inside = side.covered(at);
  const Index start = at * side.stride - side.pad;
  return {inside.begin - start, std::max(inside.begin, inside.end) - start};
}

/// Packed input. What a filter's row of taps sees at an output column is laid out as one run of bits, once for all
/// filters and for all of their rows; padding is clear bits there, and what that wrongly counts is known beforehand.
class PackedBinaryConv final : public Kernel {
 public:
  explicit PackedBinaryConv(const KernelRequest& request)
      : threads_(request.threads),
        channels_(request.layer.input_shape.extents[0]),
        outputs_(request.layer.parameters.outputs),
        work_(request.layer.macs / 64),
        sides_(request.layer),
        pixel_words_((channels_ + 63) / 64),
        filters_(outputs_, sides_.height.kernel, channels_ * sides_.width.kernel) {
    const Side &height = sides_.height, &width = sides_.width;
    for (Index row = 0; row < outputs_; ++row) set_filter(request.weights.bits, row);
    find_offsets(request.weights.bits);
    pixels_.resize(index(height.input * width.input * pixel_words_));
    run_rows_ = (height.output - 1) * height.stride + height.kernel;
    runs_.resize(index(run_rows_ * width.output * filters_.segment_words()));
    sums_.resize(index(height.output * width.output * filters_.padded_rows()));
    const Index output_words = (outputs_ + 63) / 64;
    signs_.resize(index(sides_.pool_height.output * sides_.pool_width.output * output_words));
    find_intervals(request);
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const Side &height = sides_.height, &width = sides_.width;
    planes_to_pixels(inputs[0]->words(), channels_, height.input * width.input, pixel_words_, pixels_.data());
    const int slots = slots_for(threads_, height.output, work_);
    for_each_task(threads_, slots, run_rows_, [&](int, Index row) { lay_out_runs(row); });
    for_each_task(threads_, slots, height.output, [&](int, Index y) { sum_row(y); });
    const SignPooling pooling{sums_.data(), filters_.padded_rows(), sides_.pool_height, sides_.pool_width, low_.data(),
                              high_.data()};
    const Index words = (outputs_ + 63) / 64, pooled_row = sides_.pool_width.output * words;
    for_each_task(threads_, slots, sides_.pool_height.output,
                  [&](int, Index y) { pool_signs(pooling, y, words, signs_.data() + y * pooled_row); });
    std::fill_n(output.words(), output.bytes() / sizeof(std::uint64_t), 0);
    pixels_to_planes(signs_.data(), outputs_, sides_.pool_height.output * sides_.pool_width.output, words,
                     output.words());
  }

  std::size_t scratch_bytes() const override {
    return (pixels_.size() + signs_.size()) * sizeof(std::uint64_t) +
           (runs_.size() + sums_.size()) * sizeof(std::int32_t);
  }

 private:
  bool weight(const std::vector<std::uint64_t>& bits, Index row, Index channel, Index y, Index x) const {
    const Side &height = sides_.height, &width = sides_.width;
    return test_bit(bits.data(), index(((row * channels_ + channel) * height.kernel + y) * width.kernel + x));
  }

  void set_filter(const std::vector<std::uint64_t>& bits, Index row) {
    for (Index channel = 0; channel < channels_; ++channel) {
      for (Index y = 0; y < sides_.height.kernel; ++y) {
        for (Index x = 0; x < sides_.width.kernel; ++x) {
          if (weight(bits, row, channel, y, x)) filters_.set(row, y, x * channels_ + channel);
        }
      }
    }
  }

  /// A sum is the number of products less twice the differing bits. Where taps see padding there are fewer products,
  /// and the clear bits there differ from each set bit of the filter.
  void find_offsets(const std::vector<std::uint64_t>& bits) {
    const Side &height = sides_.height, &width = sides_.width;
    const std::vector<Range> rows = distinct_ranges(height, row_kind_), columns = distinct_ranges(width, column_kind_);
    column_kinds_ = static_cast<Index>(columns.size());
    const std::vector<Index> set_bits = count_set_bits(bits);
    offsets_.resize(rows.size() * columns.size() * index(filters_.padded_rows()));
    std::int32_t* offset = offsets_.data();
    for (const Range& row : rows) {
      for (const Range& column : columns) {
        for (Index filter = 0; filter < outputs_; ++filter) {
          Index sum = row.size() * column.size() * channels_;
          for (Index tap = 0; tap < height.kernel * width.kernel; ++tap) {
            const Index y = tap / width.kernel, x = tap % width.kernel;
            const bool is_inside = y >= row.begin && y < row.end && x >= column.begin && x < column.end;
            if (!is_inside) sum += 2 * set_bits[index(filter * height.kernel * width.kernel + tap)];
          }
          offset[filter] = static_cast<std::int32_t>(sum);
        }
        offset += filters_.padded_rows();
      }
    }
    for (Index kind = 0; kind < static_cast<Index>(rows.size()); ++kind) {
      for (Index x = 0; x < width.output; ++x) {
        offset_of_.push_back(offsets_.data() +
                             (kind * column_kinds_ + column_kind_[index(x)]) * filters_.padded_rows());
      }
    }
  }

  std::vector<Index> count_set_bits(const std::vector<std::uint64_t>& bits) const {
    const Index taps = sides_.height.kernel * sides_.width.kernel;
    std::vector<Index> counts(index(outputs_ * taps));
    for (Index filter = 0; filter < outputs_; ++filter) {
      for (Index channel = 0; channel < channels_; ++channel) {
        for (Index tap = 0; tap < taps; ++tap) {
          counts[index(filter * taps + tap)] +=
              test_bit(bits.data(), index((filter * channels_ + channel) * taps + tap));
        }
      }
    }
    return counts;
  }

  /// The different ranges of taps that windows see, and which of them each window has.
  static std::vector<Range> distinct_ranges(const Side& side, std::vector<Index>& kind) {
    std::vector<Range> ranges;
    for (Index at = 0; at < side.output; ++at) {
      const Range inside = taps_inside(side, at);
      const auto found = std::ranges::find_if(
          ranges, [&](const Range& other) { return other.begin == inside.begin && other.end == inside.end; });
      kind.push_back(found - ranges.begin());
      if (found == ranges.end()) ranges.push_back(inside);
    }
    return ranges;
  }

  void find_intervals(const KernelRequest& request) {
    const Index products = channels_ * sides_.height.kernel * sides_.width.kernel;
    low_.assign(index(filters_.padded_rows()), 1);
    high_.assign(index(filters_.padded_rows()), 0);
    const auto intervals = integer_sign_intervals(BinaryNorm(request.weights.floats), products);
    for (std::size_t i = 0; i < intervals.size(); ++i) {
      low_[i] = intervals[i].low;
      high_[i] = intervals[i].high;
    }
  }

  /// Row `row` of the padded image: for each output column the bits of a row of taps, tap by tap.
  void lay_out_runs(Index row) {
    const Side &height = sides_.height, &width = sides_.width;
    const Index from = row - height.pad, words = filters_.segment_words();
    if (from < 0 || from >= height.input || row % height.stride >= height.kernel) return;
    const std::uint64_t* pixels = pixels_.data() + from * width.input * pixel_words_;
    std::uint32_t* run = runs_.data() + row * width.output * words;
    for (Index x = 0; x < width.output; ++x, run += words) {
      const Range taps = taps_inside(width, x);
      const std::uint64_t* pixel = pixels + (x * width.stride - width.pad + taps.begin) * pixel_words_;
      if (words <= 2) {
        std::uint64_t bits = 0;
        for (Index tap = taps.begin; tap < taps.end; ++tap, ++pixel) bits |= *pixel << (tap * channels_);
        run[0] = static_cast<std::uint32_t>(bits);
        if (words == 2) run[1] = static_cast<std::uint32_t>(bits >> 32);
        continue;
      }
      std::fill_n(run, words, 0);
      for (Index tap = taps.begin; tap < taps.end; ++tap) {
        for (Index word = 0; word < pixel_words_; ++word, ++pixel) append(run, tap * channels_ + 64 * word, *pixel);
      }
    }
  }

  // What lies behind a pixel's last channel is clear, so nothing is set behind the run.
  static void append(std::uint32_t* run, Index bit, std::uint64_t word) {
    const Index shift = bit % 32;
    run += bit / 32;
    run[0] |= static_cast<std::uint32_t>(word << shift);
    const std::uint64_t rest = word >> (32 - shift);
    if (rest == 0) return;
    run[1] |= static_cast<std::uint32_t>(rest);
    if (rest >> 32 != 0) run[2] |= static_cast<std::uint32_t>(rest >> 32);
  }

  void sum_row(Index y) {
    const Side &height = sides_.height, &width = sides_.width;
    const Index words = filters_.segment_words(), row = width.output * words;
    const SignPixels pixels{runs_.data() + y * height.stride * row, width.output, words, row};
    sum_signs(filters_, pixels, offset_of_.data() + row_kind_[index(y)] * width.output,
              sums_.data() + y * width.output * filters_.padded_rows());
  }

  ThreadPool& threads_;
  Index channels_, outputs_, work_;
  BinaryBlockSides sides_;
  Index pixel_words_, run_rows_ = 0, column_kinds_ = 0;
  SignFilters filters_;
  std::vector<Index> row_kind_, column_kind_;
  std::vector<std::int32_t> offsets_, low_, high_;
  std::vector<const std::int32_t*> offset_of_;  // by kind of row and output column
  std::vector<std::uint64_t> pixels_, signs_;
  std::vector<std::uint32_t> runs_;
  std::vector<std::int32_t> sums_;
};

}  // namespace

KernelPointer packed_binary_conv(const KernelRequest& request) { return std::make_unique<PackedBinaryConv>(request); }

}  // namespace tiercut::kernels
