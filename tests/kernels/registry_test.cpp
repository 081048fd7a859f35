// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernel_case.hpp"
#include "kernels/weights.hpp"

namespace tiercut::kernels {
namespace {

using model::LayerType;

std::string code_of(const KernelCase& kernel_case, std::string_view backend = {}) {
  ThreadPool threads(1);
  const auto layers = kernel_case.input_pointers();
  const auto made = make_kernel(kernel_case.layer, layers, kernel_case.weights, threads, backend);
  return made ? "made" : made.error().at(0).code;
}

KernelCase small_linear() {
  model::LayerParameters parameters;
  parameters.outputs = 3;
  return make_case(LayerType::linear, parameters, {{{4}}}, 1);
}

TEST(Registry, HasThePortableBackendAndDistinctNames) {
  const std::vector<std::string> names = backend_names();
  EXPECT_THAT(names, testing::Contains("eigen"));
  for (const std::string& name : names) {
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
    ASSERT_NE(find_backend(name), nullptr);
    EXPECT_EQ(find_backend(name)->name(), name);
    EXPECT_FALSE(find_backend(name)->version().empty());
  }
  EXPECT_EQ(find_backend("abacus"), nullptr);
}

TEST(Registry, EveryLayerTypeButInputHasAKernelWithoutNamingABackend) {
  for (const LayerType type : computed_types()) {
    EXPECT_EQ(code_of(large_case(type, false)), "made") << to_text(type);
    EXPECT_EQ(code_of(large_case(type, true)), "made") << to_text(type) << " of bits";
  }
}

TEST(Registry, RefusesAnAbsentBackendAndNamesThoseThereAre) {
  ThreadPool threads(1);
  const KernelCase linear = small_linear();
  const auto layers = linear.input_pointers();
  const auto made = make_kernel(linear.layer, layers, linear.weights, threads, "abacus");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().at(0).code, "backend-absent");
  EXPECT_THAT(made.error().at(0).message, testing::HasSubstr("abacus"));
  EXPECT_THAT(made.error().at(0).hint, testing::HasSubstr("eigen"));
}

TEST(Registry, RefusesAnInput) {
  KernelCase input;
  input.layer.shape.extents = {3};
  EXPECT_EQ(code_of(input), "backend-unsupported");
}

TEST(Registry, RefusesZeroSizes) {
  KernelCase linear = small_linear();
  linear.inputs[0].shape.extents = {0};
  EXPECT_EQ(code_of(linear), "bad-shape");
  linear = small_linear();
  linear.inputs[0].shape.extents = {};
  EXPECT_EQ(code_of(linear), "bad-shape");
  linear = small_linear();
  linear.layer.parameters.outputs = 0;
  linear.layer.shape.extents = {0};
  EXPECT_EQ(code_of(linear), "bad-shape");
}

TEST(Registry, RefusesShapesThatDoNotFollow) {
  KernelCase linear = small_linear();
  linear.inputs.clear();
  EXPECT_EQ(code_of(linear), "bad-shape");
  linear = small_linear();
  linear.layer.shape.extents = {5};
  EXPECT_EQ(code_of(linear), "bad-shape");
  KernelCase flatten = make_case(LayerType::flatten, {}, {{{4}}}, 1);
  flatten.inputs[0].encoding = model::Encoding::bit;  // would be read as floats
  EXPECT_EQ(code_of(flatten), "bad-shape");
  model::LayerParameters parameters;
  parameters.outputs = 4;
  parameters.window.kernel_height = 3;
  KernelCase convolution = make_case(LayerType::convolution, parameters, {{{4, 3, 3}}}, 1);
  convolution.layer.parameters.groups = 3;
  EXPECT_EQ(code_of(convolution), "bad-shape");
  convolution.layer.parameters.groups = 1;
  convolution.layer.parameters.window.stride_width = 0;
  EXPECT_EQ(code_of(convolution), "bad-shape");
}

TEST(Registry, RefusesWeightsOfOtherSizes) {
  KernelCase linear = small_linear();
  linear.weights.floats.pop_back();
  EXPECT_EQ(code_of(linear), "bad-weights");
  linear = small_linear();
  linear.weights.bits.push_back(1);
  EXPECT_EQ(code_of(linear), "bad-weights");
  model::LayerParameters parameters;
  parameters.outputs = 3;
  KernelCase binary = make_case(LayerType::binary_fc, parameters, {{{100}}}, 1);
  binary.weights.bits.pop_back();
  EXPECT_EQ(code_of(binary), "bad-weights");
  KernelCase relu = make_case(LayerType::relu, {}, {{{4}}}, 1);
  relu.weights.floats.push_back(0);
  EXPECT_EQ(code_of(relu), "bad-weights");
}

// The model counts parameters by formulas of its own; the kernels' counts must add up to the same.
TEST(Weights, CountsEqualTheModels) {
  for (const LayerType type : computed_types()) {
    const KernelCase kernel_case = large_case(type, false);
    const WeightCounts counts = weight_counts(kernel_case.layer);
    EXPECT_EQ(static_cast<std::int64_t>(counts.floats + counts.bits), kernel_case.layer.weights) << to_text(type);
    EXPECT_EQ(kernel_case.weights.floats.size(), counts.floats);
    EXPECT_EQ(kernel_case.weights.bits.size(), counts.words());
  }
}

TEST(Weights, AreReproducibleAndBounded) {
  const model::Layer& linear = large_case(LayerType::linear, false).layer;
  EXPECT_EQ(random_weights(linear, 7).floats, random_weights(linear, 7).floats);
  EXPECT_NE(random_weights(linear, 7).floats, random_weights(linear, 8).floats);
  const float bound = 1 / std::sqrt(1001.0F);  // of 1001 inputs
  double sum = 0;
  for (const float weight : random_weights(linear, 7).floats) {
    EXPECT_LE(std::abs(weight), bound);
    sum += weight;
  }
  // 333,666 uniform draws: the standard error of the sum is bound * sqrt(n / 3) = 10.5.
  EXPECT_LT(std::abs(sum), 50);
}

TEST(Buffers, AreAlignedZeroedAndSizedByEncoding) {
  const Buffer floats = buffer_for({{3, 5, 7}}, model::Encoding::int8);
  EXPECT_EQ(floats.bytes(), 420u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(floats.data()) % 64, 0u);
  for (int i = 0; i < 105 + 16; ++i) EXPECT_EQ(floats.floats()[i], 0);  // and 64 readable bytes behind
  EXPECT_EQ(buffer_for({{3, 5, 7}}, model::Encoding::bit).bytes(), 16u);
  EXPECT_EQ(buffer_for({{128}}, model::Encoding::bit).bytes(), 16u);
}

}  // namespace
}  // namespace tiercut::kernels
