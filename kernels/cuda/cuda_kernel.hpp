// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kernels/kernel.hpp"

namespace tiercut::kernels {

/// Memory of the GPU.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(std::size_t floats);
  explicit DeviceBuffer(const std::vector<float>& floats);
  float* floats() const { return static_cast<float*>(data_.get()); }  ///< null when empty
  std::size_t bytes() const { return bytes_; }

 private:
  struct Release {
    void operator()(void* memory) const;
  };
  std::unique_ptr<void, Release> data_;
  std::size_t bytes_ = 0;
};

/// A layer on the GPU, with weights and tensors there. run() copies the inputs in and the output back, as its interface
/// demands; what the layer itself costs there is compute(), and the copies are priced as unit_transfer of a profile.
class CudaKernel : public Kernel {
 public:
  CudaKernel(const model::Layer& layer, std::span<const model::Layer* const> inputs);
  void run(std::span<const Buffer* const> inputs, Buffer& output) final;
  void upload(std::span<const Buffer* const> inputs);
  void compute();  ///< waits until it is done
  void download(Buffer& output) const;
  bool is_in_place_allowed() const final { return true; }
  std::size_t scratch_bytes() const final;

 protected:
  virtual void start() = 0;
  const float* input(std::size_t index = 0) const { return inputs_[index].floats(); }
  std::size_t inputs() const { return inputs_.size(); }
  int elements_of(std::size_t index) const { return static_cast<int>(inputs_[index].bytes() / sizeof(float)); }
  float* output() const { return output_.floats(); }
  int elements() const { return static_cast<int>(output_.bytes() / sizeof(float)); }

 private:
  std::vector<DeviceBuffer> inputs_;
  DeviceBuffer output_;
};

std::unique_ptr<Kernel> make_cuda_kernel(const model::Layer& layer, std::span<const model::Layer* const> inputs,
                                         const LayerWeights& weights);

}  // namespace tiercut::kernels
