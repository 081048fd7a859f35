// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/kernel.hpp"

/// The portable kernels by kind (internal to kernels/; another backend may build on them). Each gives a kernel for
/// layers that eigen_backend()->supports().
namespace tiercut::kernels {

struct KernelRequest {
  const model::Layer& layer;
  std::span<const model::Layer* const> inputs;
  const LayerWeights& weights;
  ThreadPool& threads;
};
using KernelPointer = std::unique_ptr<Kernel>;

KernelPointer eigen_linear(const KernelRequest& request);
KernelPointer eigen_convolution(const KernelRequest& request);
KernelPointer depthwise_convolution(const KernelRequest& request);  ///< one input channel a group
KernelPointer float_pooling(const KernelRequest& request);
KernelPointer batch_normalization(const KernelRequest& request);
KernelPointer eigen_activation(const KernelRequest& request);  ///< ReLU, PReLU, Sigmoid, Tanh, Threshold
KernelPointer eigen_softmax(const KernelRequest& request);
KernelPointer float_join(const KernelRequest& request);
KernelPointer plain_copy(const KernelRequest& request);  ///< Flatten, Output; floats or bits
KernelPointer bit_pooling(const KernelRequest& request);
KernelPointer bit_join(const KernelRequest& request);  ///< JoinMax, JoinConcatenate
KernelPointer binary_fc(const KernelRequest& request);
KernelPointer binary_conv_p(const KernelRequest& request);

/// A buffer that holds a copy of floats first .. first + count - 1.
Buffer packed_copy(const std::vector<float>& floats, std::size_t first, std::size_t count);
/// Rows of `bits` bits each, following one another without gap, copied to rows that begin at a word.
Buffer word_aligned_rows(const std::vector<std::uint64_t>& words, std::size_t rows, std::size_t bits);

}  // namespace tiercut::kernels
