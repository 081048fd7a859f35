// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/bits.hpp"
#include "kernels/highway/sign_filters.hpp"
#include "kernels/highway/vector_kernels.hpp"
#include "kernels/tasks.hpp"

namespace tiercut::kernels {
namespace {

using Index = std::int64_t;

class VectorBinaryFC final : public Kernel {
 public:
  VectorBinaryFC(const KernelRequest& request, bool is_input_packed)
      : threads_(request.threads),
        outputs_(request.layer.parameters.outputs),
        inputs_(request.layer.input_shape.elements()),
        is_input_packed_(is_input_packed),
        filters_(outputs_, 1, inputs_) {
    for (Index row = 0; row < outputs_; ++row) {
      for (Index i = 0; i < inputs_; ++i) {
        if (test_bit(request.weights.bits.data(), static_cast<std::size_t>(row * inputs_ + i))) filters_.set(row, 0, i);
      }
    }
    const auto outputs = static_cast<std::size_t>(outputs_);
    const std::vector<float>& floats = request.weights.floats;
    for (std::size_t i = 0; i < outputs; ++i) {
      norm_.gamma.push_back(floats[i]);
      norm_.beta.push_back(floats[outputs + i]);
      norm_.mean.push_back(floats[2 * outputs + i]);
      norm_.deviation.push_back(std::sqrt(double{floats[3 * outputs + i]} + double{batch_norm_epsilon}));
    }
    if (!is_input_packed_)
      prepared_ = LargeBuffer(static_cast<std::size_t>(signed_input_floats(inputs_)));
    else
      words_ = std::vector<std::uint32_t>(static_cast<std::size_t>(2 * ((inputs_ + 63) / 64)));
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    if (is_input_packed_) {
      const std::uint64_t* words = inputs[0]->words();
      for (std::size_t i = 0; i < words_.size(); ++i) {
        words_[i] = static_cast<std::uint32_t>(words[i / 2] >> (i % 2 == 0 ? 0 : 32));
      }
    } else {
      prepare_signed_input(inputs[0]->floats(), inputs_, prepared_.floats());
    }
    const Index work = outputs_ * inputs_ / (is_input_packed_ ? 128 : 8);
    for_each_piece(threads_, filters_.blocks(), 1, work,
                   [&](Index block, Index) { run_block(block, output.floats()); });
  }

  std::size_t scratch_bytes() const override { return prepared_.bytes() + words_.size() * sizeof(std::uint32_t); }

 private:
  void run_block(Index block, float* output) const {
    constexpr Index rows = SignFilters::block_rows;
    const Index begin = block * rows, count = std::min(rows, outputs_ - begin);
    alignas(64) double sums[rows];
    if (is_input_packed_) {
      alignas(64) std::int32_t whole[rows];
      sum_signs(filters_, block, words_.data(), static_cast<std::int32_t>(inputs_), whole);
      std::copy_n(whole, count, sums);
    } else {
      alignas(64) float floats[rows];
      sum_signed(filters_, block, prepared_.floats(), floats);
      std::copy_n(floats, count, sums);
    }
    normalize(norm_, begin, count, sums, output + begin);
  }

  ThreadPool& threads_;
  Index outputs_, inputs_;
  bool is_input_packed_;
  SignFilters filters_;
  NormRows norm_;
  std::vector<std::uint32_t> words_;
  LargeBuffer prepared_;
};

}  // namespace

KernelPointer vector_binary_fc(const KernelRequest& request) {
  return std::make_unique<VectorBinaryFC>(request, request.inputs[0]->encoding == model::Encoding::bit);
}

}  // namespace tiercut::kernels
