// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/model.hpp"

namespace tiercut::model::builders {

/// Height and width of a window; one number is both.
struct Sides {
  int height, width;
  constexpr Sides(int both) : height(both), width(both) {}  // NOLINT(google-explicit-constructor): kernels read as 3
  constexpr Sides(int h, int w) : height(h), width(w) {}
};

/// A convolution or pooling by what differs from its usual form.
struct Sliding {
  Sides kernel = 1;
  int stride = 1;
  Sides padding = 0;
  int groups = 1;
  bool has_bias = false;
};

/// Adds layers one by one; each is derived at once, so its shape is known to what follows. Whoever describes a network
/// that does not fit together has made a mistake in this folder: that throws.
class GraphBuilder {
 public:
  LayerId input(const std::string& name, std::vector<std::int64_t> extents, Encoding encoding);
  LayerId convolution(const std::string& name, LayerId from, std::int64_t outputs, const Sliding& window);
  LayerId pool(const std::string& name, LayerType type, LayerId from, const Sliding& window);
  LayerId linear(const std::string& name, LayerId from, std::int64_t outputs);
  /// Any layer without parameters of its own.
  LayerId plain(const std::string& name, LayerType type, std::vector<LayerId> from);

  /// Convolution, BatchNormalization, ReLU: `name/convolution`, `name/normalization`, `name/relu`.
  LayerId unit(const std::string& name, LayerId from, std::int64_t outputs, const Sliding& window,
               bool has_relu = true);
  /// Average over the whole image, Flatten, Linear, Softmax, Output.
  void classify(LayerId from, std::int64_t classes);

  const TensorShape& shape(LayerId id) const { return model_.layer(id).shape; }
  std::int64_t channels(LayerId id) const { return shape(id).extents[0]; }

  /// The finished model.
  Model finish(std::string name, std::string description, std::vector<std::string> notes = {});

 private:
  LayerId add(const std::string& name, LayerType type, std::vector<LayerId> from, const LayerParameters& parameters);

  Model model_;
};

}  // namespace tiercut::model::builders
