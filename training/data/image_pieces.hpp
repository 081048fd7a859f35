// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "training/dataset.hpp"

namespace tiercut::training {

/// Cuts images of one channel into rows x columns pieces of equal size, each an input: `camera1` is the upper left one,
/// then row by row. Where the height or width does not divide, zeros are added around, the odd one below or to the
/// right: a digit of 28 x 28 becomes 30 x 28, and 3 x 2 pieces of 10 x 14.
std::vector<DataInput> cut_into_pieces(const DataInput& image, std::int64_t rows, std::int64_t columns);

}  // namespace tiercut::training
