// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <cstring>
#include <new>

#include "kernels/kernel.hpp"

namespace tiercut::kernels {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t readable_past_end = 64;

}  // namespace

void Buffer::Release::operator()(void* memory) const { std::free(memory); }

Buffer::Buffer(std::size_t bytes) : bytes_(bytes) {
  const std::size_t reserved = (bytes + readable_past_end + alignment - 1) / alignment * alignment;
  if (reserved < bytes) throw std::bad_alloc();
  data_.reset(std::aligned_alloc(alignment, reserved));
  if (!data_) throw std::bad_alloc();
  std::memset(data_.get(), 0, reserved);
}

Buffer buffer_for(const model::TensorShape& shape, model::Encoding encoding) {
  const auto elements = static_cast<std::size_t>(shape.elements());
  return Buffer(encoding == model::Encoding::bit ? (elements + 63) / 64 * 8 : elements * sizeof(float));
}

}  // namespace tiercut::kernels
