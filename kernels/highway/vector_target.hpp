// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tiercut::kernels {

bool has_vectors();                   ///< this processor runs one of the instruction sets that were compiled
std::string vector_target_version();  ///< Highway's version and the instruction set it chose: `1.0.3 AVX3`

}  // namespace tiercut::kernels
