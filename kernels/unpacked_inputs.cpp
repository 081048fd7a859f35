// SPDX-License-Identifier: Apache-2.0
#include "kernels/unpacked_inputs.hpp"

#include "kernels/bits.hpp"

namespace tiercut::kernels {
namespace {

class UnpackedInputs final : public Kernel {
 public:
  UnpackedInputs(std::unique_ptr<Kernel> kernel, std::span<const model::Layer* const> inputs)
      : kernel_(std::move(kernel)), expanded_(inputs.size()), given_(inputs.size()), elements_(inputs.size()) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i]->encoding != model::Encoding::bit) continue;
      elements_[i] = static_cast<std::size_t>(inputs[i]->shape.elements());
      expanded_[i] = buffer_for(inputs[i]->shape, model::Encoding::f32);
    }
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      given_[i] = inputs[i];
      if (elements_[i] == 0) continue;
      unpack_bits(inputs[i]->words(), elements_[i], expanded_[i].floats());
      given_[i] = &expanded_[i];
    }
    kernel_->run(given_, output);
  }

  std::size_t scratch_bytes() const override {
    std::size_t bytes = kernel_->scratch_bytes();
    for (const Buffer& buffer : expanded_) bytes += buffer.bytes();
    return bytes;
  }

 private:
  std::unique_ptr<Kernel> kernel_;
  std::vector<Buffer> expanded_;
  std::vector<const Buffer*> given_;
  std::vector<std::size_t> elements_;  // 0: the input is given as it is
};

}  // namespace

std::unique_ptr<Kernel> with_unpacked_inputs(const Backend& backend, const model::Layer& layer,
                                             std::span<const model::Layer* const> inputs, const LayerWeights& weights,
                                             ThreadPool& threads) {
  const bool gives_bits = layer.encoding == model::Encoding::bit && layer.type != model::LayerType::binary_conv_p;
  if (gives_bits || !backend.supports(layer, 0)) return nullptr;
  std::vector<model::Layer> as_floats;
  std::vector<const model::Layer*> pointers;
  as_floats.reserve(inputs.size());
  for (const model::Layer* input : inputs) {
    model::Layer& copy = as_floats.emplace_back(*input);
    copy.encoding = model::Encoding::f32;
    pointers.push_back(&copy);
  }
  std::unique_ptr<Kernel> kernel = backend.make(layer, pointers, weights, threads);
  return kernel ? std::make_unique<UnpackedInputs>(std::move(kernel), inputs) : nullptr;
}

}  // namespace tiercut::kernels
