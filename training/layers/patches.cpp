// SPDX-License-Identifier: Apache-2.0
#include "training/layers/patches.hpp"

namespace tiercut::training {
namespace {

// Wide enough for products at full speed, while panel and sums stay in the second-level cache where depth allows.
constexpr Index wanted_columns = 1024;
constexpr Index most_panel_floats = 128 * 1024;

Index slide(Index input, int kernel, int stride, int pad) { return (input + 2 * Index{pad} - kernel) / stride + 1; }

}  // namespace

PatchProducts::PatchProducts(const model::TensorShape& input, const model::Window& window, Index outputs, int groups)
    : groups_(groups), rows_(outputs / groups), channels_(input.extents[0] / groups) {
  const Index height = input.extents[1], width = input.extents[2];
  height_ =
      kernels::vertical(window, height, slide(height, window.kernel_height, window.stride_height, window.pad_height));
  width_ = kernels::horizontal(window, width, slide(width, window.kernel_width, window.stride_width, window.pad_width));
  depth_ = channels_ * height_.kernel * width_.kernel;
  pixels_ = height_.output * width_.output;
  columns_ = kernels::outputs_of_taps(width_);
  const Index columns = std::min(wanted_columns, most_panel_floats / depth_);
  samples_at_once_ = std::max<Index>(1, columns / pixels_);
}

void PatchProducts::reserve(Index samples) {
  const auto columns = static_cast<std::size_t>(std::min(samples, samples_at_once_) * pixels_);
  patches_.reserve(static_cast<std::size_t>(depth_) * columns);
  sums_.reserve(static_cast<std::size_t>(rows_) * columns);
}

template <class Body>
void PatchProducts::for_each_panel(Index samples, Body&& body) {
  for (Index first = 0; first < samples; first += samples_at_once_) {
    for (Index group = 0; group < groups_; ++group) {
      body(Panel{group, first, std::min(samples_at_once_, samples - first)});
    }
  }
}

float* PatchProducts::image(float* x, const Panel& panel, Index sample) const {
  const Index plane = height_.input * width_.input;
  return x + ((panel.first + sample) * groups_ + panel.group) * channels_ * plane;
}

/// row(offset in a panel, outputs that see the tap, offset of the first of them's input): a run of output pixels that
/// see one tap in one row of the input; `row` is told with an empty run where they see padding.
template <class Row>
void PatchProducts::for_each_row(const Panel& panel, Row&& row) const {
  Index at = 0;
  for (Index channel = 0; channel < channels_; ++channel) {
    for (Index tap_y = 0; tap_y < height_.kernel; ++tap_y) {
      for (Index tap_x = 0; tap_x < width_.kernel; ++tap_x) {
        const kernels::Range seen = columns_[static_cast<std::size_t>(tap_x)];
        for (Index sample = 0; sample < panel.samples; ++sample) {
          for (Index y = 0; y < height_.output; ++y, at += width_.output) {
            const Index from_y = y * height_.stride - height_.pad + tap_y;
            const bool is_inside = from_y >= 0 && from_y < height_.input && seen.size() > 0;
            const Index from =
                (channel * height_.input + from_y) * width_.input + seen.begin * width_.stride - width_.pad + tap_x;
            row(at, sample, is_inside ? seen : kernels::Range{0, 0}, from);
          }
        }
      }
    }
  }
}

void PatchProducts::lay_out(const Panel& panel, const float* x) {
  for_each_row(panel, [&](Index at, Index sample, kernels::Range seen, Index from) {
    float* to = patches_.data() + at;
    const float* source = image(const_cast<float*>(x), panel, sample) + from;
    std::fill_n(to, seen.begin, 0.0F);
    if (width_.stride == 1) {
      std::copy_n(source, seen.size(), to + seen.begin);
    } else {
      for (Index i = 0; i < seen.size(); ++i) to[seen.begin + i] = source[i * width_.stride];
    }
    std::fill_n(to + seen.end, width_.output - seen.end, 0.0F);
  });
}

void PatchProducts::add_back(const Panel& panel, float* x) const {
  for_each_row(panel, [&](Index at, Index sample, kernels::Range seen, Index from) {
    const float* __restrict source = patches_.data() + at + seen.begin;
    float* __restrict to = image(x, panel, sample) + from;
    if (width_.stride == 1) {
      for (Index i = 0; i < seen.size(); ++i) to[i] += source[i];
    } else {
      for (Index i = 0; i < seen.size(); ++i) to[i * width_.stride] += source[i];
    }
  });
}

// The sums of a panel are [rows][samples x pixels], a tensor is [samples][rows][pixels].
void PatchProducts::gather(const Panel& panel, const float* y) {
  for (Index sample = 0; sample < panel.samples; ++sample) {
    const float* from = y + ((panel.first + sample) * groups_ + panel.group) * rows_ * pixels_;
    for (Index row = 0; row < rows_; ++row) {
      std::copy_n(from + row * pixels_, pixels_, sums_.data() + (row * panel.samples + sample) * pixels_);
    }
  }
}

void PatchProducts::scatter(const Panel& panel, const float* bias, float* y) const {
  for (Index sample = 0; sample < panel.samples; ++sample) {
    float* to = y + ((panel.first + sample) * groups_ + panel.group) * rows_ * pixels_;
    for (Index row = 0; row < rows_; ++row) {
      const float shift = bias == nullptr ? 0 : bias[panel.group * rows_ + row];
      const float* from = sums_.data() + (row * panel.samples + sample) * pixels_;
      for (Index i = 0; i < pixels_; ++i) to[row * pixels_ + i] = from[i] + shift;
    }
  }
}

void PatchProducts::forward(Index samples, const float* x, const float* weights, const float* bias, float* y) {
  for_each_panel(samples, [&](const Panel& panel) {
    const Index columns = panel.samples * pixels_;
    lay_out(panel, x);
    std::fill_n(sums_.data(), rows_ * columns, 0.0F);
    maths_.add_product({weights + panel.group * rows_ * depth_, rows_, depth_}, {patches_.data(), depth_, columns},
                       sums_.data());
    scatter(panel, bias, y);
  });
}

void PatchProducts::backward(Index samples, const float* x, const float* weights, const float* y_gradient,
                             float* weight_gradient, float* x_gradient) {
  std::fill_n(weight_gradient, this->weights(), 0.0F);
  if (x_gradient != nullptr) {
    std::fill_n(x_gradient, samples * groups_ * channels_ * height_.input * width_.input, 0.0F);
  }
  for_each_panel(samples, [&](const Panel& panel) {
    const Index columns = panel.samples * pixels_, own = panel.group * rows_ * depth_;
    gather(panel, y_gradient);
    lay_out(panel, x);
    maths_.add_product({sums_.data(), rows_, columns}, {patches_.data(), depth_, columns, true}, weight_gradient + own);
    if (x_gradient == nullptr) return;
    std::fill_n(patches_.data(), depth_ * columns, 0.0F);
    maths_.add_product({weights + own, rows_, depth_, true}, {sums_.data(), rows_, columns}, patches_.data());
    add_back(panel, x_gradient);
  });
}

}  // namespace tiercut::training
