// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tiercut::kernels {

/// Turns everything else out of the caches by walking through memory of its own.
class CacheSweeper {
 public:
  /// `last_level_bytes`: size of the largest cache; twice as much is walked, as a cache may keep what was just used.
  explicit CacheSweeper(std::size_t last_level_bytes);
  void sweep();
  std::size_t bytes() const { return memory_.size() * sizeof(std::uint64_t); }

 private:
  std::vector<std::uint64_t> memory_;
};

}  // namespace tiercut::kernels
