// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "training/dataset.hpp"

namespace tiercut::training {

/// Keeps these samples, in this order.
void keep_samples(Dataset& data, const std::vector<std::size_t>& samples);

/// Indices, ascending, of one part of a random split of `count` samples: floor((1 - held_out) count) to train, the
/// others to test. The same for a seed on every machine; the two parts are disjoint and are all samples together.
std::vector<std::size_t> split_part(std::size_t count, double held_out, std::uint64_t seed, bool is_test);

/// Samples of `wanted` become class 1, all others class 0.
void set_one_against_rest(Dataset& data, int wanted);

/// (x - mean) / deviation, of all inputs.
void standardize(Dataset& data, double mean, double deviation);

}  // namespace tiercut::training
