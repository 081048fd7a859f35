// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Core>

#include "kernels/eigen_kernels.hpp"
#include "kernels/tasks.hpp"
#include "kernels/window_range.hpp"

namespace tiercut::kernels {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Strided = Eigen::Map<Matrix, 0, Eigen::OuterStride<>>;
using ConstStrided = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;

// One block of a product: its packed operands (128 kB each) stay within the limit up to which Eigen takes them from
// the stack, so a run allocates nothing; and they fit the second-level cache together.
constexpr Index block_rows = 128, block_columns = 128, block_depth = 256;
// With as many tasks as this no task needs to share the columns of another.
constexpr Index plenty_of_tasks = 32;

struct Tap {
  Index channel, y, x;
};

/// out = weights * patches a group, a block of output pixels at a time; patches are laid out where they are used.
class EigenConvolution final : public Kernel {
 public:
  explicit EigenConvolution(const KernelRequest& request)
      : threads_(request.threads),
        groups_(request.layer.parameters.groups),
        rows_(request.layer.parameters.outputs / groups_),
        channels_(request.layer.input_shape.extents[0] / groups_),
        height_(vertical(request.layer.parameters.window, request.layer.input_shape.extents[1],
                         request.layer.shape.extents[1])),
        width_(horizontal(request.layer.parameters.window, request.layer.input_shape.extents[2],
                          request.layer.shape.extents[2])),
        depth_(channels_ * height_.kernel * width_.kernel),
        pixels_(height_.output * width_.output),
        work_(request.layer.macs) {
    const auto outputs = static_cast<std::size_t>(rows_ * groups_);
    const std::size_t products = outputs * static_cast<std::size_t>(depth_);
    weights_ = packed_copy(request.weights.floats, 0, products);
    bias_ = request.layer.parameters.has_bias ? packed_copy(request.weights.floats, products, outputs)
                                              : Buffer(outputs * sizeof(float));
    is_pointwise_ = height_.kernel == 1 && width_.kernel == 1 && height_.stride == 1 && width_.stride == 1 &&
                    height_.pad == 0 && width_.pad == 0;
    column_blocks_ = (pixels_ + block_columns - 1) / block_columns;
    rows_per_task_ = groups_ * column_blocks_ >= plenty_of_tasks ? rows_ : std::min(rows_, block_rows);
    row_blocks_ = (rows_ + rows_per_task_ - 1) / rows_per_task_;
    slots_ = slots_for(threads_, groups_ * row_blocks_ * column_blocks_, work_);
    if (!is_pointwise_) {
      panel_floats_ = std::min(depth_, block_depth) * std::min(pixels_, block_columns);
      panels_ = Buffer(static_cast<std::size_t>(slots_ * panel_floats_) * sizeof(float));
    }
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    for_each_task(threads_, slots_, groups_ * row_blocks_ * column_blocks_, [&](int slot, Index task) {
      const Index column_block = task % column_blocks_;
      const Index row_block = task / column_blocks_ % row_blocks_;
      const Index group = task / column_blocks_ / row_blocks_;
      const Range rows{row_block * rows_per_task_, std::min(rows_, (row_block + 1) * rows_per_task_)};
      const Range columns{column_block * block_columns, std::min(pixels_, (column_block + 1) * block_columns)};
      const float* image = inputs[0]->floats() + group * channels_ * height_.input * width_.input;
      multiply(group, rows, columns, image, panels_.floats() + slot * panel_floats_, output.floats());
    });
  }

  std::size_t scratch_bytes() const override { return panels_.bytes(); }

 private:
  void multiply(Index group, Range rows, Range columns, const float* image, float* panel, float* output) const {
    for (Index row = rows.begin; row < rows.end; ++row) {
      float* start = output + (group * rows_ + row) * pixels_ + columns.begin;
      std::fill_n(start, columns.size(), bias_.floats()[group * rows_ + row]);
    }
    for (Index k = 0; k < depth_; k += block_depth) {
      const Range depth{k, std::min(depth_, k + block_depth)};
      if (!is_pointwise_) lay_out(depth, columns, image, panel);
      const ConstStrided patches(is_pointwise_ ? image + k * pixels_ + columns.begin : panel, depth.size(),
                                 columns.size(), Eigen::OuterStride<>(is_pointwise_ ? pixels_ : columns.size()));
      for (Index first = rows.begin; first < rows.end; first += block_rows) {
        const Index count = std::min(block_rows, rows.end - first);
        const ConstStrided filters(weights_.floats() + (group * rows_ + first) * depth_ + k, count, depth.size(),
                                   Eigen::OuterStride<>(depth_));
        Strided block(output + (group * rows_ + first) * pixels_ + columns.begin, count, columns.size(),
                      Eigen::OuterStride<>(pixels_));
        block.noalias() += filters * patches;
      }
    }
  }

  /// Row k of the panel: the input that tap k of a filter sees at each of the output pixels `columns`.
  void lay_out(Range depth, Range columns, const float* image, float* panel) const {
    const Index window = height_.kernel * width_.kernel;
    for (Index k = depth.begin; k < depth.end; ++k) {
      const Tap tap{k / window, k % window / width_.kernel, k % width_.kernel};
      for (Index pixel = columns.begin; pixel < columns.end;) {
        const Index y = pixel / width_.output, x = pixel % width_.output;
        const Range xs{x, std::min(width_.output, x + columns.end - pixel)};
        lay_out_row(tap, y, xs, image, panel);
        panel += xs.size();
        pixel += xs.size();
      }
    }
  }

  void lay_out_row(const Tap& tap, Index y, Range xs, const float* image, float* to) const {
    const Index from_y = y * height_.stride - height_.pad + tap.y;
    Range seen = width_.outputs_of(tap.x);
    seen = {std::clamp(seen.begin, xs.begin, xs.end), std::clamp(seen.end, xs.begin, xs.end)};
    if (from_y < 0 || from_y >= height_.input || seen.size() <= 0) {
      std::fill_n(to, xs.size(), 0.0F);
      return;
    }
    std::fill_n(to, seen.begin - xs.begin, 0.0F);
    const float* from = image + (tap.channel * height_.input + from_y) * width_.input +
                        (seen.begin * width_.stride - width_.pad + tap.x);
    float* start = to + (seen.begin - xs.begin);
    if (width_.stride == 1) {
      std::copy_n(from, seen.size(), start);
    } else {
      for (Index i = 0; i < seen.size(); ++i) start[i] = from[i * width_.stride];
    }
    std::fill_n(start + seen.size(), xs.end - seen.end, 0.0F);
  }

  ThreadPool& threads_;
  Index groups_, rows_, channels_;
  Side height_, width_;
  Index depth_, pixels_, work_;
  Index column_blocks_ = 0, row_blocks_ = 0, rows_per_task_ = 0, panel_floats_ = 0;
  int slots_ = 1;
  bool is_pointwise_ = false;
  Buffer weights_, bias_, panels_;
};

}  // namespace

KernelPointer eigen_convolution(const KernelRequest& request) { return std::make_unique<EigenConvolution>(request); }

}  // namespace tiercut::kernels
