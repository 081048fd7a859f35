// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "training/layers/vector_maths.hpp"

namespace tiercut::training {

/// Batch normalisation (Ioffe and Szegedy 2015, algorithms 1 and 2) of tensors [samples][channels][plane], for the
/// layer of that name and the binary blocks (internal to training/layers/). The running variance is that of the
/// population, estimated from the batch (n - 1).
class Normalization {
 public:
  Normalization(Index channels, Index plane);

  std::span<float> running() { return running_; }  ///< means, then variances
  void update_running();

  /// y = gamma (x - mean) / sqrt(variance + epsilon) + beta by the batch's own statistics.
  void forward(Index samples, const float* x, const float* gamma, const float* beta, float* y);
  /// After forward of the same x; `y_gradient` and `x_gradient` may be the same memory, the latter may be null.
  void backward(Index samples, const float* x, const float* gamma, const float* y_gradient, float* x_gradient,
                float* gamma_gradient, float* beta_gradient);

  /// What answers are normalised by, in float64 and in the order of operations that deployment has.
  struct Channel {
    double gamma, beta, mean, deviation;
    double operator()(double x) const { return gamma * (x - mean) / deviation + beta; }
  };
  Channel answering(Index channel, const float* gamma, const float* beta) const;

  Index channels() const { return channels_; }
  Index plane() const { return plane_; }

 private:
  template <class OfPlane, class OfElement>
  void reduce(Index samples, std::vector<double>& totals, OfPlane&& of_plane, OfElement&& of_element) const;
  template <class Apply>
  void for_each_plane(Index samples, Apply&& apply) const;

  const VectorMaths& maths_ = vector_maths();
  Index channels_, plane_;
  double count_ = 0;                   // of a channel's values in the last batch
  std::vector<float> running_;         // means, variances
  std::vector<float> mean_, inverse_;  // of the last batch; 1 / sqrt(variance + epsilon)
  std::vector<double> batch_mean_, batch_squares_, gradient_sums_, gradient_products_;
  std::vector<float> scale_, slope_, shift_;  // of one pass, a channel
};

}  // namespace tiercut::training
