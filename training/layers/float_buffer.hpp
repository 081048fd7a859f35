// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>

#include "kernels/kernel.hpp"

namespace tiercut::training {

/// Floats in an aligned buffer (internal to training/layers/).
class FloatBuffer {
 public:
  FloatBuffer() = default;
  explicit FloatBuffer(std::size_t count) : buffer_(count * sizeof(float)), count_(count) {}
  float* data() { return buffer_.floats(); }
  const float* data() const { return buffer_.floats(); }
  std::size_t size() const { return count_; }
  std::span<float> all() { return {data(), count_}; }
  std::span<const float> all() const { return {data(), count_}; }
  void fill(float value) { std::fill_n(data(), count_, value); }
  /// Room for `count`; what was held is lost when it grows.
  void reserve(std::size_t count) {
    if (count > count_) *this = FloatBuffer(count);
  }

 private:
  kernels::Buffer buffer_;
  std::size_t count_ = 0;
};

}  // namespace tiercut::training
