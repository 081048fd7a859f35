// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "kernels/highway/filter_product.hpp"
#include "kernels/highway/padded_image.hpp"
#include "kernels/highway/vector_kernels.hpp"
#include "kernels/tasks.hpp"
#include "kernels/window_range.hpp"

namespace tiercut::kernels {
namespace {

// A block's patches (at most 288 kB) stay in the second-level cache while all filters pass over them.
constexpr Index block_depth = 256, block_pixels = 288;
// With as many tasks as this no task needs to share the pixels of another.
constexpr Index plenty_of_tasks = 32, rows_per_shared_task = 128;

class VectorConvolution final : public Kernel {
 public:
  explicit VectorConvolution(const KernelRequest& request)
      : threads_(request.threads),
        groups_(request.layer.parameters.groups),
        rows_(request.layer.parameters.outputs / groups_),
        channels_(request.layer.input_shape.extents[0]),
        height_(vertical(request.layer.parameters.window, request.layer.input_shape.extents[1],
                         request.layer.shape.extents[1])),
        width_(horizontal(request.layer.parameters.window, request.layer.input_shape.extents[2],
                          request.layer.shape.extents[2])),
        depth_(channels_ / groups_ * height_.kernel * width_.kernel),
        pixels_(height_.output * width_.output),
        work_(request.layer.macs),
        padded_(height_, width_) {
    const auto outputs = static_cast<std::size_t>(rows_ * groups_);
    const std::vector<float>& weights = request.weights.floats;
    for (Index group = 0; group < groups_; ++group) {
      filters_.emplace_back(weights.data() + group * rows_ * depth_, rows_, depth_);
    }
    bias_ = request.layer.parameters.has_bias
                ? packed_copy(weights, outputs * static_cast<std::size_t>(depth_), outputs)
                : Buffer(outputs * sizeof(float));
    is_pointwise_ = height_.kernel == 1 && width_.kernel == 1 && height_.stride == 1 && width_.stride == 1 &&
                    height_.pad == 0 && width_.pad == 0;
    if (!is_pointwise_) image_ = LargeBuffer(static_cast<std::size_t>(channels_ * padded_.plane_floats()));
    find_taps();
    pixel_blocks_ = (pixels_ + block_pixels - 1) / block_pixels;
    rows_per_task_ = groups_ * pixel_blocks_ >= plenty_of_tasks ? rows_ : std::min(rows_, rows_per_shared_task);
    if (threads_.threads() == 1) rows_per_task_ = rows_;
    row_blocks_ = (rows_ + rows_per_task_ - 1) / rows_per_task_;
    slots_ = slots_for(threads_, groups_ * row_blocks_ * pixel_blocks_, work_);
    panel_floats_ = panel_floats(std::min(depth_, block_depth), std::min(pixels_, block_pixels));
    panels_ = LargeBuffer(static_cast<std::size_t>(slots_ * panel_floats_));
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const float* image = inputs[0]->floats();
    if (!is_pointwise_) {
      const Index plane = padded_.plane_floats();
      for_each_piece(threads_, channels_, 1, slots_ > 1 ? channels_ * plane : 0, [&](Index channel, Index) {
        padded_.copy_plane(image + channel * height_.input * width_.input, image_.floats() + channel * plane);
      });
      image = image_.floats();
    }
    for_each_task(threads_, slots_, groups_ * row_blocks_ * pixel_blocks_, [&](int slot, Index task) {
      const Index pixel_block = task % pixel_blocks_;
      const Index row_block = task / pixel_blocks_ % row_blocks_;
      const Index group = task / pixel_blocks_ / row_blocks_;
      const Range rows{row_block * rows_per_task_, std::min(rows_, (row_block + 1) * rows_per_task_)};
      const Range pixels{pixel_block * block_pixels, std::min(pixels_, (pixel_block + 1) * block_pixels)};
      multiply(group, rows, pixels, image, panels_.floats() + slot * panel_floats_, output.floats());
    });
  }

  std::size_t scratch_bytes() const override { return image_.bytes() + panels_.bytes() + taps_.size() * sizeof(Index); }

 private:
  void find_taps() {
    for (Index channel = 0; channel < channels_ / groups_; ++channel) {
      for (Index y = 0; y < height_.kernel; ++y) {
        for (Index x = 0; x < width_.kernel; ++x) {
          taps_.push_back(is_pointwise_ ? channel * pixels_
                                        : channel * padded_.plane_floats() + padded_.tap_offset(y, x));
        }
      }
    }
  }

  void multiply(Index group, Range rows, Range pixels, const float* image, float* panels, float* output) const {
    const FilterTiles& filters = filters_[static_cast<std::size_t>(group)];
    const Index group_channels = channels_ / groups_;
    image += group * group_channels * (is_pointwise_ ? pixels_ : padded_.plane_floats());
    for (Index k = 0; k < depth_; k += block_depth) {
      const Index depth = std::min(block_depth, depth_ - k);
      const PatchSource source{image, taps_.data() + k, is_pointwise_ ? 0 : padded_.output_row_stride(),
                               is_pointwise_ ? pixels_ : width_.output};
      lay_out_patches(source, depth, pixels.begin, pixels.size(), panels);
      const Index first_row = group * rows_ + rows.begin;
      multiply_filters({.filters = filters.tile(rows.begin) + k * FilterTiles::tile_rows,
                        .filter_stride = depth_ * FilterTiles::tile_rows,
                        .rows = rows.size(),
                        .depth = depth,
                        .pixels = pixels.size(),
                        .panels = panels,
                        .output = output + first_row * pixels_ + pixels.begin,
                        .output_stride = pixels_,
                        .bias = k == 0 ? bias_.floats() + first_row : nullptr});
    }
  }

  ThreadPool& threads_;
  Index groups_, rows_, channels_;
  Side height_, width_;
  Index depth_, pixels_, work_;
  PaddedImage padded_;
  Index pixel_blocks_ = 0, row_blocks_ = 0, rows_per_task_ = 0, panel_floats_ = 0;
  int slots_ = 1;
  bool is_pointwise_ = false;
  std::vector<FilterTiles> filters_;
  std::vector<Index> taps_;
  Buffer bias_;
  LargeBuffer image_, panels_;
};

/// One window that is the whole input: a matrix times the input as it stands.
bool is_fully_connected(const model::Layer& layer) {
  const model::Window& window = layer.parameters.window;
  return layer.parameters.groups == 1 && window.pad_height == 0 && window.pad_width == 0 &&
         window.kernel_height == layer.input_shape.extents[1] && window.kernel_width == layer.input_shape.extents[2];
}

}  // namespace

KernelPointer vector_convolution(const KernelRequest& request) {
  if (is_fully_connected(request.layer)) return vector_linear(request);
  return std::make_unique<VectorConvolution>(request);
}

}  // namespace tiercut::kernels
