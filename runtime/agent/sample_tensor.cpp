// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/sample_tensor.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace tiercut::runtime {
namespace {

using model::Encoding;

/// IEEE 754 binary16, rounded to nearest even. Written out, as boards' compilers have no common type for it.
std::uint16_t to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U);   // NaN
  if (magnitude >= 0x477ff000U) return static_cast<std::uint16_t>(sign | 0x7c00U);  // rounds to infinity
  if (magnitude < 0x38800000U) {
    // Subnormal: units of 2^-24, exact in float64.
    const double units = std::nearbyint(std::ldexp(static_cast<double>(std::bit_cast<float>(magnitude)), 24));
    return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(units));
  }
  const std::uint32_t rounded = magnitude + 0xfffU + (magnitude >> 13 & 1U);
  return static_cast<std::uint16_t>(sign | (rounded - 0x38000000U) >> 13);
}

float from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1fU, fraction = half & 0x3ffU;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000U | fraction << 13);
  if (exponent == 0) {
    const float units = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -units : units;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

float value_at(const model::Layer& layer, const kernels::Buffer& tensor, std::size_t i) {
  if (layer.encoding != Encoding::bit) return tensor.floats()[i];
  return (tensor.words()[i / 64] >> (i % 64) & 1U) != 0 ? 1.0F : -1.0F;
}

void set_value_at(const model::Layer& layer, kernels::Buffer& tensor, std::size_t i, float value) {
  if (layer.encoding != Encoding::bit) {
    tensor.floats()[i] = value;
  } else if (value >= 0) {
    tensor.words()[i / 64] |= std::uint64_t{1} << (i % 64);
  }
}

template <class Number>
void append(std::string& out, Number value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

bool MemoryBudget::take(std::uint64_t bytes) {
  std::uint64_t used = used_;
  while (bytes <= limit_ && used <= limit_ - bytes) {
    if (used_.compare_exchange_weak(used, used + bytes)) return true;
  }
  return false;
}

std::shared_ptr<Tensor> Tensor::make(const model::Layer& layer, const std::shared_ptr<MemoryBudget>& budget) {
  const auto elements = static_cast<std::size_t>(layer.shape.elements());
  const std::size_t bytes = layer.encoding == Encoding::bit ? (elements + 63) / 64 * 8 : elements * sizeof(float);
  if (!budget->take(bytes)) return nullptr;
  return std::shared_ptr<Tensor>(new Tensor(kernels::buffer_for(layer.shape, layer.encoding), budget));
}

std::size_t wire_bytes(const model::Layer& layer, Encoding encoding) {
  return static_cast<std::size_t>(model::size_of(layer.shape, encoding).value());
}

float append_encoded(const model::Layer& layer, const kernels::Buffer& tensor, Encoding encoding, std::string& out) {
  const auto elements = static_cast<std::size_t>(layer.shape.elements());
  const std::size_t begin = out.size();
  if (encoding == Encoding::f32 && layer.encoding != Encoding::bit) {
    out.append(static_cast<const char*>(tensor.data()), elements * sizeof(float));
    return 1;
  }
  if (encoding == Encoding::bit && layer.encoding == Encoding::bit) {
    out.append(static_cast<const char*>(tensor.data()), wire_bytes(layer, encoding));
    return 1;
  }
  float scale = 1;
  if (encoding == Encoding::int8) {
    float largest = 0;
    for (std::size_t i = 0; i < elements; ++i) {
      const float size = std::fabs(value_at(layer, tensor, i));
      if (std::isfinite(size)) largest = std::max(largest, size);
    }
    if (largest > 0) scale = largest / 127;
  }
  if (encoding == Encoding::bit) out.resize(begin + wire_bytes(layer, encoding));
  for (std::size_t i = 0; i < elements; ++i) {
    const float value = value_at(layer, tensor, i);
    switch (encoding) {
      case Encoding::f32:
        append(out, value);
        break;
      case Encoding::f16:
        append(out, to_half(value));
        break;
      case Encoding::int8: {
        const float steps = std::isnan(value) ? 0 : std::clamp(std::nearbyint(value / scale), -127.0F, 127.0F);
        append(out, static_cast<std::int8_t>(steps));
        break;
      }
      case Encoding::bit:
        if (value >= 0) out[begin + i / 8] = static_cast<char>(out[begin + i / 8] | 1 << (i % 8));
        break;
    }
  }
  return scale;
}

bool decode_tensor(const model::Layer& layer, std::string_view bytes, Encoding encoding, float scale,
                   kernels::Buffer& tensor) {
  const auto elements = static_cast<std::size_t>(layer.shape.elements());
  if (bytes.size() < wire_bytes(layer, encoding)) return false;
  if (encoding == Encoding::f32 && layer.encoding != Encoding::bit) {
    std::memcpy(tensor.data(), bytes.data(), elements * sizeof(float));
    return true;
  }
  for (std::size_t i = 0; i < elements; ++i) {
    float value = 0;
    switch (encoding) {
      case Encoding::f32:
        std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
        break;
      case Encoding::f16: {
        std::uint16_t half = 0;
        std::memcpy(&half, bytes.data() + i * sizeof half, sizeof half);
        value = from_half(half);
        break;
      }
      case Encoding::int8:
        value = scale * static_cast<float>(static_cast<std::int8_t>(bytes[i]));
        break;
      case Encoding::bit:
        value = (bytes[i / 8] >> (i % 8) & 1) != 0 ? 1.0F : -1.0F;
        break;
    }
    set_value_at(layer, tensor, i, value);
  }
  return true;
}

}  // namespace tiercut::runtime
