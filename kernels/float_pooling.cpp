// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "kernels/eigen_kernels.hpp"
#include "kernels/tasks.hpp"
#include "kernels/window_range.hpp"

namespace tiercut::kernels {
namespace {

struct Maximum {
  static constexpr float start = -std::numeric_limits<float>::infinity();
  // A comparison with NaN is false: it has to be asked for, and then it stays.
  static float combine(float kept, float x) { return x > kept || x != x ? x : kept; }
};
struct Sum {
  static constexpr float start = 0;
  static float combine(float kept, float x) { return kept + x; }
};

template <class Combine>
class FloatPooling final : public Kernel {
 public:
  explicit FloatPooling(const KernelRequest& request)
      : threads_(request.threads),
        channels_(request.layer.shape.extents[0]),
        height_(vertical(request.layer.parameters.window, request.layer.input_shape.extents[1],
                         request.layer.shape.extents[1])),
        width_(horizontal(request.layer.parameters.window, request.layer.input_shape.extents[2],
                          request.layer.shape.extents[2])),
        columns_(outputs_of_taps(width_)) {}

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const Index work = channels_ * height_.output * width_.output * height_.kernel * width_.kernel;
    for_each_piece(threads_, channels_, 1, work, [&](Index channel, Index) {
      const float* plane = inputs[0]->floats() + channel * height_.input * width_.input;
      for (Index y = 0; y < height_.output; ++y) {
        float* row = output.floats() + (channel * height_.output + y) * width_.output;
        std::fill_n(row, width_.output, Combine::start);
        const Range rows = height_.covered(y);
        for (Index from_y = rows.begin; from_y < rows.end; ++from_y) combine_row(plane + from_y * width_.input, row);
        if constexpr (std::is_same_v<Combine, Sum>) divide_row(y, row);
      }
    });
  }

 private:
  void combine_row(const float* from, float* to) const {
    for (Index tap = 0; tap < width_.kernel; ++tap) {
      const Range xs = columns_[static_cast<std::size_t>(tap)];
      if (xs.size() <= 0) continue;
      const float* __restrict source = from + (xs.begin * width_.stride - width_.pad + tap);
      float* __restrict target = to + xs.begin;
      if (width_.stride == 1) {
        for (Index x = 0; x < xs.size(); ++x) target[x] = Combine::combine(target[x], source[x]);
      } else {
        for (Index x = 0; x < xs.size(); ++x) target[x] = Combine::combine(target[x], source[x * width_.stride]);
      }
    }
  }

  void divide_row(Index y, float* row) const {
    const Index rows = height_.covered_with_padding(y);
    for (Index x = 0; x < width_.output; ++x) row[x] /= static_cast<float>(rows * width_.covered_with_padding(x));
  }

  ThreadPool& threads_;
  Index channels_;
  Side height_, width_;
  std::vector<Range> columns_;  // of the output that see each tap
};

}  // namespace

KernelPointer float_pooling(const KernelRequest& request) {
  if (request.layer.type == model::LayerType::max_pooling) return std::make_unique<FloatPooling<Maximum>>(request);
  return std::make_unique<FloatPooling<Sum>>(request);
}

}  // namespace tiercut::kernels
