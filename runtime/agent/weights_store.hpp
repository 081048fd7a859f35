// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/diagnostic.hpp"
#include "kernels/kernel.hpp"
#include "runtime/agent/sample_tensor.hpp"

namespace tiercut::runtime {

using WeightsPointer = std::shared_ptr<const kernels::LayerWeights>;

/// SHA-256 of a layer's floats and the words of bits after them, hexadecimal.
std::string hash_of(const kernels::LayerWeights& weights);
/// What is hashed and sent.
std::string bytes_of(const kernels::LayerWeights& weights);

/// Weights of layers by hash: what was sent once need not be sent again.
class WeightsStore {
 public:
  explicit WeightsStore(std::shared_ptr<MemoryBudget> budget) : budget_(std::move(budget)) {}

  WeightsPointer find(const std::string& hash) const;  ///< null when it is not here whole
  /// Makes room for weights that are to come. Fails with memory-exhausted.
  Result<void> expect(const std::string& hash, std::uint64_t floats, std::uint64_t words);
  /// Adds the piece at `offset`; pieces come in order, others are passed over. Returns how many bytes are here. Fails
  /// with weights-damaged when they are all here and do not have the hash (they are dropped), weights-unexpected.
  Result<std::uint64_t> add(const std::string& hash, std::uint64_t offset, std::string_view bytes);
  void forget_unfinished();

 private:
  struct Coming {
    std::uint64_t floats = 0, words = 0;
    std::string bytes;
    std::uint64_t size() const { return floats * 4 + words * 8; }
  };
  std::shared_ptr<MemoryBudget> budget_;
  std::map<std::string, WeightsPointer> kept_;
  std::map<std::string, Coming> coming_;
};

}  // namespace tiercut::runtime
