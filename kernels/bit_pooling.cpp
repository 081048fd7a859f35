// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "kernels/bits.hpp"
#include "kernels/eigen_kernels.hpp"
#include "kernels/tasks.hpp"
#include "kernels/window_range.hpp"

namespace tiercut::kernels {
namespace {

/// words |= words >> count, over `size` words; count / 64 + 1 words that the shift reaches into follow them.
void or_shifted_down(std::uint64_t* words, std::size_t size, std::size_t count) {
  const std::size_t whole = count / 64, rest = count % 64;
  if (rest == 0) {
    for (std::size_t i = 0; i < size; ++i) words[i] |= words[i + whole];
    return;
  }
  for (std::size_t i = 0; i < size; ++i) words[i] |= words[i + whole] >> rest | words[i + whole + 1] << (64 - rest);
}

/// The even bits in the lower half, in order (a perfect unshuffle: Warren, Hacker's Delight, 7-2).
std::uint64_t even_bits(std::uint64_t word) {
  word &= 0x5555555555555555U;
  word = (word | word >> 1) & 0x3333333333333333U;
  word = (word | word >> 2) & 0x0f0f0f0f0f0f0f0fU;
  word = (word | word >> 4) & 0x00ff00ff00ff00ffU;
  word = (word | word >> 8) & 0x0000ffff0000ffffU;
  return (word | word >> 16) & 0x00000000ffffffffU;
}

/// Maximum of bits, 64 at a time: a row of outputs is the disjunction of the rows it covers, of that shifted by each
/// column of the window, and every stride-th bit of it. What it costs follows from the shape alone.
class BitPooling final : public Kernel {
 public:
  explicit BitPooling(const KernelRequest& request)
      : threads_(request.threads),
        channels_(request.layer.shape.extents[0]),
        height_(vertical(request.layer.parameters.window, request.layer.input_shape.extents[1],
                         request.layer.shape.extents[1])),
        width_(horizontal(request.layer.parameters.window, request.layer.input_shape.extents[2],
                          request.layer.shape.extents[2])),
        plane_(height_.output * width_.output),
        piece_(64 / std::gcd(Index{64}, plane_)),
        row_words_(words_for(static_cast<std::size_t>(
            std::max(width_.pad + width_.input, (width_.output - 1) * width_.stride + width_.kernel)))),
        scratch_words_(row_words_ + static_cast<std::size_t>(width_.kernel) / 64 + 2),
        scratch_(scratch_words_ * static_cast<std::size_t>(request.threads.threads())) {}

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const std::uint64_t* from = inputs[0]->words();
    std::uint64_t* to = output.words();
    const Index tasks = (channels_ + piece_ - 1) / piece_;
    const Index work = channels_ * height_.output * static_cast<Index>(row_words_) * (height_.kernel + 8);
    for_each_task(threads_, slots_for(threads_, tasks, work), tasks, [&](int slot, Index task) {
      std::uint64_t* row = scratch_.data() + static_cast<std::size_t>(slot) * scratch_words_;
      const Index begin = task * piece_, end = std::min(channels_, begin + piece_);
      // A piece begins with a word of its own.
      std::fill(to + begin * plane_ / 64, to + words_for(static_cast<std::size_t>(end * plane_)), 0);
      for (Index channel = begin; channel < end; ++channel)
        for (Index y = 0; y < height_.output; ++y) pool_row(from, channel, y, row, to);
    });
  }

  std::size_t scratch_bytes() const override { return scratch_.size() * sizeof(std::uint64_t); }

 private:
  void pool_row(const std::uint64_t* from, Index channel, Index y, std::uint64_t* row, std::uint64_t* to) const {
    std::fill_n(row, scratch_words_, 0);
    const auto input = static_cast<std::size_t>(width_.input), pad = static_cast<std::size_t>(width_.pad);
    const Range covered = height_.covered(y);
    for (Index in = covered.begin; in < covered.end; ++in)
      append_bits(row, pad, from, static_cast<std::size_t>((channel * height_.input + in) * width_.input), input);
    std::size_t span = 1;
    const auto kernel = static_cast<std::size_t>(width_.kernel);
    for (; 2 * span <= kernel; span *= 2) or_shifted_down(row, row_words_, span);
    if (span < kernel) or_shifted_down(row, row_words_, kernel - span);
    keep_strided(row, to, static_cast<std::size_t>(channel * plane_ + y * width_.output));
  }

  void keep_strided(const std::uint64_t* row, std::uint64_t* to, std::size_t first) const {
    const auto count = static_cast<std::size_t>(width_.output), stride = static_cast<std::size_t>(width_.stride);
    if (stride == 1) return append_bits(to, first, row, 0, count);
    if (stride == 2) {
      for (std::size_t done = 0; done < count; done += 32) {
        const std::size_t step = std::min<std::size_t>(32, count - done);
        or_bits(to, first + done, even_bits(row[done / 32]) & low_bits(step), step);
      }
      return;
    }
    for (std::size_t done = 0; done < count; done += 64) {
      const std::size_t step = std::min<std::size_t>(64, count - done);
      std::uint64_t kept = 0;
      for (std::size_t i = 0; i < step; ++i) kept |= std::uint64_t{test_bit(row, (done + i) * stride)} << i;
      or_bits(to, first + done, kept, step);
    }
  }

  ThreadPool& threads_;
  Index channels_;
  Side height_, width_;
  Index plane_, piece_;
  std::size_t row_words_, scratch_words_;
  std::vector<std::uint64_t> scratch_;  ///< a row for each thread
};

}  // namespace

KernelPointer bit_pooling(const KernelRequest& request) { return std::make_unique<BitPooling>(request); }

}  // namespace tiercut::kernels
