// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/units.hpp"
#include "model/layer.hpp"
#include "profiles/feature_law.hpp"
#include "profiles/provenance.hpp"

namespace tiercut::profiles {

/// What a law is applied to: one layer, or the totals of a whole call (a contiguous run of layers).
enum class Scope { layer, stage };

/// The quantities a law may depend on. For a call: sums over its layers, except that input_bytes and output_bytes
/// are sums of what its layers read and write.
struct Work {
  double weights = 0;
  double macs = 0;
  double weight_bytes = 0;
  double input_bytes = 0;
  double output_bytes = 0;
  Work& operator+=(const Work& other);
  double traffic() const { return weight_bytes + input_bytes + output_bytes; }
};
Work work_of(const model::Layer& layer);

/// The axis of a piecewise law.
enum class Axis { weights, macs, traffic };

/// Straight lines through points; non-negative and monotone (the reader refuses points that are not). Below the first
/// point the first segment goes on while it meets zero work at a cost >= 0; otherwise the law is proportional there.
/// Above the last point the last segment goes on. Outside the points a price is marked extrapolated.
struct PiecewiseLaw {
  struct Point {
    double x = 0;  ///< weights, multiply-accumulates or bytes
    Seconds cost{};
  };
  Axis axis = Axis::weights;
  std::vector<Point> points;  ///< strictly ascending in x, costs ascending; at least one
};

/// Roofline (Williams et al., CACM 2009): the larger of arithmetic and memory time, plus a fixed part.
struct RooflineLaw {
  FlopsPerSecond arithmetic{};  ///< two operations a multiply-accumulate
  BytesPerSecond memory{};      ///< read and write of weights, inputs and outputs
  Seconds overhead{};           ///< each time the law is applied
};

struct CostLaw {
  std::string name;
  Scope scope = Scope::layer;
  std::vector<model::LayerType> types;                       ///< layer scope: the types it prices; empty for all
  std::variant<PiecewiseLaw, RooflineLaw, FeatureLaw> form;  ///< FeatureLaw: layer scope only
  double coefficient_of_variation = 0;  ///< of a single execution about the nominal cost (lognormal); 0 = constant
  Provenance provenance;

  bool covers(model::LayerType type) const;
  Seconds layer_cost(const model::Layer& layer) const;
  bool is_layer_extrapolated(const model::Layer& layer) const;

  /// Of totals. A FeatureLaw, which needs shapes, takes them for one Linear layer of work.weights weights with as many
  /// outputs as inputs.
  Seconds cost(const Work& work) const;
  bool is_extrapolated(const Work& work) const;

  /// The most weights of a fully connected network (one multiply-accumulate and four bytes a weight, activations
  /// neglected) that the law prices at no more than `budget`; 0 when not even the smallest network fits,
  /// infinity when every network does.
  double most_weights(Seconds budget) const;
};

}  // namespace tiercut::profiles
