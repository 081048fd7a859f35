// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "kernels/highway/pool_rows.hpp"
#include "kernels/highway/vector_kernels.hpp"
#include "kernels/tasks.hpp"
#include "kernels/window_range.hpp"

namespace tiercut::kernels {
namespace {

constexpr Index floats_per_task = 4096;

class VectorPooling final : public Kernel {
 public:
  explicit VectorPooling(const KernelRequest& request)
      : threads_(request.threads),
        channels_(request.layer.shape.extents[0]),
        pooling_{.height = vertical(request.layer.parameters.window, request.layer.input_shape.extents[1],
                                    request.layer.shape.extents[1]),
                 .width = horizontal(request.layer.parameters.window, request.layer.input_shape.extents[2],
                                     request.layer.shape.extents[2]),
                 .is_maximum = request.layer.type == model::LayerType::max_pooling,
                 .columns = nullptr},
        channels_per_task_(std::max<Index>(1, floats_per_task / (pooling_.height.input * pooling_.width.input))),
        tasks_((channels_ + channels_per_task_ - 1) / channels_per_task_),
        slots_(slots_for(threads_, tasks_, request.layer.input_shape.elements())) {
    columns_ = Buffer(static_cast<std::size_t>(pooling_.width.output) * sizeof(float));
    for (Index x = 0; x < pooling_.width.output; ++x) {
      columns_.floats()[x] = static_cast<float>(pooling_.width.covered_with_padding(x));
    }
    pooling_.columns = columns_.floats();
    for (int slot = 0; slot < slots_; ++slot) {
      rows_.emplace_back(static_cast<std::size_t>(pooling_row_floats(pooling_.width)) * sizeof(float));
      prepare_pooling_row(pooling_, rows_.back().floats());
    }
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const Index input_plane = pooling_.height.input * pooling_.width.input;
    const Index output_plane = pooling_.height.output * pooling_.width.output;
    for_each_task(threads_, slots_, tasks_, [&](int slot, Index task) {
      const Index end = std::min(channels_, (task + 1) * channels_per_task_);
      for (Index channel = task * channels_per_task_; channel < end; ++channel) {
        pool_plane(pooling_, inputs[0]->floats() + channel * input_plane,
                   rows_[static_cast<std::size_t>(slot)].floats(), output.floats() + channel * output_plane);
      }
    });
  }

  std::size_t scratch_bytes() const override { return rows_.size() * rows_[0].bytes(); }

 private:
  ThreadPool& threads_;
  Index channels_;
  PlanePooling pooling_;
  Index channels_per_task_, tasks_;
  int slots_;
  Buffer columns_;
  std::vector<Buffer> rows_;
};

}  // namespace

KernelPointer vector_pooling(const KernelRequest& request) { return std::make_unique<VectorPooling>(request); }

}  // namespace tiercut::kernels
