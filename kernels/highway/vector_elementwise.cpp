// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/highway/element_maths.hpp"
#include "kernels/highway/vector_kernels.hpp"
#include "kernels/tasks.hpp"

namespace tiercut::kernels {
namespace {

using Index = std::int64_t;
using model::LayerType;

constexpr Index elements_per_task = 4096;

/// The largest float that is not above x, so that comparing floats with it is comparing them with x.
float floor_to_float(double x) {
  const auto nearest = static_cast<float>(x);
  return nearest > x ? std::nextafter(nearest, -std::numeric_limits<float>::infinity()) : nearest;
}

class VectorActivation final : public Kernel {
 public:
  explicit VectorActivation(const KernelRequest& request)
      : threads_(request.threads),
        type_(request.layer.type),
        elements_(request.layer.shape.elements()),
        threshold_(floor_to_float(request.layer.parameters.threshold)),
        value_(static_cast<float>(request.layer.parameters.value)) {}

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const Index cost = type_ == LayerType::sigmoid || type_ == LayerType::tanh ? 4 : 1;
    for_each_piece(threads_, elements_, elements_per_task, elements_ * cost / 4, [&](Index begin, Index end) {
      apply_to(inputs[0]->floats() + begin, end - begin, output.floats() + begin);
    });
  }
  bool is_in_place_allowed() const override { return true; }

 private:
  void apply_to(const float* x, Index count, float* y) const {
    switch (type_) {
      case LayerType::relu:
        return apply(ElementFunction::relu, x, count, y);
      case LayerType::sigmoid:
        return apply(ElementFunction::sigmoid, x, count, y);
      case LayerType::tanh:
        return apply(ElementFunction::tanh, x, count, y);
      default:
        return apply_threshold(x, count, threshold_, value_, y);
    }
  }

  ThreadPool& threads_;
  LayerType type_;
  Index elements_;
  float threshold_, value_;
};

/// PReLU and batch normalisation: a set of slopes a channel.
class VectorSlopes final : public Kernel {
 public:
  explicit VectorSlopes(const KernelRequest& request)
      : threads_(request.threads),
        channels_(request.layer.shape.extents[0]),
        plane_(request.layer.shape.elements() / channels_),
        scale_(floats_for(channels_)),
        negative_scale_(floats_for(channels_)),
        shift_(floats_for(channels_)) {
    for (Index channel = 0; channel < channels_; ++channel) {
      const Slopes slopes = request.layer.type == LayerType::prelu ? prelu(request, channel) : norm(request, channel);
      scale_.floats()[channel] = slopes.scale;
      negative_scale_.floats()[channel] = slopes.negative_scale;
      shift_.floats()[channel] = slopes.shift;
    }
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const float* x = inputs[0]->floats();
    float* y = output.floats();
    const Index channels_per_task = std::max<Index>(1, elements_per_task / plane_);
    for_each_piece(threads_, channels_, channels_per_task, channels_ * plane_ / 4, [&](Index begin, Index end) {
      if (plane_ == 1) {
        const SlopesByElement slopes{scale_.floats() + begin, negative_scale_.floats() + begin,
                                     shift_.floats() + begin};
        return apply_slopes(x + begin, end - begin, slopes, y + begin);
      }
      for (Index c = begin; c < end; ++c) {
        const Slopes slopes{scale_.floats()[c], negative_scale_.floats()[c], shift_.floats()[c]};
        apply_slopes(x + c * plane_, plane_, slopes, y + c * plane_);
      }
    });
  }
  bool is_in_place_allowed() const override { return true; }

 private:
  static Buffer floats_for(Index count) { return Buffer(static_cast<std::size_t>(count) * sizeof(float)); }

  static Slopes prelu(const KernelRequest& request, Index channel) {
    const Index at = request.layer.parameters.is_per_channel ? channel : 0;
    return {1, request.weights.floats[static_cast<std::size_t>(at)], 0};
  }
  Slopes norm(const KernelRequest& request, Index channel) const {
    const float* at = request.weights.floats.data() + channel;
    const double gamma = at[0], beta = at[channels_], mean = at[2 * channels_], variance = at[3 * channels_];
    const double scale = gamma / std::sqrt(variance + double{batch_norm_epsilon});
    const auto rounded = static_cast<float>(scale);
    return {rounded, rounded, static_cast<float>(beta - mean * scale)};
  }

  ThreadPool& threads_;
  Index channels_, plane_;
  Buffer scale_, negative_scale_, shift_;
};

class VectorSoftmax final : public Kernel {
 public:
  explicit VectorSoftmax(const KernelRequest& request) : elements_(request.layer.shape.elements()) {}
  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    softmax(inputs[0]->floats(), elements_, output.floats());
  }
  bool is_in_place_allowed() const override { return true; }

 private:
  Index elements_;
};

class VectorJoin final : public Kernel {
 public:
  explicit VectorJoin(const KernelRequest& request)
      : threads_(request.threads), type_(request.layer.type), elements_(request.layer.shape.elements()) {}

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const auto count = static_cast<Index>(inputs.size());
    const Joining joining = type_ == LayerType::join_max ? Joining::maximum : Joining::sum;
    for_each_piece(threads_, elements_, elements_per_task, elements_ * count / 4, [&](Index begin, Index end) {
      float* y = output.floats() + begin;
      std::copy_n(inputs[0]->floats() + begin, end - begin, y);
      for (const Buffer* input : inputs.subspan(1)) join(joining, input->floats() + begin, end - begin, y);
      if (type_ == LayerType::join_average) divide(y, end - begin, static_cast<float>(count));
    });
  }

 private:
  ThreadPool& threads_;
  LayerType type_;
  Index elements_;
};

}  // namespace

KernelPointer vector_activation(const KernelRequest& request) { return std::make_unique<VectorActivation>(request); }
KernelPointer vector_slopes(const KernelRequest& request) { return std::make_unique<VectorSlopes>(request); }
KernelPointer vector_softmax(const KernelRequest& request) { return std::make_unique<VectorSoftmax>(request); }
KernelPointer vector_join(const KernelRequest& request) { return std::make_unique<VectorJoin>(request); }

}  // namespace tiercut::kernels
