// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Functions of each element, x and y the same or apart (internal to kernels/highway/).
namespace tiercut::kernels {

enum class ElementFunction { relu, sigmoid, tanh };
void apply(ElementFunction function, const float* x, std::int64_t count, float* y);
/// x > threshold ? x : value; NaN stays.
void apply_threshold(const float* x, std::int64_t count, float threshold, float value, float* y);

/// y = x * scale + shift where x >= 0, else x * negative_scale + shift.
struct Slopes {
  float scale, negative_scale, shift;
};
void apply_slopes(const float* x, std::int64_t count, Slopes slopes, float* y);
/// The same with a set for each element: scales, negative scales and shifts of `count` elements each.
struct SlopesByElement {
  const float* scale;
  const float* negative_scale;
  const float* shift;
};
void apply_slopes(const float* x, std::int64_t count, const SlopesByElement& slopes, float* y);

enum class Joining { maximum, sum };
/// y = y joined with x.
void join(Joining joining, const float* x, std::int64_t count, float* y);
void divide(float* y, std::int64_t count, float divisor);

void softmax(const float* x, std::int64_t count, float* y);

}  // namespace tiercut::kernels
