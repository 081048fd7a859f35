// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "kernels/highway/large_buffer.hpp"
#include "kernels/highway/padded_image.hpp"
#include "kernels/highway/plane_filter.hpp"
#include "kernels/highway/small_window.hpp"
#include "kernels/highway/vector_kernels.hpp"
#include "kernels/tasks.hpp"
#include "kernels/window_range.hpp"

namespace tiercut::kernels {
namespace {

constexpr Index floats_per_task = 4096;

class VectorDepthwise final : public Kernel {
 public:
  explicit VectorDepthwise(const KernelRequest& request)
      : threads_(request.threads),
        channels_(request.layer.input_shape.extents[0]),
        per_input_(request.layer.parameters.outputs / channels_),
        height_(vertical(request.layer.parameters.window, request.layer.input_shape.extents[1],
                         request.layer.shape.extents[1])),
        width_(horizontal(request.layer.parameters.window, request.layer.input_shape.extents[2],
                          request.layer.shape.extents[2])),
        work_(request.layer.macs),
        padded_(height_, width_),
        slots_(slots_for(threads_, channels_, request.layer.macs)) {
    const auto outputs = static_cast<std::size_t>(request.layer.parameters.outputs);
    const std::size_t products = outputs * static_cast<std::size_t>(height_.kernel * width_.kernel);
    weights_ = packed_copy(request.weights.floats, 0, products);
    bias_ = request.layer.parameters.has_bias ? packed_copy(request.weights.floats, products, outputs)
                                              : Buffer(outputs * sizeof(float));
    for (Index y = 0; y < height_.kernel; ++y) {
      for (Index x = 0; x < width_.kernel; ++x) taps_.push_back(padded_.tap_offset(y, x));
    }
    is_direct_ = per_input_ == 1 && is_small_window(height_, width_);
    if (is_direct_) return;
    for (int slot = 0; slot < slots_; ++slot) {
      planes_.emplace_back(static_cast<std::size_t>(padded_.plane_floats()));
    }
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const Index input_plane = height_.input * width_.input, output_plane = height_.output * width_.output;
    if (is_direct_) {
      const Index channels_per_task = std::max<Index>(1, floats_per_task / input_plane);
      for_each_piece(threads_, channels_, channels_per_task, slots_ > 1 ? work_ : 0, [&](Index begin, Index end) {
        filter_planes({height_, width_}, {.channels = end - begin,
                                          .input = inputs[0]->floats() + begin * input_plane,
                                          .weights = weights_.floats() + begin * height_.kernel * width_.kernel,
                                          .bias = bias_.floats() + begin,
                                          .output = output.floats() + begin * output_plane});
      });
      return;
    }
    for_each_task(threads_, slots_, channels_, [&](int slot, Index channel) {
      float* plane = planes_[static_cast<std::size_t>(slot)].floats();
      padded_.copy_plane(inputs[0]->floats() + channel * input_plane, plane);
      for (Index filter = channel * per_input_; filter < (channel + 1) * per_input_; ++filter) {
        filter_plane({.plane = plane,
                      .taps = taps_.data(),
                      .weights = weights_.floats() + filter * height_.kernel * width_.kernel,
                      .kernel_height = height_.kernel,
                      .kernel_width = width_.kernel,
                      .stride_height = height_.stride,
                      .image_row = padded_.row_floats(),
                      .height = height_.output,
                      .width = width_.output,
                      .bias = bias_.floats()[filter]},
                     output.floats() + filter * output_plane);
      }
    });
  }

  std::size_t scratch_bytes() const override { return planes_.empty() ? 0 : planes_.size() * planes_[0].bytes(); }

 private:
  ThreadPool& threads_;
  Index channels_, per_input_;
  Side height_, width_;
  Index work_;
  PaddedImage padded_;
  int slots_;
  bool is_direct_ = false;
  std::vector<Index> taps_;
  Buffer weights_, bias_;
  std::vector<LargeBuffer> planes_;
};

}  // namespace

KernelPointer vector_depthwise(const KernelRequest& request) { return std::make_unique<VectorDepthwise>(request); }

}  // namespace tiercut::kernels
