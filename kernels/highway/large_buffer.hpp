// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

/// Memory for packed weights and scratch (internal to kernels/highway/).
namespace tiercut::kernels {

/// Zeroed floats, aligned to 64 bytes, with 256 readable bytes past the end. From 2 MiB on it is aligned to 2 MiB and
/// asks for huge pages: a stream that crosses a page every 4 KiB waits at each.
class LargeBuffer {
 public:
  LargeBuffer() = default;
  explicit LargeBuffer(std::size_t floats);
  float* floats() { return data_.get(); }
  const float* floats() const { return data_.get(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Release {
    void operator()(float* memory) const;
  };
  std::unique_ptr<float, Release> data_;
  std::size_t bytes_ = 0;
};

}  // namespace tiercut::kernels
