// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/row_product.hpp"
#include "kernels/highway/vector_kernels.hpp"
#include "kernels/tasks.hpp"

namespace tiercut::kernels {
namespace {

class VectorLinear final : public Kernel {
 public:
  explicit VectorLinear(const KernelRequest& request)
      : threads_(request.threads),
        matrix_(request.weights.floats.data(), request.layer.parameters.outputs, request.layer.input_shape.elements()) {
    if (!request.layer.parameters.has_bias) return;
    const auto rows = static_cast<std::size_t>(matrix_.rows());
    bias_ = packed_copy(request.weights.floats, rows * static_cast<std::size_t>(matrix_.columns()), rows);
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    for_each_piece(threads_, matrix_.blocks(), 1, matrix_.rows() * matrix_.columns(),
                   [&](std::int64_t begin, std::int64_t end) {
                     multiply_rows(matrix_, begin, end, inputs[0]->floats(), bias_.floats(), output.floats());
                   });
  }

 private:
  ThreadPool& threads_;
  RowBlocks matrix_;
  Buffer bias_;
};

}  // namespace

KernelPointer vector_linear(const KernelRequest& request) { return std::make_unique<VectorLinear>(request); }

}  // namespace tiercut::kernels
