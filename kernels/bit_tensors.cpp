// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/bits.hpp"
#include "kernels/eigen_kernels.hpp"
#include "kernels/joins.hpp"

namespace tiercut::kernels {
namespace {

class BitConcatenation final : public Kernel {
 public:
  explicit BitConcatenation(const KernelRequest& request) : plan_(request.layer, request.inputs) {}
  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    std::fill_n(output.words(), output.bytes() / sizeof(std::uint64_t), 0);
    std::size_t done = 0;
    for (std::size_t repeat = 0; repeat < plan_.repeats; ++repeat) {
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        append_bits(output.words(), done, inputs[i]->words(), repeat * plan_.runs[i], plan_.runs[i]);
        done += plan_.runs[i];
      }
    }
  }

 private:
  Concatenation plan_;
};

class BitMaximum final : public Kernel {
 public:
  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const std::size_t words = output.bytes() / sizeof(std::uint64_t);
    std::copy_n(inputs[0]->words(), words, output.words());
    for (const Buffer* input : inputs.subspan(1)) {
      for (std::size_t i = 0; i < words; ++i) output.words()[i] |= input->words()[i];
    }
  }
};

}  // namespace

KernelPointer bit_join(const KernelRequest& request) {
  if (request.layer.type == model::LayerType::join_concatenate) return std::make_unique<BitConcatenation>(request);
  return std::make_unique<BitMaximum>();
}

}  // namespace tiercut::kernels
