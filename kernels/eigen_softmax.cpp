// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Core>
#include <limits>

#include "kernels/eigen_kernels.hpp"

namespace tiercut::kernels {
namespace {

/// Over all elements, which are the classes; the largest is subtracted first, so nothing overflows.
class Softmax final : public Kernel {
 public:
  explicit Softmax(const KernelRequest& request) : elements_(request.layer.shape.elements()) {}
  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const Eigen::Map<const Eigen::ArrayXf> x(inputs[0]->floats(), elements_);
    Eigen::Map<Eigen::ArrayXf> y(output.floats(), elements_);
    float largest = -std::numeric_limits<float>::infinity();
    for (std::int64_t i = 0; i < elements_; ++i) largest = x[i] > largest || x[i] != x[i] ? x[i] : largest;
    // As a NaN among the inputs is the largest, all results are NaN then.
    if (largest != largest) {
      y = largest;
      return;
    }
    y = (x - largest).exp();
    // One exact division: 32-bit ARM divides vectors by an estimate, which is off in the sixth digit.
    y *= 1 / y.sum();
  }
  bool is_in_place_allowed() const override { return true; }

 private:
  std::int64_t elements_;
};

}  // namespace

KernelPointer eigen_softmax(const KernelRequest& request) { return std::make_unique<Softmax>(request); }

}  // namespace tiercut::kernels
