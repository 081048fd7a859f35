// SPDX-License-Identifier: Apache-2.0
#include "model/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "model/graph.hpp"

namespace tiercut::model {
namespace {

/// What only a builder can get wrong: the reader makes ids itself.
void check_order(const Model& model, Findings& findings) {
  std::set<std::string> names;
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    const Layer& layer = model.layer(id);
    if (!names.insert(layer.name).second) {
      findings.push_back({id, -1, "name", "duplicate-name", fmt::format("layer `{}` is there twice", layer.name), {}});
    }
    for (const LayerId input : layer.inputs) {
      if (input >= 0 && input < id) continue;
      findings.push_back(
          {id,
           -1,
           "input",
           "cyclic-model",
           fmt::format("layer `{}` takes layer number {}, which does not stand before it", layer.name, input),
           {}});
    }
  }
  for (std::size_t i = 0; i < model.exits.size(); ++i) {
    if (model.exits[i].layer >= 0 && model.exits[i].layer < model.layer_count()) continue;
    findings.push_back({-1,
                        static_cast<int>(i),
                        "layer",
                        "unknown-layer",
                        fmt::format("exit `{}` is on layer number {}, which does not exist", model.exits[i].name,
                                    model.exits[i].layer),
                        {}});
  }
}

Findings analyse(Model& model) {
  Findings findings;
  check_order(model, findings);
  if (!findings.empty()) return findings;
  std::vector<bool> is_sound(model.layers.size(), true);
  derive_layers(model.layers, is_sound, findings);
  check_structure(model, true, findings);
  check_exits_differ(model, findings);
  if (!findings.empty()) return findings;
  for (int index = 0; index < static_cast<int>(model.exits.size()); ++index) check_exit(model, index, findings);
  check_totals(model, findings);
  return findings;
}

}  // namespace

std::string_view to_text(Confidence confidence) {
  constexpr std::array<std::string_view, 3> names = {"normalized_entropy", "max_probability", "margin"};
  return names[static_cast<std::size_t>(confidence)];
}

LayerId Model::find(std::string_view wanted) const {
  for (LayerId id = 0; id < layer_count(); ++id) {
    if (layer(id).name == wanted) return id;
  }
  return -1;
}

std::vector<LayerId> Model::inputs() const {
  std::vector<LayerId> ids;
  for (LayerId id = 0; id < layer_count(); ++id) {
    if (layer(id).type == LayerType::input) ids.push_back(id);
  }
  return ids;
}

LayerId Model::output() const {
  for (LayerId id = layer_count() - 1; id >= 0; --id) {
    if (layer(id).type == LayerType::output) return id;
  }
  return -1;
}

std::vector<LayerId> Model::consumers(LayerId id) const {
  std::vector<LayerId> ids;
  for (LayerId later = id + 1; later < layer_count(); ++later) {
    const std::vector<LayerId>& taken = layer(later).inputs;
    if (std::find(taken.begin(), taken.end(), id) != taken.end()) ids.push_back(later);
  }
  return ids;
}

LayerId Model::answer_layer(int level) const {
  if (level < static_cast<int>(exits.size())) return exits[static_cast<std::size_t>(level)].layer;
  return layer(output()).inputs[0];
}

std::int64_t Model::total_weights() const {
  std::int64_t total = 0;
  for (const Layer& layer : layers) total += layer.weights;
  return total;
}

std::int64_t Model::total_macs() const {
  std::int64_t total = 0;
  for (const Layer& layer : layers) total += layer.macs;
  return total;
}

Bytes Model::total_weight_bytes() const {
  Bytes total;
  for (const Layer& layer : layers) total += layer.weight_bytes;
  return total;
}

bool Model::is_chain_with_exits() const {
  if (inputs().size() != 1) return false;
  for (const Layer& layer : layers) {
    if (layer.inputs.size() > 1) return false;
  }
  // One input a layer makes the trunk a path; what is left to ask is that branches do not branch again.
  const std::vector<bool> is_trunk = ancestors_of(*this, output());
  for (LayerId id = 0; id < layer_count(); ++id) {
    if (!is_trunk[static_cast<std::size_t>(id)] && consumers(id).size() > 1) return false;
  }
  return true;
}

Result<void> Model::finish() {
  Diagnostics diagnostics;
  for (Finding& finding : analyse(*this)) {
    Location where;
    where.file = file;
    if (finding.layer >= 0) where.path = "layers." + layer(finding.layer).name;
    if (finding.exit >= 0) where.path = "exits." + exits[static_cast<std::size_t>(finding.exit)].name;
    diagnostics.push_back({Severity::error, std::move(finding.code), std::move(where), std::move(finding.message),
                           std::move(finding.hint)});
  }
  if (!diagnostics.empty()) return tl::unexpected(std::move(diagnostics));
  levels_ = levels_of(*this);
  return {};
}

}  // namespace tiercut::model
