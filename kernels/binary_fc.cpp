// SPDX-License-Identifier: Apache-2.0
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
constexpr std::size_t lanes = 8;

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

// Flips signs instead of summing the two halves apart, so that infinities of both signs still give NaN and only then.
float signed_sum(const std::uint64_t* signs, const float* x, std::size_t count) {
  std::array<float, lanes> sums{};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto& masks = sign_masks[signs[i / 64] >> i % 64 & 0xff];
    for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += with_sign(x[i + lane], masks[lane]);
  }
  for (; i < count; ++i) sums[i % lanes] += test_bit(signs, i) ? x[i] : -x[i];
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
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
      for (Index i = begin; i < end; ++i) {
        const std::uint64_t* row = signs_.words() + static_cast<std::size_t>(i) * words;
        const double sum = is_input_packed_ ? static_cast<double>(static_cast<Index>(inputs_) -
                                                                  2 * hamming_distance(row, inputs[0]->words(), words))
                                            : signed_sum(row, inputs[0]->floats(), inputs_);
        output.floats()[i] = static_cast<float>(norm_(static_cast<std::size_t>(i), sum));
      }
    });
  }

 private:
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
