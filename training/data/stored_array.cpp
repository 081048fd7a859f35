// SPDX-License-Identifier: Apache-2.0
#include "training/data/stored_array.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace tiercut::training {
namespace {

template <class T>
double read_as(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

}  // namespace

std::size_t bytes_of(ElementType type) {
  switch (type) {
    case ElementType::uint8:
    case ElementType::int8:
      return 1;
    case ElementType::int16:
      return 2;
    case ElementType::int32:
    case ElementType::float32:
      return 4;
    case ElementType::int64:
    case ElementType::float64:
      break;
  }
  return 8;
}

bool is_integer(ElementType type) { return type != ElementType::float32 && type != ElementType::float64; }

std::optional<std::size_t> byte_count(const std::vector<std::int64_t>& extents, ElementType type) {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  std::int64_t count = static_cast<std::int64_t>(bytes_of(type));
  for (const std::int64_t extent : extents) {
    if (extent < 0 || (extent > 0 && count > most / extent)) return std::nullopt;
    count *= extent;
  }
  return static_cast<std::size_t>(count);
}

std::string extents_text(const std::vector<std::int64_t>& extents) {
  return extents.empty() ? "a single number" : fmt::format("{}", fmt::join(extents, "x"));
}

std::size_t StoredArray::count() const { return extents.empty() ? 0 : static_cast<std::size_t>(extents.front()); }
std::size_t StoredArray::elements() const { return bytes.size() / bytes_of(type); }

double StoredArray::element(std::size_t index) const {
  const char* const at = bytes.data() + index * bytes_of(type);
  switch (type) {
    case ElementType::uint8:
      return read_as<std::uint8_t>(at);
    case ElementType::int8:
      return read_as<std::int8_t>(at);
    case ElementType::int16:
      return read_as<std::int16_t>(at);
    case ElementType::int32:
      return read_as<std::int32_t>(at);
    case ElementType::int64:
      return read_as<std::int64_t>(at);
    case ElementType::float32:
      return read_as<float>(at);
    case ElementType::float64:
      break;
  }
  return read_as<double>(at);
}

Result<std::vector<float>> values_of(const StoredArray& array) {
  const double scale = array.type == ElementType::uint8 ? 1.0 / 255 : 1;
  std::vector<float> values(array.elements());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(array.element(i) * scale);
    if (std::isfinite(values[i])) continue;
    const std::size_t sample = i / (values.size() / array.count());
    return fail("bad-values", fmt::format("'{}' has the value {} in sample {}", array.file, values[i], sample),
                "values are finite; clean the data first", {array.file, 0, 0, {}});
  }
  return values;
}

Result<std::vector<int>> labels_of(const StoredArray& array) {
  std::vector<int> labels(array.elements());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double value = array.element(i);
    const bool is_label = value == std::floor(value) && std::fabs(value) < std::numeric_limits<int>::max();
    if (!is_label)
      return fail("bad-labels", fmt::format("'{}' has the label {} of sample {}", array.file, value, i),
                  "labels are whole numbers from 0", {array.file, 0, 0, {}});
    labels[i] = static_cast<int>(value);
  }
  return labels;
}

}  // namespace tiercut::training
