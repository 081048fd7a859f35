// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/cold_caches.hpp"

#include <algorithm>

namespace tiercut::kernels {
namespace {

constexpr std::size_t least_bytes = std::size_t{4} << 20;
constexpr std::size_t words_per_line = 8;

}  // namespace

CacheSweeper::CacheSweeper(std::size_t last_level_bytes)
    : memory_(std::max(2 * last_level_bytes, least_bytes) / sizeof(std::uint64_t)) {}

void CacheSweeper::sweep() {
  // Written, not only read: a line that was only read may stay out of an exclusive last level.
  for (std::size_t i = 0; i < memory_.size(); i += words_per_line) memory_[i] += 1;
}

}  // namespace tiercut::kernels
