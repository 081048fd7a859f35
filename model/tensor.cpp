// SPDX-License-Identifier: Apache-2.0
#include "model/tensor.hpp"

#include <array>
#include <cmath>
#include <limits>

namespace tiercut::model {
namespace {

struct EncodingRow {
  Encoding encoding;
  std::string_view text;
  int bits;
};

constexpr std::array<EncodingRow, 4> encodings = {{
    {Encoding::f32, "f32", 32},
    {Encoding::f16, "f16", 16},
    {Encoding::int8, "int8", 8},
    {Encoding::bit, "bit", 1},
}};

const EncodingRow& row(Encoding encoding) { return encodings[static_cast<std::size_t>(encoding)]; }

}  // namespace

std::string_view to_text(Encoding encoding) { return row(encoding).text; }

std::optional<Encoding> encoding_from(std::string_view text) {
  for (const EncodingRow& candidate : encodings) {
    if (candidate.text == text) return candidate.encoding;
  }
  return std::nullopt;
}

int bits_per_element(Encoding encoding) { return row(encoding).bits; }

std::int64_t TensorShape::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : extents) {
    // Saturates, so that an absurd shape compares as too large instead of wrapping around.
    if (__builtin_mul_overflow(product, extent, &product)) return std::numeric_limits<std::int64_t>::max();
  }
  return product;
}

std::string to_text(const TensorShape& shape) {
  std::string text;
  for (const std::int64_t extent : shape.extents) {
    if (!text.empty()) text += 'x';
    text += std::to_string(extent);
  }
  return text;
}

Bytes size_of(const TensorShape& shape, Encoding encoding) {
  return Bytes(std::ceil(static_cast<double>(shape.elements()) * bits_per_element(encoding) / 8));
}

}  // namespace tiercut::model
