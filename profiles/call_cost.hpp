// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "core/units.hpp"
#include "model/layer.hpp"
#include "profiles/profile.hpp"

namespace tiercut::profiles {

/// What several layers cost that run one after the other in a call, again and again. By its own cost a layer finds its
/// weights, and the lines that it writes, in the caches as far as they hold its own working set. In a call all that is
/// touched between two of its runs has passed through them: the larger of the largest working set and the weights and
/// outputs of all layers together (what a layer reads, another has just written; what the first reads is left out, so
/// that a call never costs less than a part of it; Flatten is another name for the same memory). That footprint is what
/// terms `beyond: {of: {footprint: 1 B}}` of laws of features are evaluated at. Adding a layer takes time in
/// proportion to its terms, and the cost in proportion to the different knees of the unit's laws, however many layers
/// there are. Both who prices calls and who searches among them use this one sum, so they agree to the last bit.
class CallCost {
 public:
  /// What is known of a layer beforehand.
  struct Part {
    double own = 0;         ///< seconds by itself
    double kept_bytes = 0;  ///< its weights and outputs
    double working_set = 0;
    double own_share = 0;  ///< of `own`: what the terms of footprint make of its working set
    struct Growing {
      std::size_t knee = 0;
      double seconds = 0;  ///< once nothing is held
    };
    std::vector<Growing> growing{};
  };

  CallCost() = default;
  explicit CallCost(const Unit& unit);

  /// `own`: by the table, or else by the law.
  Part part_of(const model::Layer& layer, Seconds own) const;

  void restart();
  void add(const Part& part);
  Seconds cost() const;  ///< of the layers added since, the series correction included, overheads not
  Seconds own_cost() const { return Seconds(own_); }  ///< their own costs added up
  Bytes footprint() const;

 private:
  struct Knee {
    double from, to;
  };
  const Unit* unit_ = nullptr;
  std::vector<Knee> knees_;      ///< different ones
  std::vector<double> seconds_;  ///< beyond each knee
  double own_ = 0, own_share_ = 0, touched_ = 0, largest_ = 0;
  int layers_ = 0;
};

}  // namespace tiercut::profiles
