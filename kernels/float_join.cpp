// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/eigen_kernels.hpp"
#include "kernels/joins.hpp"
#include "kernels/tasks.hpp"

namespace tiercut::kernels {
namespace {

using Index = std::int64_t;
using model::LayerType;

constexpr Index elements_per_task = 4096;

class CombiningJoin final : public Kernel {
 public:
  explicit CombiningJoin(const KernelRequest& request)
      : threads_(request.threads), type_(request.layer.type), elements_(request.layer.shape.elements()) {}

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const auto count = static_cast<Index>(inputs.size());
    for_each_piece(threads_, elements_, elements_per_task, elements_ * count, [&](Index begin, Index end) {
      float* y = output.floats();
      std::copy_n(inputs[0]->floats() + begin, end - begin, y + begin);
      for (const Buffer* input : inputs.subspan(1)) {
        const float* x = input->floats();
        if (type_ == LayerType::join_max) {
          for (Index i = begin; i < end; ++i) y[i] = x[i] > y[i] || x[i] != x[i] ? x[i] : y[i];
        } else {
          for (Index i = begin; i < end; ++i) y[i] += x[i];
        }
      }
      if (type_ != LayerType::join_average) return;
      for (Index i = begin; i < end; ++i) y[i] /= static_cast<float>(count);
    });
  }

 private:
  ThreadPool& threads_;
  LayerType type_;
  Index elements_;
};

class FloatConcatenation final : public Kernel {
 public:
  explicit FloatConcatenation(const KernelRequest& request) : plan_(request.layer, request.inputs) {}
  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    float* to = output.floats();
    for (std::size_t repeat = 0; repeat < plan_.repeats; ++repeat) {
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        to = std::copy_n(inputs[i]->floats() + repeat * plan_.runs[i], plan_.runs[i], to);
      }
    }
  }

 private:
  Concatenation plan_;
};

class PlainCopy final : public Kernel {
 public:
  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    if (inputs[0]->data() == output.data()) return;
    std::copy_n(static_cast<const std::byte*>(inputs[0]->data()), output.bytes(),
                static_cast<std::byte*>(output.data()));
  }
  bool is_in_place_allowed() const override { return true; }
};

}  // namespace

KernelPointer float_join(const KernelRequest& request) {
  if (request.layer.type == LayerType::join_concatenate) return std::make_unique<FloatConcatenation>(request);
  return std::make_unique<CombiningJoin>(request);
}

KernelPointer plain_copy(const KernelRequest&) { return std::make_unique<PlainCopy>(); }

}  // namespace tiercut::kernels
