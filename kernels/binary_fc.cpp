// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <bit>

#include "kernels/binary_norm.hpp"
#include "kernels/bits.hpp"
#include "kernels/eigen_kernels.hpp"
#include "kernels/tasks.hpp"

namespace tiercut::kernels {
namespace {

using Index = std::int64_t;

constexpr Index rows_per_task = 16;
constexpr std::size_t lanes = 8, rows_at_once = 4;

/// What eight packed signs do to the sign bits of eight floats.
using SignMasks = std::array<std::array<std::uint32_t, lanes>, 256>;
constexpr SignMasks sign_masks = [] {
  SignMasks masks{};
  for (std::size_t byte = 0; byte < masks.size(); ++byte) {
    for (std::size_t i = 0; i < lanes; ++i) masks[byte][i] = (byte >> i & 1) != 0 ? 0 : 0x80000000U;
  }
  return masks;
}();

float with_sign(float x, std::uint32_t mask) { return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) ^ mask); }

using Sums = std::array<float, lanes>;

/// Adds x[0 .. lanes), each with its sign, to the sums of `rows` rows whose signs lie `row_words` apart.
template <std::size_t rows>
void add_signed(const std::uint64_t* signs, std::size_t row_words, std::size_t first, const float* x,
                std::array<Sums, rows>& sums) {
  for (std::size_t row = 0; row < rows; ++row) {
    const auto& masks = sign_masks[signs[row * row_words + first / 64] >> first % 64 & 0xff];
    for (std::size_t lane = 0; lane < lanes; ++lane) sums[row][lane] += with_sign(x[lane], masks[lane]);
  }
}

// Flips signs instead of summing the two halves apart, so that infinities of both signs still give NaN and only then.
// Several rows at once, as one row's additions would wait for one another.
template <std::size_t rows>
std::array<float, rows> signed_sums(const std::uint64_t* signs, std::size_t row_words, const float* x,
                                    std::size_t count) {
  std::array<Sums, rows> sums{};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) add_signed<rows>(signs, row_words, i, x + i, sums);
  if (i < count) {
    Sums rest{};
    std::copy_n(x + i, count - i, rest.begin());
    add_signed<rows>(signs, row_words, i, rest.data(), sums);
  }
  std::array<float, rows> totals;
  for (std::size_t row = 0; row < rows; ++row) {
    const Sums& s = sums[row];
    totals[row] = ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
  }
  return totals;
}

class BinaryFC final : public Kernel {
 public:
  BinaryFC(const KernelRequest& request, bool is_input_packed)
      : threads_(request.threads),
        outputs_(request.layer.parameters.outputs),
        inputs_(static_cast<std::size_t>(request.layer.input_shape.elements())),
        is_input_packed_(is_input_packed),
        norm_(request.weights.floats),
        signs_(word_aligned_rows(request.weights.bits, static_cast<std::size_t>(outputs_), inputs_)) {}

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const std::size_t words = words_for(inputs_);
    const Index work = outputs_ * static_cast<Index>(is_input_packed_ ? 8 * words : inputs_);
    for_each_piece(threads_, outputs_, rows_per_task, work, [&](Index begin, Index end) {
      Index i = begin;
      if (is_input_packed_) {
        for (; i < end; ++i) {
          const std::int64_t differing = hamming_distance(row(i), inputs[0]->words(), words);
          store(i, static_cast<double>(static_cast<Index>(inputs_) - 2 * differing), output);
        }
      }
      for (; i + Index{rows_at_once} <= end; i += rows_at_once) {
        const auto sums = signed_sums<rows_at_once>(row(i), words, inputs[0]->floats(), inputs_);
        for (std::size_t k = 0; k < rows_at_once; ++k) store(i + static_cast<Index>(k), sums[k], output);
      }
      for (; i < end; ++i) store(i, signed_sums<1>(row(i), words, inputs[0]->floats(), inputs_)[0], output);
    });
  }

 private:
  const std::uint64_t* row(Index i) const { return signs_.words() + static_cast<std::size_t>(i) * words_for(inputs_); }
  void store(Index i, double sum, Buffer& output) const {
    output.floats()[i] = static_cast<float>(norm_(static_cast<std::size_t>(i), sum));
  }

  ThreadPool& threads_;
  Index outputs_;
  std::size_t inputs_;
  bool is_input_packed_;
  BinaryNorm norm_;
  Buffer signs_;
};

}  // namespace

KernelPointer binary_fc(const KernelRequest& request) {
  return std::make_unique<BinaryFC>(request, request.inputs[0]->encoding == model::Encoding::bit);
}

}  // namespace tiercut::kernels
