// SPDX-License-Identifier: Apache-2.0
#include "kernels/eigen_kernels.hpp"
#include "kernels/tasks.hpp"
#include "kernels/window_range.hpp"

namespace tiercut::kernels {
namespace {

class DepthwiseConvolution final : public Kernel {
 public:
  explicit DepthwiseConvolution(const KernelRequest& request)
      : threads_(request.threads),
        outputs_(request.layer.parameters.outputs),
        per_input_(outputs_ / request.layer.parameters.groups),
        height_(vertical(request.layer.parameters.window, request.layer.input_shape.extents[1],
                         request.layer.shape.extents[1])),
        width_(horizontal(request.layer.parameters.window, request.layer.input_shape.extents[2],
                          request.layer.shape.extents[2])),
        columns_(outputs_of_taps(width_)),
        work_(request.layer.macs) {
    const auto outputs = static_cast<std::size_t>(outputs_);
    const std::size_t products = outputs * static_cast<std::size_t>(height_.kernel * width_.kernel);
    weights_ = packed_copy(request.weights.floats, 0, products);
    bias_ = request.layer.parameters.has_bias ? packed_copy(request.weights.floats, products, outputs)
                                              : Buffer(outputs * sizeof(float));
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    for_each_piece(threads_, outputs_, 1, work_, [&](Index channel, Index) {
      const float* plane = inputs[0]->floats() + channel / per_input_ * height_.input * width_.input;
      float* result = output.floats() + channel * height_.output * width_.output;
      std::fill_n(result, height_.output * width_.output, bias_.floats()[channel]);
      const float* filter = weights_.floats() + channel * height_.kernel * width_.kernel;
      for (Index y = 0; y < height_.output; ++y) {
        const Range rows = height_.covered(y);
        for (Index from_y = rows.begin; from_y < rows.end; ++from_y) {
          const Index tap_y = from_y - (y * height_.stride - height_.pad);
          add_row(plane + from_y * width_.input, filter + tap_y * width_.kernel, result + y * width_.output);
        }
      }
    });
  }

 private:
  void add_row(const float* from, const float* taps, float* to) const {
    for (Index tap = 0; tap < width_.kernel; ++tap) {
      const Range xs = columns_[static_cast<std::size_t>(tap)];
      if (xs.size() <= 0) continue;
      const float weight = taps[tap];
      const float* __restrict source = from + (xs.begin * width_.stride - width_.pad + tap);
      float* __restrict target = to + xs.begin;
      if (width_.stride == 1) {
        for (Index x = 0; x < xs.size(); ++x) target[x] += weight * source[x];
      } else {
        for (Index x = 0; x < xs.size(); ++x) target[x] += weight * source[x * width_.stride];
      }
    }
  }

  ThreadPool& threads_;
  Index outputs_, per_input_;
  Side height_, width_;
  std::vector<Range> columns_;  // of the output that see each tap
  Index work_;
  Buffer weights_, bias_;
};

}  // namespace

KernelPointer depthwise_convolution(const KernelRequest& request) {
  return std::make_unique<DepthwiseConvolution>(request);
}

}  // namespace tiercut::kernels
