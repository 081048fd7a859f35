// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda_kernel.hpp"

#include "kernels/cuda/device.h"

namespace tiercut::kernels {

DeviceBuffer::DeviceBuffer(std::size_t floats)
    : data_(cuda::allocate(floats * sizeof(float))), bytes_(floats * sizeof(float)) {}

DeviceBuffer::DeviceBuffer(const std::vector<float>& floats) {
  if (floats.empty()) return;
  *this = DeviceBuffer(floats.size());
  cuda::upload(data_.get(), floats.data(), bytes_);
}

void DeviceBuffer::Release::operator()(void* memory) const { cuda::release(memory); }

CudaKernel::CudaKernel(const model::Layer& layer, std::span<const model::Layer* const> inputs)
    : output_(static_cast<std::size_t>(layer.shape.elements())) {
  for (const model::Layer* input : inputs) inputs_.emplace_back(static_cast<std::size_t>(input->shape.elements()));
}

void CudaKernel::run(std::span<const Buffer* const> inputs, Buffer& output) {
  upload(inputs);
  compute();
  download(output);
}

void CudaKernel::upload(std::span<const Buffer* const> inputs) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    cuda::upload(inputs_[i].floats(), inputs[i]->data(), inputs_[i].bytes());
  }
}

void CudaKernel::compute() {
  start();
  cuda::synchronise();
}

void CudaKernel::download(Buffer& output) const { cuda::download(output.data(), output_.floats(), output_.bytes()); }

std::size_t CudaKernel::scratch_bytes() const {
  std::size_t bytes = output_.bytes();
  for (const DeviceBuffer& input : inputs_) bytes += input.bytes();
  return bytes;
}

}  // namespace tiercut::kernels
