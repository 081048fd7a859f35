// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"

namespace tiercut::training {

/// Elements of the formats that arrays are stored in.
enum class ElementType { uint8, int8, int16, int32, int64, float32, float64 };

/// An array as it came out of a file, in C order; its bytes are of this machine's order.
struct StoredArray {
  std::string file;         ///< with the name inside an archive, for diagnostics
  std::string source_hash;  ///< SHA-256 of the unpacked bytes it was read from
  ElementType type = ElementType::uint8;
  std::vector<std::int64_t> extents;
  std::string bytes;

  std::size_t count() const;  ///< extent of the first axis; 0 for a scalar
  std::size_t elements() const;
  double element(std::size_t index) const;
};

std::size_t bytes_of(ElementType type);
bool is_integer(ElementType type);

/// Number of elements times their size; nothing when it is beyond 2^40 or an extent is negative.
std::optional<std::size_t> byte_count(const std::vector<std::int64_t>& extents, ElementType type);

/// `60000x28x28`.
std::string extents_text(const std::vector<std::int64_t>& extents);

/// The values as a network takes them: bytes divided by 255, everything else as it is. Fails with bad-values, naming
/// the sample, where one is not finite.
Result<std::vector<float>> values_of(const StoredArray& array);

/// Whole numbers; a floating-point array must hold such. Fails with bad-labels.
Result<std::vector<int>> labels_of(const StoredArray& array);

}  // namespace tiercut::training
