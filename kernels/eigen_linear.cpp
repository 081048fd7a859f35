// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Core>

#include "kernels/eigen_kernels.hpp"
#include "kernels/tasks.hpp"

namespace tiercut::kernels {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstVector = Eigen::Map<const Eigen::VectorXf>;

// A multiple of the eight rows that Eigen's row-major product takes at once.
constexpr std::int64_t rows_per_task = 64;

class EigenLinear final : public Kernel {
 public:
  explicit EigenLinear(const KernelRequest& request)
      : threads_(request.threads),
        rows_(request.layer.parameters.outputs),
        columns_(request.layer.input_shape.elements()) {
    const auto rows = static_cast<std::size_t>(rows_), products = rows * static_cast<std::size_t>(columns_);
    weights_ = packed_copy(request.weights.floats, 0, products);
    if (request.layer.parameters.has_bias) bias_ = packed_copy(request.weights.floats, products, rows);
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const ConstVector x(inputs[0]->floats(), columns_);
    for_each_piece(threads_, rows_, rows_per_task, rows_ * columns_, [&](std::int64_t begin, std::int64_t end) {
      Eigen::Map<Eigen::VectorXf> y(output.floats() + begin, end - begin);
      const Eigen::Map<const Matrix> a(weights_.floats() + begin * columns_, end - begin, columns_);
      y.noalias() = a * x;
      if (bias_.bytes() != 0) y += ConstVector(bias_.floats() + begin, end - begin);
    });
  }

 private:
  ThreadPool& threads_;
  std::int64_t rows_, columns_;
  Buffer weights_, bias_;
};

}  // namespace

KernelPointer eigen_linear(const KernelRequest& request) { return std::make_unique<EigenLinear>(request); }

}  // namespace tiercut::kernels
