// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/tensor.hpp"

/// Training networks of our model format, and measuring what their exits say.
namespace tiercut::training {

/// What one input of a model is fed with: values of all samples, sample after sample, each in C order.
struct DataInput {
  std::string name;  ///< `image`, `camera1`
  model::TensorShape shape;
  std::vector<float> values;  ///< samples x shape.elements()
  /// By sample, 0 where this input does not show the sample's object (MVMC's cameras): what it says alone is then
  /// neither right nor wrong. Empty: it always does.
  std::vector<std::uint8_t> in_view = {};

  std::span<const float> sample(std::size_t index) const {
    const auto size = static_cast<std::size_t>(shape.elements());
    return std::span(values).subspan(index * size, size);
  }
};

/// Samples with their classes. Inputs are matched to a model's by name when both name them, else by order.
struct Dataset {
  std::string name;    ///< `mnist`, `mnist-six-pieces (stand-in)`
  std::string origin;  ///< for provenance: files with checksums, and what was done to them
  int classes = 0;
  std::vector<DataInput> inputs;
  std::vector<int> labels;  ///< of each sample, 0 to classes - 1

  std::size_t size() const { return labels.size(); }
};

}  // namespace tiercut::training
