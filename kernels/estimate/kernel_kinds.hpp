// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/layer.hpp"
#include "profiles/feature_law.hpp"

/// Which kernels there are to estimate, and the layers whose instructions were counted for each.
namespace tiercut::kernels {

/// A layer by itself.
struct CountedLayer {
  struct Input {
    std::vector<std::int64_t> extents;
    model::Encoding encoding = model::Encoding::f32;
  };
  model::LayerParameters parameters;
  std::vector<Input> inputs;
};

/// Layers that one kernel computes, and what its instructions grow with: a number for every run, and a number for every
/// step of each feature.
struct KernelKind {
  using Feature = std::vector<profiles::FeatureTerm::Factor>;
  std::string name;  ///< `convolution`, `depthwise`
  model::LayerType type;
  profiles::Condition when;
  std::vector<Feature> features;
  std::vector<CountedLayer> layers;  ///< more than features, so that their counts give a number for each
  /// What a step of the first feature, or of the one named by `streamed`, moves from and to memory; where caches do not
  /// hold it, a step takes at least as long as that.
  std::size_t streamed = 0;
  double streamed_bytes = 0;
};

/// A kind that another's condition would cover as well stands before it.
std::span<const KernelKind> kernel_kinds();

/// The layer with everything derived, and the layers that produce its inputs. Throws when the shapes do not fit.
struct PreparedLayer {
  model::Layer layer;
  std::vector<model::Layer> inputs;
};
PreparedLayer prepare(model::LayerType type, const CountedLayer& counted);

}  // namespace tiercut::kernels
