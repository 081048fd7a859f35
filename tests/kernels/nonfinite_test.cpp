// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "backend_param.hpp"
#include "kernel_case.hpp"

namespace tiercut::kernels {
namespace {

class NonFinite : public testing::TestWithParam<BackendAndType> {};

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// The reference computes in float64 what IEEE 754 says of NaN and infinity; every value must agree in kind.
TEST_P(NonFinite, InputsGoThroughAsIeeeSays) {
  const auto& [backend, type] = GetParam();
  std::mt19937 random(3);
  int supported = 0;
  for (int trial = 0; trial < 300; ++trial) {
    KernelCase kernel_case =
        random_case(type, [&](int low, int high) { return std::uniform_int_distribution(low, high)(random); });
    if (kernel_case.has_packed_input()) continue;
    const int kinds = trial % 4;
    for (std::vector<double>& input : kernel_case.values) {
      for (int count = trial % 3; count >= 0; --count) {
        double& value = input[random() % input.size()];
        if (kinds == 0) value = not_a_number;
        if (kinds == 1) value = infinity;
        if (kinds == 2) value = -infinity;
        if (kinds == 3) value = count % 2 == 0 ? infinity : -infinity;
      }
    }
    ASSERT_EQ(check_against_reference(kernel_case, backend, supported), "");
  }
  if (supported == 0) GTEST_SKIP() << backend << " has no " << to_text(type);
}

INSTANTIATE_TEST_SUITE_P(Backends, NonFinite, every_backend_and_type(), backend_and_type_title);

/// One layer over four values on every backend that has it.
void expect_all(model::LayerType type, const model::LayerParameters& parameters, std::vector<double> x,
                std::vector<double> want) {
  for (const std::string& backend : backend_names()) {
    KernelCase kernel_case = make_case(type, parameters, {{{static_cast<std::int64_t>(x.size())}}}, 1);
    kernel_case.values[0] = x;
    ThreadPool threads(1);
    ReadyKernel ready(kernel_case, threads, backend);
    if (!ready.is_supported) continue;
    ready.run();
    EXPECT_EQ(difference(values_of(ready.output, kernel_case.layer.shape, kernel_case.layer.encoding),
                         {want, std::vector<double>(want.size(), 1)}, 1e-6),
              "")
        << backend << ' ' << to_text(type);
  }
}

// By hand: the limits of the functions.
TEST(NonFiniteByHand, Activations) {
  const std::vector<double> x = {not_a_number, infinity, -infinity, -200};
  expect_all(model::LayerType::relu, {}, x, {not_a_number, infinity, 0, 0});
  expect_all(model::LayerType::sigmoid, {}, x, {not_a_number, 1, 0, 0});
  expect_all(model::LayerType::tanh, {}, x, {not_a_number, 1, -1, -1});
  model::LayerParameters threshold;
  threshold.threshold = 0.5;
  threshold.value = 7;
  expect_all(model::LayerType::threshold, threshold, x, {not_a_number, infinity, 7, 7});
}

TEST(NonFiniteByHand, SoftmaxIsStable) {
  expect_all(model::LayerType::softmax, {}, {1000, 1000, -infinity, -3e38}, {0.5, 0.5, 0, 0});
  expect_all(model::LayerType::softmax, {}, {1, not_a_number, 2, 3}, std::vector<double>(4, not_a_number));
  expect_all(model::LayerType::softmax, {}, {88, 89, 90, 91},
             {std::exp(-3) / (1 + std::exp(-1) + std::exp(-2) + std::exp(-3)),
              std::exp(-2) / (1 + std::exp(-1) + std::exp(-2) + std::exp(-3)),
              std::exp(-1) / (1 + std::exp(-1) + std::exp(-2) + std::exp(-3)),
              1 / (1 + std::exp(-1) + std::exp(-2) + std::exp(-3))});
}

// 0.1 is no float: its nearest float lies above it and so passes x > 0.1; the float before that lies below.
TEST(NonFiniteByHand, ThresholdComparesWithTheExactNumber) {
  model::LayerParameters threshold;
  threshold.threshold = 0.1;
  threshold.value = 5;
  const float above = 0.1F, below = std::nextafter(0.1F, 0.0F);
  ASSERT_GT(double{above}, 0.1);
  expect_all(model::LayerType::threshold, threshold, {above, below}, {above, 5});
}

}  // namespace
}  // namespace tiercut::kernels
