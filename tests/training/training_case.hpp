// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "training/learning_network.hpp"

/// Small models and data for the tests of training.
namespace tiercut::training {

class ModelBuilder {
 public:
  model::LayerId input(std::vector<std::int64_t> extents);
  /// Throws when the layer does not fit.
  model::LayerId add(model::LayerType type, std::vector<model::LayerId> inputs, model::LayerParameters parameters = {});
  model::LayerId linear(model::LayerId from, std::int64_t outputs, bool has_bias = true);
  model::LayerId convolution(model::LayerId from, std::int64_t outputs, int kernel, int padding);
  /// With an Output behind the layer, and exits at others.
  model::Model finish(model::LayerId answer, const std::vector<model::LayerId>& exits = {});
  const model::Layer& layer(model::LayerId id) const { return model_.layer(id); }

 private:
  model::Model model_;
};

/// Normally distributed inputs and uniform classes, named as the model's inputs.
Dataset random_data(const model::Model& model, std::size_t samples, int classes, std::uint64_t seed);
std::vector<std::size_t> all_samples(const Dataset& data);

/// Made, or an exception with the diagnostics.
Network make_network(const model::Model& model, std::vector<LossTerm> loss, const Optimizer& optimizer = {},
                     std::uint64_t seed = 1);

/// A model whose layer `tested` is of the type, with layers that learn before it and a Linear of three classes behind.
struct TypeCase {
  model::Model model;
  model::LayerId tested = -1;
  model::LayerId scores = -1;
};
TypeCase random_case_of(model::LayerType type, std::uint64_t seed);

std::string describe(const model::Layer& layer);

/// All but Input.
std::vector<model::LayerType> computed_types();

}  // namespace tiercut::training
