// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace tiercut::model {

/// How an element of a tensor is stored and sent.
enum class Encoding { f32, f16, int8, bit };
std::string_view to_text(Encoding encoding);
std::optional<Encoding> encoding_from(std::string_view text);
int bits_per_element(Encoding encoding);

/// Extents without the batch: [channels, height, width] for images, [features] for vectors. Each extent >= 1.
struct TensorShape {
  std::vector<std::int64_t> extents;
  std::int64_t elements() const;
  bool is_image() const { return extents.size() == 3; }
  bool operator==(const TensorShape&) const = default;
};
std::string to_text(const TensorShape& shape);  ///< `96x56x56`

/// Bytes of a tensor: elements times bits per element, rounded up to whole bytes.
Bytes size_of(const TensorShape& shape, Encoding encoding);

}  // namespace tiercut::model
