// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/model.hpp"

/// The checks that the reader and Model::finish share (internal to model/). They say what is wrong with which layer or
/// exit; who knows the file adds the place.
namespace tiercut::model {

/// Bounds that keep a hostile file from asking for a class map of gigabytes.
inline constexpr int most_exits = 64;
inline constexpr std::int64_t most_classes = 1 << 20;

struct Finding {
  LayerId layer = -1;  ///< the layer it is about, or -1
  int exit = -1;       ///< the exit it is about, or -1
  std::string key;     ///< the key of the layer or exit that is to blame, or empty
  std::string code;
  std::string message;
  std::string hint;
};
using Findings = std::vector<Finding>;

/// Derives all sound layers in order; a layer that does not fit, and those that depend on it, become unsound.
void derive_layers(std::vector<Layer>& layers, std::vector<bool>& is_sound, Findings& findings);

/// An Input, one Output with nothing behind it, and (when `has_all_edges`) no layer without a consumer that leads to
/// an answer.
void check_structure(const Model& model, bool has_all_edges, Findings& findings);

/// One exit against its branch and the model's answer. Both must be sound.
void check_exit(const Model& model, int exit, Findings& findings);

/// Exits on distinct layers, with distinct names, and at most `most_exits`.
void check_exits_differ(const Model& model, Findings& findings);

/// Sums that no longer count exactly.
void check_totals(const Model& model, Findings& findings);

/// A topological order in which the earliest ready one goes next, so what is in order stays as it is. With a cycle,
/// `order` ends in what the cycle holds up, and `cycle` names its members, each feeding the next.
struct TopologicalOrder {
  std::vector<int> order;
  std::vector<int> cycle;
  std::size_t sorted_count = 0;  ///< how many of `order` are really sorted
};
TopologicalOrder sort_topologically(const std::vector<std::vector<int>>& inputs);

/// For each layer whether `from` needs it (itself included).
std::vector<bool> ancestors_of(const Model& model, LayerId from);

std::vector<int> levels_of(const Model& model);

}  // namespace tiercut::model
