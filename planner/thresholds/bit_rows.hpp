// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tiercut::planner {

using BitRow = std::vector<std::uint64_t>;

inline std::size_t words_for(std::size_t bits) { return (bits + 63) / 64; }
inline void set_bit(BitRow& row, std::size_t bit) { row[bit / 64] |= std::uint64_t{1} << (bit % 64); }
inline bool has_bit(const std::uint64_t* row, std::size_t bit) { return (row[bit / 64] >> (bit % 64) & 1) != 0; }

/// Set intersections with their sizes; a search spends nearly all its time here, so the processor's own population
/// count is used where it has one.
struct BitOps {
  std::size_t (*count_both)(const std::uint64_t* a, const std::uint64_t* b, std::size_t words);
  /// out = a and b; out may be a.
  std::size_t (*keep_both)(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t words);
};
const BitOps& bit_ops();

}  // namespace tiercut::planner
