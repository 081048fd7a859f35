// SPDX-License-Identifier: Apache-2.0
#include "training/layers/normalization.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/kernel.hpp"

namespace tiercut::training {
namespace {

constexpr double running_momentum = 0.9;
constexpr double epsilon = kernels::batch_norm_epsilon;

std::size_t index(Index i) { return static_cast<std::size_t>(i); }

}  // namespace

Normalization::Normalization(Index channels, Index plane) : channels_(channels), plane_(plane) {
  const std::size_t count = index(channels);
  running_.assign(2 * count, 0);
  std::fill(running_.begin() + channels, running_.end(), 1.0F);
  for (std::vector<float>* values : {&mean_, &inverse_, &scale_, &slope_, &shift_}) values->resize(count);
  for (std::vector<double>* values : {&batch_mean_, &batch_squares_, &gradient_sums_, &gradient_products_}) {
    values->resize(count);
  }
}

/// Sums over a channel: plane by plane where there are planes, all channels side by side where there are none.
template <class OfPlane, class OfElement>
void Normalization::reduce(Index samples, std::vector<double>& totals, OfPlane&& of_plane,
                           OfElement&& of_element) const {
  std::ranges::fill(totals, 0.0);
  for (Index sample = 0; sample < samples; ++sample) {
    const Index first = sample * channels_ * plane_;
    if (plane_ == 1) {
      for (Index c = 0; c < channels_; ++c) totals[index(c)] += of_element(first + c, index(c));
    } else {
      for (Index c = 0; c < channels_; ++c) totals[index(c)] += of_plane(first + c * plane_, index(c));
    }
  }
}

template <class Apply>
void Normalization::for_each_plane(Index samples, Apply&& apply) const {
  for (Index i = 0; i < samples * channels_; ++i) {
    const std::size_t channel = index(i % channels_);
    for (Index at = i * plane_; at < (i + 1) * plane_; ++at) apply(at, channel);
  }
}

void Normalization::forward(Index samples, const float* x, const float* gamma, const float* beta, float* y) {
  count_ = static_cast<double>(samples * plane_);
  reduce(
      samples, batch_mean_, [&](Index at, std::size_t) { return maths_.sum(x + at, plane_); },
      [&](Index at, std::size_t) { return double{x[at]}; });
  for (std::size_t c = 0; c < mean_.size(); ++c) mean_[c] = static_cast<float>(batch_mean_[c] /= count_);
  reduce(
      samples, batch_squares_,
      [&](Index at, std::size_t c) { return maths_.squared_distance(x + at, mean_[c], plane_); },
      [&](Index at, std::size_t c) {
        const double distance = double{x[at]} - double{mean_[c]};
        return distance * distance;
      });
  for (std::size_t c = 0; c < mean_.size(); ++c) {
    inverse_[c] = static_cast<float>(1 / std::sqrt(batch_squares_[c] / count_ + epsilon));
    scale_[c] = gamma[c] * inverse_[c];
  }
  for_each_plane(samples, [&](Index at, std::size_t c) { y[at] = (x[at] - mean_[c]) * scale_[c] + beta[c]; });
}

void Normalization::update_running() {
  for (std::size_t c = 0; c < mean_.size(); ++c) {
    const double variance = batch_squares_[c] / std::max(1.0, count_ - 1);
    float &mean = running_[c], &running_variance = running_[mean_.size() + c];
    mean = static_cast<float>(running_momentum * mean + (1 - running_momentum) * batch_mean_[c]);
    running_variance = static_cast<float>(running_momentum * running_variance + (1 - running_momentum) * variance);
  }
}

void Normalization::backward(Index samples, const float* x, const float* gamma, const float* y_gradient,
                             float* x_gradient, float* gamma_gradient, float* beta_gradient) {
  reduce(
      samples, gradient_sums_, [&](Index at, std::size_t) { return maths_.sum(y_gradient + at, plane_); },
      [&](Index at, std::size_t) { return double{y_gradient[at]}; });
  reduce(
      samples, gradient_products_,
      [&](Index at, std::size_t c) { return maths_.centred_dot(x + at, mean_[c], y_gradient + at, plane_); },
      [&](Index at, std::size_t c) { return (double{x[at]} - double{mean_[c]}) * double{y_gradient[at]}; });
  for (std::size_t c = 0; c < mean_.size(); ++c) {
    const double inverse = inverse_[c], scale = gamma[c] * inverse;
    beta_gradient[c] = static_cast<float>(gradient_sums_[c]);
    gamma_gradient[c] = static_cast<float>(gradient_products_[c] * inverse);
    scale_[c] = static_cast<float>(scale);
    slope_[c] = static_cast<float>(-scale * inverse * inverse * gradient_products_[c] / count_);
    shift_[c] = static_cast<float>(-scale * gradient_sums_[c] / count_);
  }
  if (x_gradient == nullptr) return;
  for_each_plane(samples, [&](Index at, std::size_t c) {
    x_gradient[at] = y_gradient[at] * scale_[c] + (x[at] - mean_[c]) * slope_[c] + shift_[c];
  });
}

Normalization::Channel Normalization::answering(Index channel, const float* gamma, const float* beta) const {
  const double variance = running_[index(channels_ + channel)];
  return {gamma[channel], beta[channel], running_[index(channel)], std::sqrt(variance + epsilon)};
}

}  // namespace tiercut::training
