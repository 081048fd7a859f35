// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/data/stored_array.hpp"

namespace tiercut::training {

/// Reads an idx file, packed by gzip or not: two zero bytes, a byte for the type of elements, one for the number of
/// axes, an extent of four bytes for each (highest byte first), the elements (yann.lecun.com/exdb/mnist, "the IDX file
/// format"). Fails with bad-idx, naming file and what is wrong, and as read_file does.
Result<StoredArray> read_idx(const std::string& path);

}  // namespace tiercut::training
