// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tiercut::kernels {

/// Reads `floats` floats once, in `streams` (1, 2, 4 or 8) equal parts read side by side, as fast as one thread can.
/// What it returns depends on all that was read.
float read_streams(const float* data, std::size_t floats, int streams);

}  // namespace tiercut::kernels
