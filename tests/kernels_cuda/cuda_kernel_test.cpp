// SPDX-License-Identifier: Apache-2.0
// The code of the backend cuda, compiled for this processor (on_processor/cuda_runtime.h) and held against the float64
// reference that every backend is held against.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "kernels/backends.hpp"
#include "tests/kernels/kernel_case.hpp"

namespace tiercut::kernels {
namespace {

/// Empty when the backend agrees with the reference or has no such layer (which is not counted).
std::string check(const KernelCase& kernel_case, int& supported) {
  const auto inputs = kernel_case.input_pointers();
  const model::Layer& layer = kernel_case.layer;
  ThreadPool threads(1);
  const auto kernel = cuda_backend()->make(layer, inputs, kernel_case.weights, threads);
  if (kernel == nullptr) return {};
  ++supported;
  std::vector<Buffer> buffers;
  for (std::size_t i = 0; i < inputs.size(); ++i) buffers.push_back(filled_buffer(*inputs[i], kernel_case.values[i]));
  std::vector<const Buffer*> pointers;
  for (const Buffer& buffer : buffers) pointers.push_back(&buffer);
  Buffer output = buffer_for(layer.shape, layer.encoding);
  kernel->run(pointers, output);
  const auto want = reference::forward(layer, inputs, kernel_case.weights, kernel_case.values);
  const auto found = difference(values_of(output, layer.shape, layer.encoding), want, tolerance_of(kernel_case));
  return found.empty() ? found : describe(kernel_case) + ": " + found;
}

class CudaKernels : public testing::TestWithParam<model::LayerType> {};

bool is_binary(model::LayerType type) {
  return type == model::LayerType::binary_fc || type == model::LayerType::binary_conv_p;
}

TEST_P(CudaKernels, EqualTheReferenceOnRandomShapes) {
  int supported = 0;
  EXPECT_TRUE(rc::check([&] {
    const auto kernel_case =
        random_case(GetParam(), [](int low, int high) { return *rc::gen::inRange(low, high + 1); });
    const std::string found = check(kernel_case, supported);
    if (!found.empty()) RC_FAIL(found);
  }));
  EXPECT_EQ(supported > 0, !is_binary(GetParam())) << "the backend has all layers but the binary blocks";
}

TEST_P(CudaKernels, EqualTheReferenceOnALargeShape) {
  int supported = 0;
  EXPECT_EQ(check(large_case(GetParam(), false), supported), "");
}

/// Sizes around the edges of tiles (64 filters, 64 pixels, 16 products), blocks (256) and warps (32).
TEST(CudaConvolution, EqualsTheReferenceAtTheEdgesOfItsTiles) {
  int supported = 0;
  for (const auto& [outputs, channels, side] :
       {std::tuple{63, 1, 8}, {64, 16, 8}, {65, 17, 8}, {1, 15, 9}, {128, 2, 1}}) {
    model::LayerParameters parameters;
    parameters.outputs = outputs;
    parameters.window = {1, 1, 1, 1, 0, 0};
    const InputSpec input{{channels, side, side}};
    EXPECT_EQ(check(make_case(model::LayerType::convolution, parameters, {input}, 3), supported), "");
  }
  EXPECT_EQ(supported, 5);
}

/// A NaN among the inputs must come through maxima, activations and softmax.
TEST(CudaKernelsOnNan, LetItThrough) {
  int supported = 0;
  for (const auto type :
       {model::LayerType::relu, model::LayerType::sigmoid, model::LayerType::tanh, model::LayerType::softmax,
        model::LayerType::threshold, model::LayerType::max_pooling, model::LayerType::join_max}) {
    KernelCase kernel_case = large_case(type, false);
    kernel_case.values[0][1] = std::nan("");
    EXPECT_EQ(check(kernel_case, supported), "");
  }
  EXPECT_EQ(supported, 7);
}

INSTANTIATE_TEST_SUITE_P(Types, CudaKernels, testing::ValuesIn(computed_types()),
                         [](const auto& parameter) { return std::string(to_text(parameter.param)); });

}  // namespace
}  // namespace tiercut::kernels
