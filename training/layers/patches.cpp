// SPDX-License-Identifier: Apache-2.0
#include "training/layers/patches.hpp"

#include <cstring>

namespace tiercut::training {
namespace {

// Wide enough for products at full speed, while panel and sums stay in the second-level cache where depth allows.
constexpr Index wanted_columns = 1024;
constexpr Index most_panel_floats = 128 * 1024;
// Rows are copied in steps of so many floats: what goes beyond a row's end is overwritten by the next row. Rows are
// short, and a call of memcpy for each takes longer than the copying.
constexpr Index copy_step = 8;

void copy_beyond(const float* from, Index count, float* to) {
  for (Index i = 0; i < count; i += copy_step) std::memcpy(to + i, from + i, copy_step * sizeof(float));
}

}  // namespace

PatchProducts::PatchProducts(const model::TensorShape& input, const model::Window& window, Index outputs, int groups)
    : groups_(groups),
      rows_(outputs / groups),
      channels_(input.extents[0] / groups),
      window_(window),
      input_height_(input.extents[1]),
      input_width_(input.extents[2]),
      padded_height_(input_height_ + 2 * Index{window.pad_height}),
      padded_width_(input_width_ + 2 * Index{window.pad_width}),
      height_((padded_height_ - window.kernel_height) / window.stride_height + 1),
      width_((padded_width_ - window.kernel_width) / window.stride_width + 1),
      pixels_(height_ * width_),
      depth_(channels_ * window.kernel_height * window.kernel_width) {
  const Index columns = std::min(wanted_columns, most_panel_floats / depth_);
  samples_at_once_ = std::max<Index>(1, columns / pixels_);
}

void PatchProducts::reserve(Index samples) {
  const auto at_once = static_cast<std::size_t>(std::min(samples, samples_at_once_));
  const std::size_t columns = at_once * static_cast<std::size_t>(pixels_);
  padded_.reserve(at_once * static_cast<std::size_t>(channels_ * padded_height_ * padded_width_) + copy_step);
  patches_.reserve(static_cast<std::size_t>(depth_) * columns + copy_step);
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

/// row(offset in the tensor, offset in the padded images) for each row of the panel's images.
template <class Row>
void PatchProducts::for_each_image_row(const Panel& panel, Row&& row) const {
  for (Index sample = 0; sample < panel.samples; ++sample) {
    for (Index channel = 0; channel < channels_; ++channel) {
      const Index image = ((panel.first + sample) * groups_ + panel.group) * channels_ + channel;
      Index padded = (sample * channels_ + channel) * padded_height_ * padded_width_;
      padded += window_.pad_height * padded_width_ + window_.pad_width;
      for (Index y = 0; y < input_height_; ++y, padded += padded_width_) {
        row((image * input_height_ + y) * input_width_, padded);
      }
    }
  }
}

/// row(offset in the panel, offset in the padded images) for what a tap sees at each row of output pixels, in the
/// panel's order.
template <class Row>
void PatchProducts::for_each_patch_row(const Panel& panel, Row&& row) const {
  const Index plane = padded_height_ * padded_width_, step = window_.stride_height * padded_width_;
  Index at = 0;
  for (Index channel = 0; channel < channels_; ++channel) {
    for (Index tap = 0; tap < Index{window_.kernel_height} * window_.kernel_width; ++tap) {
      const Index seen = tap / window_.kernel_width * padded_width_ + tap % window_.kernel_width;
      for (Index sample = 0; sample < panel.samples; ++sample) {
        Index from = (sample * channels_ + channel) * plane + seen;
        for (Index y = 0; y < height_; ++y, at += width_, from += step) row(at, from);
      }
    }
  }
}

/// row(row in the tensor, offset in the sums): sums are [rows][samples x pixels], a tensor is [samples][rows][pixels].
template <class Row>
void PatchProducts::for_each_sum_row(const Panel& panel, Row&& row) const {
  for (Index sample = 0; sample < panel.samples; ++sample) {
    const Index first = ((panel.first + sample) * groups_ + panel.group) * rows_;
    for (Index i = 0; i < rows_; ++i) row(first + i, (i * panel.samples + sample) * pixels_);
  }
}

void PatchProducts::lay_out(const Panel& panel, const float* x) {
  float *padded = padded_.data(), *patches = patches_.data();
  if (window_.pad_height > 0 || window_.pad_width > 0) padded_.fill(0);
  for_each_image_row(panel, [&](Index at, Index to) { std::copy_n(x + at, input_width_, padded + to); });
  if (window_.stride_width == 1) {
    for_each_patch_row(panel, [&](Index at, Index from) { copy_beyond(padded + from, width_, patches + at); });
  } else {
    for_each_patch_row(panel, [&](Index at, Index from) {
      for (Index i = 0; i < width_; ++i) patches[at + i] = padded[from + i * window_.stride_width];
    });
  }
}

/// The reverse: what is in the panel is added up where it came from; what came from the padding is dropped.
void PatchProducts::add_back(const Panel& panel, float* x) {
  float* __restrict padded = padded_.data();
  const float* __restrict patches = patches_.data();
  padded_.fill(0);
  for_each_patch_row(panel, [&](Index at, Index to) {
    if (window_.stride_width == 1) {
      for (Index i = 0; i < width_; ++i) padded[to + i] += patches[at + i];
    } else {
      for (Index i = 0; i < width_; ++i) padded[to + i * window_.stride_width] += patches[at + i];
    }
  });
  for_each_image_row(panel, [&](Index at, Index from) { std::copy_n(padded + from, input_width_, x + at); });
}

void PatchProducts::forward(Index samples, const float* x, const float* weights, const float* bias, float* y) {
  for_each_panel(samples, [&](const Panel& panel) {
    const Index columns = panel.samples * pixels_;
    float* sums = sums_.data();
    lay_out(panel, x);
    std::fill_n(sums, rows_ * columns, 0.0F);
    maths_.add_product({weights + panel.group * rows_ * depth_, rows_, depth_}, {patches_.data(), depth_, columns},
                       sums);
    for_each_sum_row(panel, [&](Index row, Index from) {
      const float shift = bias == nullptr ? 0 : bias[row % outputs()];
      for (Index i = 0; i < pixels_; ++i) y[row * pixels_ + i] = sums[from + i] + shift;
    });
  });
}

void PatchProducts::backward(Index samples, const float* x, const float* weights, const float* y_gradient,
                             float* weight_gradient, float* x_gradient) {
  std::fill_n(weight_gradient, this->weights(), 0.0F);
  for_each_panel(samples, [&](const Panel& panel) {
    const Index columns = panel.samples * pixels_, own = panel.group * rows_ * depth_;
    for_each_sum_row(panel,
                     [&](Index row, Index to) { std::copy_n(y_gradient + row * pixels_, pixels_, sums_.data() + to); });
    lay_out(panel, x);
    maths_.add_product({sums_.data(), rows_, columns}, {patches_.data(), depth_, columns, true}, weight_gradient + own);
    if (x_gradient == nullptr) return;
    std::fill_n(patches_.data(), depth_ * columns, 0.0F);
    maths_.add_product({weights + own, rows_, depth_, true}, {sums_.data(), rows_, columns}, patches_.data());
    add_back(panel, x_gradient);
  });
}

}  // namespace tiercut::training
