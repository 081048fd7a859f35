// SPDX-License-Identifier: Apache-2.0
#include "training/data/idx_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "core/files.hpp"
#include "training/data/gz_file.hpp"

namespace tiercut::training {
namespace {

constexpr std::pair<int, ElementType> types[] = {{0x08, ElementType::uint8},   {0x09, ElementType::int8},
                                                 {0x0b, ElementType::int16},   {0x0c, ElementType::int32},
                                                 {0x0d, ElementType::float32}, {0x0e, ElementType::float64}};

int byte_at(const std::string& bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

std::int64_t extent_at(const std::string& bytes, std::size_t at) {
  std::int64_t extent = 0;
  for (std::size_t i = 0; i < 4; ++i) extent = extent * 256 + byte_at(bytes, at + i);
  return extent;
}

void to_own_order(std::string& bytes, std::size_t size) {
  if constexpr (std::endian::native == std::endian::big) return;
  for (std::size_t at = 0; at < bytes.size(); at += size)
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
}

}  // namespace

Result<StoredArray> read_idx(const std::string& path) {
  auto read = read_unpacked(path);
  if (!read) return tl::unexpected(std::move(read.error()));
  std::string& bytes = *read;
  const auto bad = [&](const std::string& what) {
    return fail("bad-idx", fmt::format("'{}' {}", path, what), "fetch the file again", {path, 0, 0, {}});
  };
  if (bytes.size() < 4) return bad(fmt::format("is truncated: {} bytes are no idx file", bytes.size()));
  const auto* const type = std::find_if(std::begin(types), std::end(types),
                                        [&](const auto& known) { return known.first == byte_at(bytes, 2); });
  if (byte_at(bytes, 0) != 0 || byte_at(bytes, 1) != 0 || type == std::end(types))
    return bad(fmt::format("is no idx file: it begins with {:02x} {:02x} {:02x} {:02x}", byte_at(bytes, 0),
                           byte_at(bytes, 1), byte_at(bytes, 2), byte_at(bytes, 3)));
  const auto axes = static_cast<std::size_t>(byte_at(bytes, 3));
  const std::size_t head = 4 + 4 * axes;
  if (axes == 0) return bad("has no axes");
  if (bytes.size() < head) return bad("is truncated: it ends in its extents");

  StoredArray array{.file = path, .source_hash = sha256(bytes), .type = type->second, .extents = {}, .bytes = {}};
  for (std::size_t axis = 0; axis < axes; ++axis) array.extents.push_back(extent_at(bytes, 4 + 4 * axis));
  const auto due = byte_count(array.extents, array.type);
  if (!due) return bad(fmt::format("claims {} elements, more than can be", extents_text(array.extents)));
  const std::size_t there = bytes.size() - head;
  if (there != *due)
    return bad(fmt::format("{}: {} bytes of elements where {} ask for {}",
                           there < *due ? "is truncated" : "is too long", there, extents_text(array.extents), *due));
  bytes.erase(0, head);
  array.bytes = std::move(bytes);
  if (bytes_of(array.type) > 1) to_own_order(array.bytes, bytes_of(array.type));
  return array;
}

}  // namespace tiercut::training
