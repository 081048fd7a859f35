// SPDX-License-Identifier: Apache-2.0
#include "training/session/sample_order.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.hpp"

namespace tiercut::training {
namespace {

std::int64_t side_of_square(std::int64_t elements) {
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(elements))));
  return side * side == elements ? side : 0;
}

/// A whole number in [low, high], each as likely.
std::int64_t draw(RandomStream& random, std::int64_t low, std::int64_t high) {
  const auto count = static_cast<double>(high - low + 1);
  return std::min(high, low + static_cast<std::int64_t>(random.uniform() * count));
}

}  // namespace

std::vector<std::size_t> shuffled(std::vector<std::size_t> indices, std::uint64_t seed, std::string_view entity,
                                  std::uint64_t turn) {
  RandomStream random(seed, entity_id(entity), turn);
  for (std::size_t left = indices.size(); left > 1; --left) {
    const auto last = static_cast<std::int64_t>(left) - 1;
    std::swap(indices[left - 1], indices[static_cast<std::size_t>(draw(random, 0, last))]);
  }
  return indices;
}

IndexSplit split_indices(std::size_t count, double share, std::uint64_t seed, std::string_view entity) {
  IndexSplit split;
  split.others.resize(count);
  std::iota(split.others.begin(), split.others.end(), std::size_t{0});
  const auto chosen = static_cast<std::size_t>(std::lround(share * static_cast<double>(count)));
  if (chosen == 0) return split;
  const auto order = shuffled(split.others, seed, entity, 0);
  const auto border = order.begin() + static_cast<std::ptrdiff_t>(chosen);
  split.chosen.assign(order.begin(), border);
  split.others.assign(border, order.end());
  std::sort(split.chosen.begin(), split.chosen.end());
  std::sort(split.others.begin(), split.others.end());
  return split;
}

bool Shifter::can_move(const Dataset& data) {
  return data.inputs.size() == 1 &&
         (data.inputs[0].shape.is_image() || side_of_square(data.inputs[0].shape.elements()) > 0);
}

Shifter::Shifter(const Dataset& data, int most, std::uint64_t seed) : data_(data), most_(most), seed_(seed) {
  const DataInput& input = data.inputs.at(0);
  if (input.shape.is_image()) {
    channels_ = input.shape.extents[0];
    height_ = input.shape.extents[1];
    width_ = input.shape.extents[2];
  } else {
    height_ = width_ = side_of_square(input.shape.elements());
  }
  if (!input.values.empty()) background_ = *std::min_element(input.values.begin(), input.values.end());
  batch_.name = data.name;
  batch_.classes = data.classes;
  batch_.inputs = {{input.name, input.shape, {}}};
}

const Dataset& Shifter::moved(std::span<const std::size_t> samples, std::uint64_t epoch) {
  std::vector<float>& values = batch_.inputs[0].values;
  values.assign(samples.size() * static_cast<std::size_t>(channels_ * height_ * width_), background_);
  batch_.labels.clear();
  float* to = values.data();
  for (const std::size_t sample : samples) {
    batch_.labels.push_back(data_.labels[sample]);
    RandomStream random(seed_, entity_id("training/shift"), (epoch << 32) + sample);
    const std::int64_t down = draw(random, -most_, most_);
    const std::int64_t right = draw(random, -most_, most_);
    const float* const from = data_.inputs[0].sample(sample).data();
    for (std::int64_t row = 0; row < channels_ * height_; ++row) {
      const std::int64_t source_row = row % height_ - down;
      if (source_row >= 0 && source_row < height_) {
        const float* const line = from + (row / height_ * height_ + source_row) * width_;
        const std::int64_t first = std::max<std::int64_t>(0, right);
        const std::int64_t last = std::min(width_, width_ + right);
        for (std::int64_t x = first; x < last; ++x) to[x] = line[x - right];
      }
      to += width_;
    }
  }
  return batch_;
}

}  // namespace tiercut::training
