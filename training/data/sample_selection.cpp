// SPDX-License-Identifier: Apache-2.0
#include "training/data/sample_selection.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/random.hpp"

namespace tiercut::training {

void keep_samples(Dataset& data, const std::vector<std::size_t>& samples) {
  for (DataInput& input : data.inputs) {
    std::vector<float> values;
    values.reserve(samples.size() * static_cast<std::size_t>(input.shape.elements()));
    std::vector<std::uint8_t> in_view;
    for (const std::size_t sample : samples) {
      const auto one = input.sample(sample);
      values.insert(values.end(), one.begin(), one.end());
      if (!input.in_view.empty()) in_view.push_back(input.in_view[sample]);
    }
    input.values = std::move(values);
    input.in_view = std::move(in_view);
  }
  std::vector<int> labels;
  labels.reserve(samples.size());
  for (const std::size_t sample : samples) labels.push_back(data.labels[sample]);
  data.labels = std::move(labels);
}

std::vector<std::size_t> split_part(std::size_t count, double held_out, std::uint64_t seed, bool is_test) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Fisher and Yates; std::shuffle may differ from one library to the next.
  RandomStream random(seed, entity_id("data/split"), 0);
  for (std::size_t i = count; i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.uniform() * static_cast<double>(i))]);
  // A share such as 0.9 is not exact: what misses a whole number by rounding counts as one.
  const auto training = static_cast<std::ptrdiff_t>(std::floor((1 - held_out) * static_cast<double>(count) + 1e-9));
  std::vector<std::size_t> part(is_test ? order.begin() + training : order.begin(),
                                is_test ? order.end() : order.begin() + training);
  std::sort(part.begin(), part.end());
  return part;
}

void set_one_against_rest(Dataset& data, int wanted) {
  for (int& label : data.labels) label = label == wanted ? 1 : 0;
  data.classes = 2;
}

void standardize(Dataset& data, double mean, double deviation) {
  for (DataInput& input : data.inputs)
    for (float& value : input.values) value = static_cast<float>((value - mean) / deviation);
}

}  // namespace tiercut::training
