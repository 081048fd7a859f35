// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "kernels/binary_norm.hpp"
#include "kernels/bits.hpp"
#include "kernels/highway/binary_sides.hpp"
#include "kernels/highway/sign_pooling.hpp"
#include "kernels/highway/vector_kernels.hpp"
#include "kernels/tasks.hpp"

namespace tiercut::kernels {
namespace {

model::Layer convolution_of(const model::Layer& block, const BinaryBlockSides& sides) {
  model::Layer layer = block;
  layer.type = model::LayerType::convolution;
  layer.parameters.has_bias = false;
  layer.parameters.groups = 1;
  layer.shape.extents = {block.parameters.outputs, sides.height.output, sides.width.output};
  layer.encoding = model::Encoding::f32;
  return layer;
}

model::Layer pooling_of(const model::Layer& block, const model::Layer& convolution) {
  model::Layer layer = block;
  layer.type = model::LayerType::max_pooling;
  layer.parameters.window = block.parameters.pool;
  layer.input_shape = convolution.shape;
  layer.encoding = model::Encoding::f32;
  return layer;
}

LayerWeights signs_as_floats(const std::vector<std::uint64_t>& bits, std::size_t count) {
  LayerWeights weights;
  weights.floats.resize(count);
  unpack_bits(bits.data(), count, weights.floats.data());
  return weights;
}

/// Float input: a multiplication by +1 or -1 takes no longer than an addition, so the sums are a convolution's.
class FloatBinaryConv final : public Kernel {
 public:
  explicit FloatBinaryConv(const KernelRequest& request)
      : threads_(request.threads),
        outputs_(request.layer.parameters.outputs),
        plane_(request.layer.shape.elements() / outputs_),
        intervals_(float_sign_intervals(BinaryNorm(request.weights.floats))) {
    const BinaryBlockSides sides(request.layer);
    const model::Layer convolution = convolution_of(request.layer, sides);
    const model::Layer pooling = pooling_of(request.layer, convolution);
    const Index products = outputs_ * request.layer.input_shape.extents[0] * sides.height.kernel * sides.width.kernel;
    const LayerWeights weights = signs_as_floats(request.weights.bits, static_cast<std::size_t>(products));
    convolution_ = vector_convolution({convolution, request.inputs, weights, threads_});
    pooling_ = vector_pooling({pooling, {}, {}, threads_});
    sums_ = buffer_for(convolution.shape, model::Encoding::f32);
    pooled_ = buffer_for(pooling.shape, model::Encoding::f32);
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    convolution_->run(inputs, sums_);
    const Buffer* sums = &sums_;
    pooling_->run({&sums, 1}, pooled_);
    std::fill_n(output.words(), output.bytes() / sizeof(std::uint64_t), 0);
    for (Index filter = 0; filter < outputs_; ++filter) {
      const SignInterval<float>& interval = intervals_[static_cast<std::size_t>(filter)];
      for (Index first = 0; first < plane_; first += 64) {
        const Index count = std::min<Index>(64, plane_ - first), at = filter * plane_ + first;
        const std::uint64_t bits = bits_between(pooled_.floats() + at, count, interval.low, interval.high);
        or_bits(output.words(), static_cast<std::size_t>(at), bits, static_cast<std::size_t>(count));
      }
    }
  }

  std::size_t scratch_bytes() const override {
    return sums_.bytes() + pooled_.bytes() + convolution_->scratch_bytes() + pooling_->scratch_bytes();
  }

 private:
  ThreadPool& threads_;
  Index outputs_, plane_;
  std::vector<SignInterval<float>> intervals_;
  KernelPointer convolution_, pooling_;
  Buffer sums_, pooled_;
};

}  // namespace

KernelPointer float_binary_conv(const KernelRequest& request) { return std::make_unique<FloatBinaryConv>(request); }

}  // namespace tiercut::kernels
