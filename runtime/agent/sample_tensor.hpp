// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "kernels/kernel.hpp"
#include "model/layer.hpp"

namespace tiercut::runtime {

/// Bytes that tensors, queues and weights take, against a limit.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t limit) : limit_(limit) {}
  bool take(std::uint64_t bytes);  ///< false, and nothing taken, when that is beyond the limit
  void give(std::uint64_t bytes) { used_ -= bytes; }
  std::uint64_t used() const { return used_; }
  std::uint64_t limit() const { return limit_; }

 private:
  std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
};

/// A tensor of one sample, as kernels have it in memory. Counted against a budget while it lives.
class Tensor {
 public:
  /// Null when the budget has no room for it.
  static std::shared_ptr<Tensor> make(const model::Layer& layer, const std::shared_ptr<MemoryBudget>& budget);
  ~Tensor() { budget_->give(buffer.bytes()); }
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;

  kernels::Buffer buffer;

 private:
  Tensor(kernels::Buffer own, std::shared_ptr<MemoryBudget> budget)
      : buffer(std::move(own)), budget_(std::move(budget)) {}
  std::shared_ptr<MemoryBudget> budget_;
};
using TensorPointer = std::shared_ptr<const Tensor>;

/// Bytes that a layer's tensor takes on the wire: elements times bits, rounded up (as model::size_of).
std::size_t wire_bytes(const model::Layer& layer, model::Encoding encoding);

/// Appends the tensor in an encoding: f32 as it is, f16 rounded to nearest even, int8 as round(x / scale) with scale =
/// largest magnitude / 127 (returned; 1 for others), bit as signs (set for values >= 0), eight to a byte.
float append_encoded(const model::Layer& layer, const kernels::Buffer& tensor, model::Encoding encoding,
                     std::string& out);

/// The reverse; false when `bytes` are fewer than the encoding takes. What follows them is padding.
bool decode_tensor(const model::Layer& layer, std::string_view bytes, model::Encoding encoding, float scale,
                   kernels::Buffer& tensor);

}  // namespace tiercut::runtime
