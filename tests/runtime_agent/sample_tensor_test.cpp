// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/sample_tensor.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace tiercut::runtime {
namespace {

using model::Encoding;

model::Layer layer_of(std::int64_t elements, Encoding encoding = Encoding::f32) {
  model::Layer layer;
  layer.shape.extents = {elements};
  layer.encoding = encoding;
  return layer;
}

std::vector<float> through(const std::vector<float>& values, Encoding encoding, float* used_scale = nullptr) {
  const model::Layer layer = layer_of(static_cast<std::int64_t>(values.size()));
  kernels::Buffer in = kernels::buffer_for(layer.shape, layer.encoding),
                  out = kernels::buffer_for(layer.shape, layer.encoding);
  std::copy(values.begin(), values.end(), in.floats());
  std::string bytes;
  const float scale = append_encoded(layer, in, encoding, bytes);
  EXPECT_EQ(bytes.size(), wire_bytes(layer, encoding));
  EXPECT_TRUE(decode_tensor(layer, bytes, encoding, scale, out));
  EXPECT_FALSE(decode_tensor(layer, std::string_view(bytes).substr(1), encoding, scale, out));
  EXPECT_TRUE(decode_tensor(layer, bytes, encoding, scale, out));
  if (used_scale != nullptr) *used_scale = scale;
  return {out.floats(), out.floats() + values.size()};
}

TEST(Tensor, Float32IsExact) {
  const std::vector<float> values = {0, -1.5F, 3e-40F, std::numeric_limits<float>::infinity(), 1e30F};
  EXPECT_EQ(through(values, Encoding::f32), values);
}

// Bit patterns of IEEE 754 binary16, from its definition: sign, 5 bits of exponent (bias 15), 10 of fraction.
TEST(Tensor, HalfPrecisionIsThatOfIeee754) {
  const model::Layer layer = layer_of(8);
  kernels::Buffer in = kernels::buffer_for(layer.shape, layer.encoding);
  const float values[] = {1, -2, 65504, 65520, 5.9604645e-8F, 2.9802322e-8F, 1.00048828125F, 1.00146484375F};
  // 65520 lies midway to 65536 and goes to infinity; half of the smallest subnormal goes to even, 0; 1 + 2^-11 is
  // midway between 1 and 1 + 2^-10 and goes to even, 1; 1 + 3 x 2^-11 goes to even, 1 + 2^-9.
  const std::uint16_t expected[] = {0x3c00, 0xc000, 0x7bff, 0x7c00, 0x0001, 0x0000, 0x3c00, 0x3c02};
  std::copy(std::begin(values), std::end(values), in.floats());
  std::string bytes;
  append_encoded(layer, in, Encoding::f16, bytes);
  for (std::size_t i = 0; i < 8; ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, bytes.data() + 2 * i, 2);
    EXPECT_EQ(half, expected[i]) << values[i];
  }
  EXPECT_TRUE(std::isnan(through({std::numeric_limits<float>::quiet_NaN()}, Encoding::f16)[0]));
}

TEST(Tensor, EveryHalfPrecisionNumberComesBack) {
  // What fits is exact: each of the 2^16 patterns but NaN, decoded and encoded.
  const model::Layer layer = layer_of(1);
  kernels::Buffer tensor = kernels::buffer_for(layer.shape, layer.encoding);
  for (int pattern = 0; pattern < 65536; ++pattern) {
    const auto half = static_cast<std::uint16_t>(pattern);
    std::string bytes(2, '\0'), again;
    std::memcpy(bytes.data(), &half, 2);
    ASSERT_TRUE(decode_tensor(layer, bytes, Encoding::f16, 1, tensor));
    if (std::isnan(tensor.floats()[0])) continue;
    append_encoded(layer, tensor, Encoding::f16, again);
    ASSERT_EQ(again, bytes) << pattern;
  }
}

RC_GTEST_PROP(Tensor, Int8IsWithinHalfAStep, ()) {
  const auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<float>>(
      rc::gen::map(rc::gen::inRange(-100000, 100000), [](int x) { return static_cast<float>(x) / 256; })));
  float scale = 0;
  const std::vector<float> back = through(values, Encoding::int8, &scale);
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::fabs(value));
  if (largest > 0) RC_ASSERT(std::fabs(scale - largest / 127) <= 1e-6F * largest);
  for (std::size_t i = 0; i < values.size(); ++i) RC_ASSERT(std::fabs(values[i] - back[i]) <= 0.5001F * scale);
}

TEST(Tensor, BitsAreSigns) {
  EXPECT_EQ(through({0.5F, -3, 0, -1e-9F, 7, 8, 9, 10, -11}, Encoding::bit),
            (std::vector<float>{1, -1, 1, -1, 1, 1, 1, 1, -1}));
}

TEST(Tensor, PackedBitsTravelAsTheyAre) {
  const model::Layer layer = layer_of(70, Encoding::bit);
  kernels::Buffer in = kernels::buffer_for(layer.shape, layer.encoding),
                  out = kernels::buffer_for(layer.shape, layer.encoding);
  in.words()[0] = 0x8000000000000001U;
  in.words()[1] = 0x2a;
  std::string bytes;
  append_encoded(layer, in, Encoding::bit, bytes);
  EXPECT_EQ(bytes.size(), 9u);  // 70 bits
  ASSERT_TRUE(decode_tensor(layer, bytes, Encoding::bit, 1, out));
  EXPECT_EQ(out.words()[0], in.words()[0]);
  EXPECT_EQ(out.words()[1], in.words()[1]);
}

TEST(MemoryBudget, GivesNoMoreThanThereIs) {
  const auto budget = std::make_shared<MemoryBudget>(1000);
  const model::Layer layer = layer_of(100);  // 400 B
  {
    const auto a = Tensor::make(layer, budget), b = Tensor::make(layer, budget);
    EXPECT_NE(a, nullptr);
    EXPECT_NE(b, nullptr);
    EXPECT_EQ(budget->used(), 800u);
    EXPECT_EQ(Tensor::make(layer, budget), nullptr);
    EXPECT_EQ(budget->used(), 800u);
  }
  EXPECT_EQ(budget->used(), 0u);
  EXPECT_FALSE(budget->take(UINT64_MAX));
}

}  // namespace
}  // namespace tiercut::runtime
