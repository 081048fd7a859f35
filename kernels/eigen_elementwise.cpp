// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Core>
#include <cmath>
#include <limits>

#include "kernels/eigen_kernels.hpp"
#include "kernels/tasks.hpp"

namespace tiercut::kernels {
namespace {

using Array = Eigen::Map<Eigen::ArrayXf>;
using ConstArray = Eigen::Map<const Eigen::ArrayXf>;
using Index = std::int64_t;
using model::LayerType;

constexpr Index elements_per_task = 4096;

/// `apply(x, y)` on pieces of the tensor; `cost` in elementary operations an element.
template <class Apply>
class Elementwise final : public Kernel {
 public:
  Elementwise(const KernelRequest& request, Index cost, Apply apply)
      : threads_(request.threads), elements_(request.layer.shape.elements()), cost_(cost), apply_(apply) {}
  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    for_each_piece(threads_, elements_, elements_per_task, elements_ * cost_, [&](Index begin, Index end) {
      Array y(output.floats() + begin, end - begin);
      apply_(ConstArray(inputs[0]->floats() + begin, end - begin), y);
    });
  }
  bool is_in_place_allowed() const override { return true; }

 private:
  ThreadPool& threads_;
  Index elements_, cost_;
  Apply apply_;
};

template <class Apply>
KernelPointer elementwise(const KernelRequest& request, Index cost, Apply apply) {
  return std::make_unique<Elementwise<Apply>>(request, cost, apply);
}

/// y = x * scale + shift where x >= 0, else x * negative scale + shift; a set of three a channel.
class PerChannel final : public Kernel {
 public:
  explicit PerChannel(const KernelRequest& request)
      : threads_(request.threads),
        channels_(request.layer.shape.extents[0]),
        plane_(request.layer.shape.elements() / channels_) {
    const std::vector<float>& floats = request.weights.floats;
    const auto channels = static_cast<std::size_t>(channels_);
    factors_.resize(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      if (request.layer.type == LayerType::prelu) {
        factors_[c] = {1, floats[request.layer.parameters.is_per_channel ? c : 0], 0};
        continue;
      }
      const double deviation = std::sqrt(double{floats[3 * channels + c]} + double{batch_norm_epsilon});
      const double scale = floats[c] / deviation;
      factors_[c].scale = factors_[c].negative_scale = static_cast<float>(scale);
      factors_[c].shift = static_cast<float>(floats[channels + c] - floats[2 * channels + c] * scale);
    }
  }
  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const Index channels_per_task = std::max<Index>(1, elements_per_task / plane_);
    for_each_piece(threads_, channels_, channels_per_task, 2 * channels_ * plane_, [&](Index begin, Index end) {
      for (Index c = begin; c < end; ++c) {
        const Factors& factors = factors_[static_cast<std::size_t>(c)];
        const float* x = inputs[0]->floats() + c * plane_;
        float* y = output.floats() + c * plane_;
        for (Index i = 0; i < plane_; ++i) {
          y[i] = x[i] * (x[i] >= 0 ? factors.scale : factors.negative_scale) + factors.shift;
        }
      }
    });
  }
  bool is_in_place_allowed() const override { return true; }

 private:
  struct Factors {
    float scale, negative_scale, shift;
  };
  ThreadPool& threads_;
  Index channels_, plane_;
  std::vector<Factors> factors_;
};

/// The largest float that is not above x, so that comparing floats with it is comparing them with x.
float floor_to_float(double x) {
  const auto nearest = static_cast<float>(x);
  return nearest > x ? std::nextafter(nearest, -std::numeric_limits<float>::infinity()) : nearest;
}

}  // namespace

KernelPointer batch_normalization(const KernelRequest& request) { return std::make_unique<PerChannel>(request); }

KernelPointer eigen_activation(const KernelRequest& request) {
  switch (request.layer.type) {
    case LayerType::prelu:
      return std::make_unique<PerChannel>(request);
    case LayerType::relu:
      return elementwise(request, 1, [](const ConstArray& x, Array& y) {
        for (Index i = 0; i < x.size(); ++i) y[i] = x[i] < 0 ? 0 : x[i];
      });
    case LayerType::threshold:
      return elementwise(request, 1,
                         [threshold = floor_to_float(request.layer.parameters.threshold),
                          value = static_cast<float>(request.layer.parameters.value)](const ConstArray& x, Array& y) {
                           for (Index i = 0; i < x.size(); ++i) y[i] = x[i] <= threshold ? value : x[i];
                         });
    // Eigen's vectorised functions clamp their argument, which can lose a NaN; adding x - x brings it back, but would
    // turn infinity into NaN: hence the selection.
    case LayerType::sigmoid:
      return elementwise(request, 12,
                         [](const ConstArray& x, Array& y) { y = (x == x).select(1 / (1 + (-x).exp()), x); });
    case LayerType::tanh:
      return elementwise(request, 12, [](const ConstArray& x, Array& y) { y = (x == x).select(x.tanh(), x); });
    default:
      return nullptr;
  }
}

}  // namespace tiercut::kernels
