// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/eigen_kernels.hpp"

/// The vectorised kernels by kind (internal to kernels/highway/).
namespace tiercut::kernels {

KernelPointer vector_linear(const KernelRequest& request);  ///< also a convolution whose one window is its whole input
KernelPointer vector_convolution(const KernelRequest& request);
KernelPointer vector_depthwise(const KernelRequest& request);  ///< one input channel a group

}  // namespace tiercut::kernels
