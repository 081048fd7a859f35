// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/eigen_kernels.hpp"

/// The vectorised kernels by kind (internal to kernels/highway/).
namespace tiercut::kernels {

KernelPointer vector_linear(const KernelRequest& request);  ///< also a convolution whose one window is its whole input
KernelPointer vector_convolution(const KernelRequest& request);
KernelPointer vector_depthwise(const KernelRequest& request);  ///< one input channel a group
KernelPointer vector_pooling(const KernelRequest& request);
KernelPointer vector_activation(const KernelRequest& request);  ///< ReLU, Sigmoid, Tanh, Threshold
KernelPointer vector_slopes(const KernelRequest& request);      ///< PReLU, BatchNormalization
KernelPointer vector_softmax(const KernelRequest& request);
KernelPointer vector_join(const KernelRequest& request);  ///< JoinMax, JoinAverage, JoinAdd
KernelPointer vector_binary_fc(const KernelRequest& request);
KernelPointer packed_binary_conv(const KernelRequest& request);
KernelPointer float_binary_conv(const KernelRequest& request);

}  // namespace tiercut::kernels
