// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/kernel.hpp"

/// Where a backend's file and the registry meet: one line here, one in registry.cpp. Null means that this machine
/// lacks what the backend needs (a GPU, an instruction set).
namespace tiercut::kernels {

const Backend* eigen_backend();
const Backend* highway_backend();  ///< in builds with TIERCUT_WITH_HIGHWAY
const Backend* onednn_backend();   ///< in builds with TIERCUT_WITH_ONEDNN
const Backend* cuda_backend();     ///< in builds with TIERCUT_WITH_CUDA

/// Bit i set: input i arrives as packed bits; the inputs of a join beyond the 30th share the last bit.
int inputs_as_bits(std::span<const model::Layer* const> inputs);

}  // namespace tiercut::kernels
