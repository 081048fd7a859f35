// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/layer.hpp"
#include "training/layers/float_buffer.hpp"
#include "training/layers/vector_maths.hpp"

/// Convolution over batches as products of matrices (internal to training/layers/): what the taps of a window see at
/// the output pixels of some samples is laid out as a panel [taps][samples x pixels].
namespace tiercut::training {

class PatchProducts {
 public:
  PatchProducts(const model::TensorShape& input, const model::Window& window, Index outputs, int groups);

  Index outputs() const { return groups_ * rows_; }
  Index height() const { return height_; }
  Index width() const { return width_; }
  Index weights() const { return outputs() * depth_; }

  void reserve(Index samples);
  /// y = weights * x + bias; `bias` may be null.
  void forward(Index samples, const float* x, const float* weights, const float* bias, float* y);
  /// Writes the gradients; `x_gradient` may be null.
  void backward(Index samples, const float* x, const float* weights, const float* y_gradient, float* weight_gradient,
                float* x_gradient);

 private:
  struct Panel {
    Index group, first, samples;
  };
  template <class Body>
  void for_each_panel(Index samples, Body&& body);
  template <class Row>
  void for_each_image_row(const Panel& panel, Row&& row) const;
  template <class Row>
  void for_each_patch_row(const Panel& panel, Row&& row) const;
  template <class Row>
  void for_each_sum_row(const Panel& panel, Row&& row) const;
  void lay_out(const Panel& panel, const float* x);
  void add_back(const Panel& panel, float* x);

  const VectorMaths& maths_ = vector_maths();
  Index groups_, rows_, channels_;  // rows and channels of a group
  model::Window window_;
  Index input_height_, input_width_, padded_height_, padded_width_;
  Index height_, width_, pixels_, depth_, samples_at_once_;
  FloatBuffer padded_, patches_, sums_;  // of one panel
};

}  // namespace tiercut::training
