// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "training/data/stored_array.hpp"

namespace tiercut::training {

/// Reads what `numpy.save` writes (numpy.lib.format, versions 1 to 3): float32, float64, uint8, int8, int16, int32 and
/// int64 of little-endian order, in C order. `name` stands for the file in diagnostics. Fails with bad-npz.
Result<StoredArray> parse_npy(std::string_view bytes, const std::string& name);

}  // namespace tiercut::training
